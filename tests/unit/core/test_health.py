"""What readiness finds out: which checks, in which state, and why."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from stored.desk import Desk
from stored.engine import StoredEngine
from wigwag.core.diskroom import ENDLESS_ROOM, DiskRoom
from wigwag.core.health import (
    Health,
    account_checks,
    database_check,
    deliveries_check,
    disk_check,
)
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.health import Check, CheckState, worst
from wigwag.model.webhook import DeliveryLag, DeliveryRecord, WebhookRecord

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
WEBHOOK = WebhookRecord("wh_1", "https://x.example", "", "", "", "whsec_", 0, 0)


def delivery(event: str, created_ms: int, **more: str) -> DeliveryRecord:
    return DeliveryRecord("wh_1", event, 1, "lane", "t", b"{}", created_ms)._replace(**more)


def test_an_account_that_is_not_connected_says_why() -> None:
    connected = AccountState(state=ConnectionState.CONNECTED, since=SINCE)
    gone = AccountState(state=ConnectionState.LOGGED_OUT, since=SINCE, reason="unlinked")
    first, second = account_checks({"b": connected, "a": gone})
    assert (first.account, first.state, first.code) == ("a", CheckState.FAILED, "logged_out")
    assert first.detail == "account a is logged_out: unlinked"
    assert (second.account, second.state, second.code) == ("b", CheckState.OK, "")


def test_a_database_that_cannot_be_written() -> None:
    assert database_check("messages.db", "").state is CheckState.OK
    full = database_check("messages.db", "disk_full")
    assert (full.state, full.code) == (CheckState.FAILED, "disk_full")
    assert "disk is full" in full.detail
    assert "locked" in database_check("whatsapp.db", "database_locked").detail
    assert "internal" in database_check("whatsapp.db", "internal").detail


def test_a_disk_that_is_low_degrades() -> None:
    assert disk_check(ENDLESS_ROOM).state is CheckState.OK
    low = disk_check(DiskRoom(lambda: 10, 1000))
    assert (low.state, low.code) == (CheckState.DEGRADED, "disk_low")


def test_deliveries_that_are_late_degrade() -> None:
    assert deliveries_check(DeliveryLag(), 10**9).state is CheckState.OK
    assert deliveries_check(DeliveryLag(5, 0), 299_999).state is CheckState.OK
    late = deliveries_check(DeliveryLag(5, 0), 300_000)
    assert (late.state, late.code) == (CheckState.DEGRADED, "deliveries_late")
    assert "5 events" in late.detail
    assert "300 seconds" in late.detail


def test_the_worst_check_is_what_counts() -> None:
    fine = Check(name="a")
    degraded = Check(name="b", state=CheckState.DEGRADED)
    failed = Check(name="c", state=CheckState.FAILED)
    assert worst([]) is CheckState.OK
    assert worst([fine, degraded]) is CheckState.DEGRADED
    assert worst([failed, degraded, fine]) is CheckState.FAILED


async def test_the_lag_counts_what_enabled_webhooks_have_not_got(desk: Desk) -> None:
    assert await desk.archive.delivery_lag() == DeliveryLag()
    records = [delivery("e1", 500), delivery("e2", 400), delivery("e3", 1, state="dead")]
    await desk.archive.write(lambda tx: tx.webhooks.add(WEBHOOK))
    await desk.archive.write(lambda tx: tx.webhooks.add_deliveries(records))
    orphans = [one._replace(webhook_id="wh_gone", created_ms=1) for one in records]
    await desk.archive.write(lambda tx: tx.webhooks.add_deliveries(orphans))
    assert await desk.archive.delivery_lag() == DeliveryLag(2, 400, 1)
    await desk.archive.write(lambda tx: tx.webhooks.change("wh_1", enabled=0))
    assert await desk.archive.delivery_lag() == DeliveryLag(0, None, 1)


async def test_all_checks_of_a_server(desk: Desk) -> None:
    desk.accounts.add(StoredEngine())
    trouble = ""
    health = Health(desk.accounts, desk.archive, ENDLESS_ROOM, lambda: trouble)
    checks = await health.checks()
    assert [check.name for check in checks] == [
        "messages.db", "whatsapp.db", "disk", "account", "deliveries"
    ]  # fmt: skip
    assert worst(checks) is CheckState.OK
    trouble = "disk_full"
    assert [check.name for check in await health.checks() if check.code == "disk_full"] == [
        "whatsapp.db"
    ]


async def test_an_archive_that_cannot_be_read_is_told(desk: Desk, tmp_path: Path) -> None:
    rival = sqlite3.connect(tmp_path / "messages.db", isolation_level=None)
    rival.execute("DROP TABLE deliveries")
    rival.close()
    health = Health(desk.accounts, desk.archive, ENDLESS_ROOM, lambda: "")
    (failed,) = [c for c in await health.checks() if c.state is CheckState.FAILED]
    assert (failed.name, failed.code) == ("messages.db", "database_unreadable")
