"""The whatsmeow engine on the sandbox, with real children."""

import asyncio
import os
import stat
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from scripted.children import LIMIT_S, Nursery
from scripted.waiting import until
from wigwag.engine.common.errors import AlreadyPaired
from wigwag.engine.whatsmeow.supervisor import ChildPolicy
from wigwag.model.account import ConnectionState
from wigwag.model.capability import EVERYTHING, Capability, EngineKind
from wigwag.model.chat import MemberChange, NewGroup
from wigwag.model.content import Media, MediaKind, Reaction, Text
from wigwag.model.errors import (
    LoggedOut,
    MediaTooLarge,
    NotOnWhatsApp,
    NotPaired,
    NotSupportedByEngine,
    SendUnknown,
)
from wigwag.model.event import (
    GroupChanged,
    GroupJoined,
    HistoryReceived,
    IdentityLinked,
    MessageReceived,
    PairingCode,
    PairingQr,
    ReceiptReceived,
)
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing
from wigwag.model.receipt import ReceiptKind
from wigwag.sandbox.network.mappings import MappingNotice

pytestmark = pytest.mark.whatsmeow
S = ConnectionState


def outgoing(to: Jid, text: str, message_id: str = "3EB000112233445566") -> Outgoing:
    at = datetime.now(UTC).replace(microsecond=0)
    return Outgoing(to=to, id=message_id, content=Text(text=text), timestamp=at, secret=bytes(32))


async def test_an_account_is_linked_written_to_answered_and_unlinked(nursery: Nursery) -> None:
    anna = nursery.sandbox.add_person("Anna")
    engine = await nursery.linked()
    phone = nursery.phones["one"]
    assert engine.kind is EngineKind.WHATSMEOW
    assert engine.state.jid == phone.pn
    assert engine.state.lid == phone.lid
    with pytest.raises(AlreadyPaired):
        await engine.pair()

    anna.send_text(phone.pn, "hello")
    await nursery.texts(["hello"])
    (received,) = [
        event.message
        for event in nursery.events(MessageReceived)
        if isinstance(event.message.content, Text)
    ]
    assert {received.key.chat, received.chat_alt} == {anna.lid, anna.pn}
    assert received.key.sender == received.key.chat
    assert received.push_name == "Anna"

    sent = await engine.send(outgoing(anna.pn, "hi"))
    assert sent.id != "3EB000112233445566"
    await anna.wait_for(lambda entry: entry.id == sent.id)
    assert await engine.send(outgoing(anna.pn, "hi")) == sent
    assert len([entry for entry in anna.inbox.entries() if entry.text == "hi"]) == 1
    await until(lambda: nursery.events(ReceiptReceived), LIMIT_S)
    receipt = nursery.events(ReceiptReceived)[0].receipt
    assert receipt.ids == (sent.id,)
    assert receipt.kind is ReceiptKind.DELIVERED

    await engine.logout()
    assert engine.state.state is S.LOGGED_OUT
    assert engine.state.jid is None
    assert not list((nursery.folder / "one").glob("session.db*"))
    with pytest.raises(LoggedOut):
        await engine.send(outgoing(anna.pn, "too late"))


async def test_what_came_while_it_was_stopped_comes_and_nothing_comes_twice(
    nursery: Nursery,
) -> None:
    anna = nursery.sandbox.add_person("Anna")
    engine = await nursery.linked()
    phone = nursery.phones["one"]
    anna.send_text(phone.pn, "before")
    await nursery.texts(["before"])
    await engine.stop()
    assert engine.state.state is S.STOPPED
    assert engine.state.jid == phone.pn
    anna.send_text(phone.pn, "meanwhile")
    await engine.start()
    await nursery.connected()
    await nursery.texts(["meanwhile"])
    assert sorted(nursery.texts_of()) == ["before", "meanwhile"]
    assert nursery.gaps() == []
    pair = IdentityLinked(lid=anna.lid, pn=anna.pn)
    await until(lambda: pair in nursery.events(IdentityLinked), LIMIT_S)
    session = nursery.folder / "one" / "session.db"
    assert stat.S_IMODE(session.stat().st_mode) == 0o600


