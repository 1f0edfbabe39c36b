"""Batches: durable before they are answered, answered once, and done again when a commit fails."""

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.failing import fail_commits
from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import ACCOUNT, OWN_LID, TrafficStage
from scripted.waiting import JumpingClock, until
from wigwag.engine.common.errors import StoreCorrupt, StoreFailed
from wigwag.engine.native.people.addresses import signal_address
from wigwag.engine.native.receiving import receive as receive_module
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.receive import MAX_BATCH, QUEUE_HIGH
from wigwag.engine.native.receiving.retry import MAX_ATTEMPTS
from wigwag.engine.native.store.records import InboxRow
from wigwag.engine.native.store.writes import AddInbox, PutToken, Write
from wigwag.model.content import Text
from wigwag.model.errors import StorageFull
from wigwag.model.event import IdentityLinked, MessageReceived, MessageUndecryptable
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing
from wigwag.wire.content import encode_content, sender_key_message
from wigwag.wire.nodes import Node

GROUP = Jid("120363000001", "g.us")


class Absurd(Write, frozen=True):
    """A number that the database cannot hold."""

    SQL = "UPDATE notes SET content = ? WHERE account = ?"

    def params(self) -> tuple[int, str]:
        return (2**70, self.account)


def is_token(write: Write) -> bool:
    return isinstance(write, PutToken)


def copy_store(folder: Path, target: Path) -> None:
    """The database as a crash would leave it: with what is committed, and nothing else."""
    target.mkdir()
    with (
        closing(sqlite3.connect(folder / "whatsapp.db")) as source,
        closing(sqlite3.connect(target / "whatsapp.db")) as copy,
    ):
        source.backup(copy)


async def reply(stage: TrafficStage, peer: SignalPeer, message_id: str) -> None:
    await stage.traffic.send(
        Outgoing(
            to=peer.jid.bare,
            id=message_id,
            content=Text(text="re"),
            timestamp=datetime.now(UTC),
            secret=os.urandom(32),
        )
    )


def text(words: str) -> bytes:
    return encode_content(Text(text=words))


def words_told(stage: TrafficStage) -> list[str]:
    contents = [event.message.content for event in stage.told(MessageReceived)]
    return [content.text for content in contents if isinstance(content, Text)]


def talk(stage: TrafficStage, peer: SignalPeer, count: int, prefix: str = "M") -> list[Node]:
    return [
        stage.message(peer, text(f"{prefix}{number}"), f"{prefix}{number}")
        for number in range(count)
    ]


