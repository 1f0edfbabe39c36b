"""The spool of a child: durable, in order, and honest about what it does not know."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from wigwag.engine.whatsmeow.child.spool import (
    SENDS_KEPT_S,
    Spool,
    SpoolLock,
    SpoolLocked,
)
from wigwag.engine.whatsmeow.facts import GapFact, MeSign
from wigwag.engine.whatsmeow.frames import decode_fact


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path, now_s=lambda: 1000.0)
    yield opened
    opened.close()


def test_facts_come_out_in_their_order_until_they_are_acknowledged(
    spool: Spool, tmp_path: Path
) -> None:
    seqs = [spool.append(body) for body in (b"a", b"b", b"c")]
    assert [body for _, body in spool.read(0, 10)] == [b"a", b"b", b"c"]
    assert spool.read(seqs[0], 1) == [(seqs[1], b"b")]
    spool.ack(seqs[1])
    again = Spool(tmp_path)
    assert [body for _, body in again.read(0, 10)] == [b"c"]
    assert again.waiting == 1
    assert again.append(b"d") > seqs[2]
    again.close()


def test_a_number_is_never_given_twice(spool: Spool) -> None:
    first = spool.append(b"a")
    spool.ack(first)
    assert spool.append(b"b") == first + 1


def test_a_full_spool_waits_for_the_server(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most_waiting=1)
    first = spool.append(b"a")
    appended = threading.Event()

    def append() -> None:
        spool.append(b"b")
        appended.set()

    thread = threading.Thread(target=append)
    thread.start()
    assert not appended.wait(0.05)
    spool.ack(first)
    assert appended.wait(5)
    thread.join()
    spool.close()


def test_a_torn_end_is_cut(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"whole")
    wal = tmp_path / "spool.db-wal"
    whole = wal.read_bytes()
    spool.append(b"torn")
    torn = wal.read_bytes()[:-100]
    assert len(torn) > len(whole)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "spool.db").write_bytes((tmp_path / "spool.db").read_bytes())
    (copy / "spool.db-wal").write_bytes(torn)
    spool.close()
    again = Spool(copy)
    assert [body for _, body in again.read(0, 10)] == [b"whole"]
    again.close()


def test_a_run_that_did_not_close_while_online_leaves_a_gap(tmp_path: Path) -> None:
    times = iter(range(1000, 2000))
    spool = Spool(tmp_path, now_s=lambda: float(next(times)))
    spool.begin_run()
    spool.set_online(True)
    spool.append(b"fact")
    told_s = next(times)
    spool.close()
    again = Spool(tmp_path, now_s=lambda: 5000.0)
    again.begin_run()
    (_, fact), (_, gap) = again.read(0, 10)
    assert fact == b"fact"
    assert decode_fact(gap) == GapFact(since_s=told_s - 1)
    again.begin_run()
    assert again.waiting == 2
    again.close()


@pytest.mark.parametrize("online", [[], [True, False]])
def test_a_run_that_closed_or_was_never_online_leaves_none(
    spool: Spool, online: list[bool]
) -> None:
    spool.begin_run()
    for state in online:
        spool.set_online(state)
    spool.begin_run()
    assert spool.waiting == 0


def test_a_send_is_begun_once_and_answered_as_often_as_it_is_asked_for(spool: Spool) -> None:
    assert spool.begin_send("A") == (True, None)
    assert spool.begin_send("A") == (False, None)
    spool.end_send("A", b"answer")
    assert spool.begin_send("A") == (False, b"answer")
    assert spool.begin_send("B") == (True, None)
    spool.drop_send("B")
    assert spool.begin_send("B") == (True, None)


def test_old_sends_are_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path, now_s=lambda: 0.0)
    spool.begin_send("A")
    spool.close()
    again = Spool(tmp_path, now_s=lambda: SENDS_KEPT_S + 1)
    assert again.begin_send("A") == (True, None)
    again.close()


def test_whose_account_it_is_is_kept_until_it_is_unlinked(spool: Spool) -> None:
    assert spool.me() is None
    me = MeSign(jid="1@s.whatsapp.net", lid="2@lid", push_name="Me")
    spool.keep_me(me)
    assert spool.me() == me
    spool.forget_me()
    assert spool.me() is None


def test_what_cannot_be_written_is_not_counted(spool: Spool) -> None:
    spool.close()
    with pytest.raises(sqlite3.Error):
        spool.append(b"a")
    assert spool.waiting == 0


def test_an_account_has_one_child(tmp_path: Path) -> None:
    lock = SpoolLock(tmp_path, 0)
    with pytest.raises(SpoolLocked):
        SpoolLock(tmp_path, 0.1)
    lock.release()
    SpoolLock(tmp_path, 0).release()


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert (tmp_path / "spool.db").stat().st_mode & 0o077 == 0
    spool.close()