async def test_history_of_the_phone_is_told(nursery: Nursery) -> None:
    anna = nursery.sandbox.add_person("Anna")
    phone = nursery.phones["one"] = nursery.sandbox.add_phone()
    anna.send_text(phone.pn, "long ago")
    group = nursery.sandbox.create_group("Club", [anna.pn, phone.pn])
    engine = nursery.engine("one")
    await engine.start()
    await nursery.connected()

    def texts() -> list[str]:
        return [
            message.content.text
            for event in nursery.events(HistoryReceived)
            for message in event.messages
            if isinstance(message.content, Text)
        ]

    await until(lambda: "long ago" in texts(), LIMIT_S)
    await until(lambda: nursery.events(GroupJoined), LIMIT_S)
    (joined,) = nursery.events(GroupJoined)
    assert (joined.group.jid, len(joined.group.participants)) == (group.jid, 2)


async def test_whom_the_library_gets_to_know_in_silence_is_told(nursery: Nursery) -> None:
    anna = nursery.sandbox.add_person("Anna")
    await nursery.linked()
    network = nursery.sandbox.network
    about, to = network.directory.get(anna.lid), nursery.phones["one"].account
    network.mappings.tell(about, to, MappingNotice.DEVICES)
    pair = IdentityLinked(lid=anna.lid, pn=anna.pn)
    await until(lambda: pair in nursery.events(IdentityLinked), LIMIT_S)


async def test_a_child_that_is_killed_is_replaced_and_the_gap_is_marked_once(
    nursery: Nursery,
) -> None:
    anna = nursery.sandbox.add_person("Anna")
    engine = await nursery.linked()
    phone = nursery.phones["one"]
    killed = nursery.kill()
    await until(nursery.gaps, LIMIT_S)
    await nursery.connected()
    assert engine.supervisor.pid != killed
    anna.send_text(phone.pn, "after")
    await nursery.texts(["after"])
    (gap,) = nursery.gaps()
    assert gap.state.state is S.RECONNECTING
    assert gap.state.reason == "the engine's process ended"
    assert engine.state.gap_since == gap.state.gap_since


async def test_facts_wait_in_the_spool_until_the_archive_takes_them(nursery: Nursery) -> None:
    anna = nursery.sandbox.add_person("Anna")
    engine = await nursery.linked()
    phone = nursery.phones["one"]
    nursery.broken = True
    anna.send_many(phone.pn, ["one", "two", "three"])
    device = nursery.sandbox.network.directory.get_device(phone.companions[-1])
    await until(lambda: not len(device.mailbox), LIMIT_S)
    await engine.stop()
    assert nursery.texts_of() == []
    nursery.broken = False
    await engine.start()
    await nursery.connected()
    await nursery.texts(["one", "two", "three"])
    assert nursery.texts_of() == ["one", "two", "three"]
    assert nursery.gaps() == []


async def test_a_send_whose_end_is_lost_is_unknown_and_stays_so(nursery: Nursery) -> None:
    anna = nursery.sandbox.add_person("Anna")
    engine = await nursery.linked()
    spool = nursery.folder / "one" / "spool.db"
    await engine.stop()
    _begin_send(spool, "3EB0FFFFFFFFFFFFFF")
    await engine.start()
    await nursery.connected()
    for _ in range(2):
        with pytest.raises(SendUnknown):
            await engine.send(outgoing(anna.pn, "once", "3EB0FFFFFFFFFFFFFF"))
    assert not anna.inbox.entries()


async def test_linking_by_code(nursery: Nursery) -> None:
    nursery.scans = False
    phone = nursery.phones["one"] = nursery.sandbox.add_phone()
    engine = nursery.engine("one")
    code = await engine.pair_code(phone.pn.user)
    assert len(code) == len("XXXX-XXXX")
    assert nursery.events(PairingQr)
    await nursery.sandbox.enter_code(code, phone.pn)
    await nursery.connected()
    assert nursery.events(PairingCode) == [PairingCode(code=code)]


async def test_a_pairing_is_cancelled_and_ends_by_itself(nursery: Nursery) -> None:
    nursery.scans = False
    engine = nursery.engine("one", ChildPolicy(beat_s=0.05, silence_s=20.0, pairing_s=0.3))
    await engine.start()
    await nursery.state(S.PAIRING_EXPIRED)
    assert engine.state.rests
    await engine.start()
    await nursery.state(S.PAIRING)
    async with asyncio.timeout(10):
        await engine.stop()
    assert engine.state.state is S.STOPPED
    with pytest.raises(NotPaired):
        await engine.send(outgoing(nursery.sandbox.add_person("Anna").pn, "to nobody"))