async def test_a_text_is_told_and_receipted(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        stage.deliver(stage.message(peer, text("hello"), "A1"))
        (event,) = await stage.until_told(MessageReceived)
        message = event.message
        assert message.content == Text(text="hello")
        assert message.key.chat == message.key.sender == peer.jid.bare
        assert not message.key.from_me
        assert message.sender_alt == message.chat_alt == peer.pn
        assert message.push_name == "P2"
        assert stage.told(IdentityLinked) == [IdentityLinked(lid=peer.jid.bare, pn=peer.pn)]
        (receipt,) = await stage.until_sent("receipt")
        assert receipt.attrs == {"id": "A1", "to": peer.jid, "type": "inactive"}
        assert not stage.all_sent("ack")


async def test_a_burst_keeps_its_order_and_shares_commits(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        stage.deliver(*talk(stage, peer, 3 * MAX_BATCH))
        await stage.until_told(MessageReceived, 3 * MAX_BATCH)
        assert words_told(stage) == [f"M{number}" for number in range(3 * MAX_BATCH)]
        assert len(stage.batches) < 20
        receipts = await stage.until_sent("receipt", 3 * MAX_BATCH)
        assert [node.attr("id") for node in receipts] == words_told(stage)


async def test_a_redelivery_is_answered_again_and_told_once(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        node = stage.message(peer, text("once"), "A1")
        stage.deliver(node, node)
        await stage.until_sent("receipt", 2)
        stage.deliver(node)
        receipts = await stage.until_sent("receipt", 3)
        assert receipts[0] == receipts[1] == receipts[2]
        assert words_told(stage) == ["once"]
        assert stage.traffic.receiver.ledger.drops["duplicate"] == 2
        assert not stage.all_sent("ack")


async def test_a_redelivery_after_a_restart_is_known(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        node = stage.message(peer, text("once"), "A1")
        stage.deliver(node)
        await stage.until_sent("receipt")
        await until(lambda: words_told(stage))
        await stage.restart()
        stage.deliver(node)
        await stage.until_sent("receipt")
        assert words_told(stage) == ["once"]


async def test_everything_three_times_across_a_restart_is_told_once(tmp_path: Path) -> None:
    """Texts, a sender key with its text, a key ahead of its text, a receipt, garbage."""
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        texts = talk(stage, peer, 40)
        key = sender_key_message(str(GROUP), peer.distribution(GROUP))
        together = stage.message(
            peer, b"", "G1", peer.seal(OWN_LID, key), peer.group_seal(GROUP, text("G1"))
        )
        ahead = stage.message(peer, b"", "G2", peer.seal(OWN_LID, key))
        behind = stage.message(peer, b"", "G2", peer.group_seal(GROUP, text("G2")))
        for node in (together, ahead, behind):
            node.attrs = {**node.attrs, "from": GROUP, "participant": peer.jid}
        garbage = stage.message(peer, b"", "X1", Node("enc", {"v": "2", "type": "msg"}, b"x"))
        everything = [*texts, together, ahead, behind, garbage]
        stage.deliver(*everything, *everything)
        await until(lambda: stage.traffic.counters.under_way == 0)
        await stage.until_told(MessageReceived, 42)
        await stage.restart()
        stage.deliver(*everything)
        await until(lambda: stage.traffic.counters.ended.get("dropped") == len(everything))
        assert words_told(stage) == [*(f"M{number}" for number in range(40)), "G1", "G2"]
        assert len(stage.told(MessageUndecryptable)) == 1
        (open_message,) = stage.store.list_open_messages(ACCOUNT, 10)
        assert (open_message.key.id, open_message.attempts) == ("X1", 3)


async def test_a_counter_used_for_two_messages_is_asked_for_again(tmp_path: Path) -> None:
    """Real whatsmeow does so now and then when it encrypts while it decrypts."""
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        address = signal_address(OWN_LID)
        first = stage.message(peer, text("one"), "A1")
        before = peer.sessions[address].copy()
        stage.deliver(first, stage.message(peer, text("one more"), "A1b"))
        await stage.until_told(MessageReceived, 2)
        peer.sessions[address] = before
        stage.deliver(stage.message(peer, text("two"), "A2"))
        (event,) = await stage.until_told(MessageUndecryptable)
        assert (event.key.id, event.reason) == ("A2", "old_counter")
        (retry,) = [n for n in await stage.until_sent("receipt", 3) if n.attr("type") == "retry"]
        assert retry.attr("id") == "A2"
        again = peer.seal(OWN_LID, text("two"), count="1")
        stage.deliver(stage.message(peer, b"", "A2", again))
        await stage.until_told(MessageReceived, 3)
        assert words_told(stage) == ["one", "one more", "two"]
        assert stage.traffic.counters.open_messages == 0


async def test_a_replayed_text_under_new_ids_is_asked_for_a_bounded_number_of_times(
    tmp_path: Path,
) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        node = stage.message(peer, text("once"), "A1")
        stage.deliver(node)
        await stage.until_told(MessageReceived)
        node.attrs = {**node.attrs, "id": "OTHER"}
        stage.deliver(*[node] * 9)
        await stage.until_sent("ack", 9)
        retries = [n for n in stage.all_sent("receipt") if n.attr("type") == "retry"]
        assert len(retries) == MAX_ATTEMPTS - 1
        (_,) = await stage.until_told(MessageUndecryptable)
        assert stage.traffic.receiver.ledger.drops["retry_given_up"] == 5


async def test_what_the_sink_did_not_take_comes_again_after_a_restart(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        stage.sink_error = RuntimeError("the archive is closed")
        stage.deliver(*talk(stage, peer, 5))
        await stage.until_sent("receipt", 5)
        assert not stage.events
        await stage.close()
        stage.sink_error = None
        await stage.__aenter__()
        await stage.until_told(MessageReceived, 5)
        assert words_told(stage) == [f"M{number}" for number in range(5)]


async def test_nothing_is_answered_before_it_is_durable(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        release = asyncio.Event()
        submit = stage.store.submit

        def held(writes: Sequence[Write]) -> "asyncio.Future[None]":
            async def later() -> None:
                await release.wait()
                await submit(writes)

            return asyncio.ensure_future(later())

        stage.store.submit = held
        stage.deliver(stage.message(peer, text("held"), "A1"))
        await until(lambda: not stage.connection.sent and stage.traffic.receiver.ledger.events == 0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not stage.sent
        assert not stage.events
        release.set()
        await stage.until_sent("receipt")
        rows = sqlite3.connect(tmp_path / "whatsapp.db").execute("SELECT id FROM seen").fetchall()
        assert ("A1",) in rows


async def test_a_failed_commit_is_decrypted_again_from_the_old_state(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        failures = iter([True, True])
        fail_commits(
            stage.store,
            ACCOUNT,
            lambda writes: (
                any(isinstance(write, AddInbox) for write in writes) and next(failures, False)
            ),
        )
        stage.deliver(*talk(stage, peer, 3))
        await stage.until_told(MessageReceived, 3)
        assert words_told(stage) == ["M0", "M1", "M2"]
        await stage.until_sent("receipt", 3)
        assert next(failures, None) is None
        stage.deliver(*talk(stage, peer, 2, "N"))
        await stage.until_told(MessageReceived, 5)
        assert words_told(stage) == ["M0", "M1", "M2", "N0", "N1"]
        await stage.restart()
        stage.deliver(*talk(stage, peer, 1, "O"))
        await stage.until_told(MessageReceived, 6)


async def test_a_full_queue_stops_the_reading_until_it_is_short(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        stage.deliver(*talk(stage, peer, QUEUE_HIGH))
        assert stage.connection.paused
        await stage.until_told(MessageReceived, QUEUE_HIGH)
        assert not stage.connection.paused


async def test_what_was_not_processed_when_the_stream_ends_is_left(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        nodes = talk(stage, peer, QUEUE_HIGH)
        stage.deliver(*nodes)
        stage.connection.go_offline()
        stage.traffic.on_disconnected()
        assert not stage.connection.paused
        stage.connection.go_online()
        stage.deliver(*nodes)
        await stage.until_told(MessageReceived, QUEUE_HIGH)
        assert len(set(words_told(stage))) == QUEUE_HIGH


async def test_an_answer_that_cannot_leave_is_given_to_the_redelivery(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        node = stage.message(peer, text("hello"), "A1")
        stage.connection.go_offline()
        stage.deliver(node)
        await stage.until_told(MessageReceived)
        assert not stage.sent
        stage.connection.go_online()
        stage.deliver(node)
        await stage.until_sent("receipt")
        assert words_told(stage) == ["hello"]


async def test_a_stanza_that_breaks_its_handler_ends_nothing(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        stage.deliver(Node("message", {"from": peer.jid, "id": "X", "t": "soon"}))
        stage.deliver(Node("message", {"id": "X", "t": "1"}))
        stage.deliver(stage.message(peer, text("still here"), "A1"))
        await stage.until_told(MessageReceived)
        acks = stage.all_sent("ack")
        assert [ack.attr("error") for ack in acks] == ["487", "487"]


async def test_a_closed_store_does_not_end_the_receiver(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        submit = stage.store.submit
        broken = True

        def failing(writes: Sequence[Write]) -> "asyncio.Future[None]":
            if broken:
                raise StoreFailed
            return submit(writes)

        stage.store.submit = failing
        stage.deliver(*talk(stage, peer, 1))
        await until(lambda: stage.traffic.receiver.ledger.events == 0)
        broken = False
        await stage.until_told(MessageReceived)


async def test_a_session_is_not_durable_ahead_of_the_message_that_moved_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive_module, "MAX_BATCH", 1)
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        stage.deliver(stage.message(peer, text("first"), "A0"))
        await stage.until_sent("receipt")
        await reply(stage, peer, "B0")
        submit = stage.store.submit
        hold = asyncio.Event()

        def held(writes: Sequence[Write]) -> "asyncio.Future[None]":
            if not any(isinstance(write, AddInbox) and write.id == "A1" for write in writes):
                return submit(writes)

            async def later() -> None:
                await hold.wait()
                await submit(writes)

            return asyncio.ensure_future(later())

        stage.store.submit = held
        second = stage.message(peer, text("second"), "A1")
        lost = stage.message(peer, text("third"), "A2")
        stage.deliver(second, lost)
        await until(lambda: stage.traffic.receiver.waiting == 0)
        # The third message is decrypted and waits for the commit of the second one.
        sending = asyncio.ensure_future(reply(stage, peer, "B1"))
        for _ in range(50):
            await asyncio.sleep(0.001)
        copy_store(tmp_path, tmp_path / "crashed")
        hold.set()
        await sending
    async with TrafficStage(tmp_path / "crashed") as stage:
        stage.add(peer)
        stage.deliver(lost)
        await until(lambda: "third" in words_told(stage))


async def test_a_stanza_that_can_never_be_saved_holds_nobody_back(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        bad = Node("token", {"type": "trusted_contact", "t": "1"}, b"x")
        token = Node("notification", {"type": "privacy_token", "id": "N", "from": peer.jid})
        token.content = [Node("tokens", {}, [bad])]
        submit = stage.store.submit

        def strict(writes: Sequence[Write]) -> "asyncio.Future[None]":
            return submit([*writes, Absurd(ACCOUNT)] if any(map(is_token, writes)) else writes)

        stage.store.submit = strict
        first, *others = talk(stage, peer, 4)
        stage.deliver(first, token, *others)
        await stage.until_told(MessageReceived, 4)
        assert words_told(stage) == ["M0", "M1", "M2", "M3"]
        assert stage.traffic.receiver.ledger.drops["refused"] == 1
        (ack,) = await stage.until_sent("ack")
        assert (ack.attr("id"), ack.attr("error")) == ("N", "500")


async def test_what_a_full_disk_held_back_is_asked_for_afterwards(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path, JumpingClock()) as stage:
        peer = stage.person(2)
        submit = stage.store.submit
        failures = iter([True] * 8)

        def full(writes: Sequence[Write]) -> "asyncio.Future[None]":
            if next(failures, False):
                raise StorageFull
            return submit(writes)

        stage.store.submit = full
        garbage = Node("enc", {"type": "msg", "v": "2"}, b"garbage")
        stage.deliver(stage.message(peer, b"", "A1", garbage))
        receipts = await stage.until_sent("receipt")
        assert [node.attr("type") for node in receipts] == ["retry"]
        assert "retry_given_up" not in stage.traffic.receiver.ledger.drops


async def test_a_bug_does_not_leave_an_account_deaf(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path, JumpingClock()) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        read_rows = stage.store.list_inbox
        broken = iter([True])

        def corrupt(account: str, after_seq: int, limit: int) -> list[InboxRow]:
            if next(broken, False):
                raise StoreCorrupt
            return read_rows(account, after_seq, limit)

        stage.store.list_inbox = corrupt
        offer = stage.traffic.receiver._complete  # pyright: ignore[reportPrivateUsage]
        bugs = iter([True])

        async def buggy(batch: Batch) -> None:
            if next(bugs, False):
                raise KeyError("a text")
            await offer(batch)

        stage.traffic.receiver._complete = buggy  # pyright: ignore[reportPrivateUsage]
        node = stage.message(peer, text("heard"), "A1")
        stage.deliver(node)
        await until(lambda: stage.connection.abandoned)
        stage.connection.go_online()
        stage.deliver(node, stage.message(peer, text("too"), "A2"))
        await stage.until_told(MessageReceived, 2)
        assert words_told(stage) == ["heard", "too"]
