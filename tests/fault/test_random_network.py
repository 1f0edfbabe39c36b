"""Random stories on a network with faults, over a server that is killed again and again.

Nothing lost, nothing twice, in order, every row with its one event. One seed is one story:
`make story SEED=7` tells it again, `make story SEED=7 CHAPTER=12` a chapter of it alone. What a
chapter says is the same each time; the moments at which the processes meet are not.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from fault.mishaps import (
    AT_THE_DOOR,
    ELSEWHERE,
    HARM,
    MEDIA_HARM,
    PHONE_HARM,
    RECEIPT_HARM,
)
from fault.oracle import Oracle
from fault.story import Act, Breathe, Chapter, Send, write_chapter
from fault.telling import told_world
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.network.schedules import HARMLESS

SEED = 13
CHAPTERS = 6
"""Each of about 250 messages."""
LONG, LONG_ACTS = 23, 1000
"""Chapters of one long story, and messages in each: more than 20,000."""
SEEDS = range(1, 4)


_log = logging.getLogger(__name__)


def seeds() -> Iterable[int]:
    """The seed that is asked for, or those that are always told."""
    asked = os.environ.get("STORY_SEED")
    return [int(asked)] if asked else SEEDS


async def tell_story(folder: Path, seed: int, numbers: Iterable[int], acts: int = 250) -> None:
    async with told_world(folder, seed) as world:
        oracle = Oracle(world)
        messages = 0
        for number in numbers:
            chapter = write_chapter(seed, number, acts)
            oracle.begin()
            await world.tell(chapter)
            await oracle.judge(chapter)
            messages += len(chapter.acts) + len(chapter.sends)
        await oracle.wait_files()
        await world.end()
        oracle.judge_all()
        _log.warning(
            "seed %d: %d messages, %d rows, %d kills, %d recovered, %d chats moved, "
            "%d changes before what they change",
            seed,
            messages,
            oracle.rows,
            world.kills,
            oracle.recovered,
            oracle.moved,
            oracle.early,
        )


def test_a_seed_is_a_story() -> None:
    assert write_chapter(3, 1) == write_chapter(3, 1)
    assert write_chapter(3, 1) != write_chapter(3, 2)
    assert write_chapter(3, 1) != write_chapter(4, 1)


@pytest.mark.parametrize("seed", range(20))
def test_a_chapter_refers_only_to_what_it_told_before(seed: int) -> None:
    chapter: Chapter = write_chapter(seed, 1)
    said: dict[int, Act] = {}
    for step in chapter.steps:
        if isinstance(step, Act):
            assert step.target is None or said[step.target].is_row
            said[step.number] = step
    assert len({one.number for one in (*chapter.acts, *chapter.sends)}) == len(
        [step for step in chapter.steps if isinstance(step, (Act, Send))]
    )
    assert any(not isinstance(step, (Act, Send, Breathe)) for step in chapter.steps)


def test_every_harmless_fault_is_in_stories_or_has_a_reason_why_not() -> None:
    told = {
        FaultKind(fault["kind"])
        for fault in (*HARM, *RECEIPT_HARM, *AT_THE_DOOR, *MEDIA_HARM, PHONE_HARM)
    }
    assert not told & set(ELSEWHERE)
    assert told | set(ELSEWHERE) >= set(HARMLESS)


@pytest.mark.timeout(600)
async def test_a_short_story(tmp_path: Path) -> None:
    await tell_story(tmp_path, SEED, range(CHAPTERS))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", seeds())
async def test_long_stories(tmp_path: Path, seed: int) -> None:
    chapters = int(os.environ.get("STORY_CHAPTERS") or LONG)
    alone = os.environ.get("STORY_CHAPTER")
    await tell_story(tmp_path, seed, [int(alone)] if alone else range(chapters), LONG_ACTS)
