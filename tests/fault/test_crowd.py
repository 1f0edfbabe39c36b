"""Many accounts in one process: storms of disconnects, churn, memory, and a clean end."""

import asyncio
import os
from pathlib import Path

import pytest
import structlog

from fault.storm import churn, hurry, storm, warm_up
from peers.child import until
from peers.crowd import SWIFT, Crowd, living, open_crowd, rss
from peers.sandbox_process import running_sandbox
from wigwag.engine.native.options import EngineOptions

log = structlog.get_logger(__name__)
MEGABYTE = 1_000_000
MINUTES = float(os.environ.get("SOAK_MINUTES", "3"))
"""How long the churn of `make soak` takes; `make churn` takes an hour."""


async def assert_ends_clean(crowd: Crowd, tasks: int) -> None:
    """All stop within their limit, and nothing of them is left."""
    async with asyncio.timeout(20):
        await crowd.accounts.stop_all()
    await until(lambda: len(asyncio.all_tasks()) <= tasks, 10, "no task is left")
    assert living() == 0


@pytest.mark.timeout(240)
async def test_a_small_storm_leaves_everything_delivered(tmp_path: Path) -> None:
    async with running_sandbox(tmp_path) as network, open_crowd(tmp_path, network) as crowd:
        await crowd.gather(4)
        await storm(crowd, 40, seed=7)
        await crowd.assert_all_delivered()


@pytest.mark.timeout(240)
async def test_a_little_churn_leaves_nothing_behind(tmp_path: Path) -> None:
    async with running_sandbox(tmp_path) as network, open_crowd(tmp_path, network) as crowd:
        before = len(asyncio.all_tasks())
        await crowd.gather(4)
        await churn(crowd, 5, seed=3)
        await crowd.assert_all_delivered()
        await assert_ends_clean(crowd, before)


@pytest.mark.timeout(240)
async def test_none_of_a_chat_passes_another_however_often_all_ends(tmp_path: Path) -> None:
    async with running_sandbox(tmp_path) as network, open_crowd(tmp_path, network) as crowd:
        await crowd.gather(4)
        await hurry(crowd, 120, seed=1)
        await crowd.assert_all_delivered()


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_storm_of_a_thousand_disconnects(tmp_path: Path) -> None:
    async with running_sandbox(tmp_path) as network, open_crowd(tmp_path, network) as crowd:
        await crowd.gather(10)
        await storm(crowd, 1000, seed=11)
        await crowd.assert_all_delivered()


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_a_hundred_accounts_in_one_process(tmp_path: Path) -> None:
    """Memory per account with its sessions, no growth while they come and go, a clean end."""
    options = EngineOptions(backoff=SWIFT.backoff)
    async with running_sandbox(tmp_path) as network, open_crowd(tmp_path, network) as crowd:
        before = len(asyncio.all_tasks())
        await crowd.gather(4, options)
        await warm_up(crowd)
        few = rss()
        await crowd.gather(96, options)
        await warm_up(crowd)
        each = (rss() - few) / 96
        log.info("memory_of_a_further_account", megabytes=round(each / MEGABYTE, 2))
        assert each < 2 * MEGABYTE
        sizes = await churn(crowd, MINUTES * 60, seed=5)
        log.info("memory", minutes=MINUTES, megabytes=[size // MEGABYTE for size in sizes])
        quarter = len(sizes) // 4
        settled, last = max(sizes[quarter : 2 * quarter]), max(sizes[3 * quarter :])
        assert last < 1.05 * settled
        await crowd.assert_all_delivered()
        await assert_ends_clean(crowd, before)