async def test_the_phone_unlinks_and_another_connection_takes_the_place(
    nursery: Nursery,
) -> None:
    engine = await nursery.linked()
    phone = nursery.phones["one"]
    phone.unlink()
    await nursery.state(S.LOGGED_OUT)
    assert engine.state.rests
    assert engine.state.jid is None
    await engine.start()
    await nursery.connected()
    assert engine.state.jid == phone.pn


async def test_files_go_up_and_come_down(nursery: Nursery, tmp_path: Path) -> None:
    anna = nursery.sandbox.add_person("Anna")
    engine = await nursery.linked()
    data = os.urandom(50_000)
    ref = await engine.upload(BytesIO(data), MediaKind.DOCUMENT)
    content = Media(
        kind=MediaKind.DOCUMENT, mime="application/octet-stream", ref=ref, filename="a.bin"
    )
    at = datetime.now(UTC).replace(microsecond=0)
    sent = await engine.send(
        Outgoing(to=anna.pn, id="3EB01", content=content, timestamp=at, secret=bytes(32))
    )
    entry = await anna.wait_for(lambda entry: entry.id == sent.id)
    assert anna.download(entry) == data
    target = tmp_path / "file"
    await engine.download(ref, MediaKind.DOCUMENT, target)
    assert target.read_bytes() == data
    with pytest.raises(MediaTooLarge):
        await engine.upload(BytesIO(bytes((48 << 20) + 1)), MediaKind.DOCUMENT)


async def test_numbers_groups_and_reactions(nursery: Nursery) -> None:
    anna, ben = nursery.sandbox.add_person("Anna"), nursery.sandbox.add_person("Ben")
    engine = await nursery.linked()
    phone = nursery.phones["one"]
    known, unknown = await engine.check_numbers([anna.pn.user, "4915100000000"])
    assert known.jid in (anna.lid, anna.pn)
    assert unknown.jid is None
    with pytest.raises(NotOnWhatsApp):
        await engine.send(outgoing(Jid("4915100000000", "s.whatsapp.net"), "nobody"))

    group = await engine.groups.create(NewGroup(subject="Friends", participants=(anna.pn,)))
    assert {one.jid for one in group.participants} == {phone.lid, anna.lid}
    await engine.groups.change_members(group.jid, MemberChange.ADD, [ben.pn])
    await engine.groups.set_subject(group.jid, "Good friends")
    await engine.groups.set_description(group.jid, "who know each other")
    found = await engine.groups.get(group.jid)
    assert found.subject == "Good friends"
    assert found.description == "who know each other"
    assert ben.lid in {one.jid for one in found.participants}
    assert (await engine.groups.preview(await engine.groups.invite_link(group.jid))).jid == (
        group.jid
    )
    message_id = ben.send_text(group.jid, "to all")
    await nursery.texts(["to all"])
    ben.react(message_id, "👍", to=group.jid)
    await until(
        lambda: any(
            isinstance(event.message.content, Reaction) for event in nursery.events(MessageReceived)
        ),
        LIMIT_S,
    )
    await until(lambda: nursery.events(GroupChanged), LIMIT_S)


async def test_what_the_library_cannot_do_says_so(nursery: Nursery) -> None:
    engine = nursery.engine("one")
    assert engine.capabilities < EVERYTHING
    refused = [
        engine.appstate.change([]),
        engine.groups.answer_requests(Jid("1", "g.us"), [], approve=True),
        engine.newsletters.mark_viewed(Jid("1", "newsletter"), [1]),
        engine.profile.find_business(Jid("1", "s.whatsapp.net")),
    ]
    for call in refused:
        with pytest.raises(NotSupportedByEngine) as raised:
            await call
        assert Capability(raised.value.facts["capability"]) not in engine.capabilities


def _begin_send(spool: Path, message_id: str) -> None:
    """What a child leaves that ended between a send and its answer."""
    from wigwag.engine.whatsmeow.child.spool import Spool

    opened = Spool(spool.parent)
    opened.begin_send(message_id)
    opened.close()
