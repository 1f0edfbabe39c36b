"""How a client introduces itself: the door, the handshake, pairing, the first login, the end."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from peers.native import NativePeer
from peers.parity.differences import unexplained
from peers.parity.duo import Duo, fail
from peers.parity.ears import Ears
from peers.parity.requests import request_lines
from peers.parity.roles import Roles
from peers.parity.shapes import shape_of
from peers.stage import Companion, Stage, until
from wigwag.model.event import PairingQr
from wigwag.wire.proto.handshake_pb2 import ClientPayload, DeviceProps
from wigwag.wire.protobuf import parse

pytestmark = pytest.mark.whatsmeow

Client = Companion | NativePeer
FILES = 2
"""Chunks of the history that is made here."""


@pytest.fixture
async def ears(stage: Stage) -> AsyncIterator[Ears]:
    ears = Ears(stage.sandbox)
    ears.open()
    yield ears
    ears.close()


def said_at_the_door(raw: bytes) -> ClientPayload:
    """A client payload without keys, names and who it is."""
    payload = parse(ClientPayload, raw)
    payload.ClearField("username")
    for name in ("osVersion", "osBuildNumber"):
        payload.userAgent.ClearField(name)
    if payload.HasField("devicePairingData"):
        data = payload.devicePairingData
        for name in ("eRegid", "eIdent", "eSkeyVal", "eSkeySig"):
            assert data.HasField(name)
            data.ClearField(name)
        properties = parse(DeviceProps, data.deviceProps)
        properties.ClearField("os")
        properties.ClearField("platformType")
        data.deviceProps = properties.SerializeToString()
    return payload


async def one_by_one(stage: Stage, ears: Ears, link: Callable[[Client], Awaitable[object]]) -> None:
    """Both are linked in the same way, and said the same before they had an account."""
    ada, wig = stage.companion("Ada"), stage.native("Wig", through_proxy=True)
    heads: list[list[str]] = []
    for client in (ada, wig):
        begin = len(ears.requests)
        await link(client)
        heads.append(request_lines(ears.requests[begin:]))
    doors = [[line for line in lines if "websocket" in line] for lines in heads]
    if left := unexplained(doors[1], doors[0]):
        fail("the requests for a websocket differ", left)
    payloads = [said_at_the_door(raw) for raw in ears.payloads]
    assert len(payloads) == 4
    assert payloads[:2] == payloads[2:]

    said: dict[str, list[str]] = {}
    for entry in stage.sandbox.transcript.entries(0, 1000, lambda who: isinstance(who, str)):
        if entry.inbound:
            roles = Roles({ada.pn: "me.pn", wig.pn: "me.pn"})
            said.setdefault(str(entry.device), []).append(shape_of(entry.node, roles))
    theirs, ours = said.values()
    if left := unexplained(ours, theirs):
        fail("stanzas before the login differ", left)
    assert len(theirs) == len(ours) >= 2


async def test_pairing_by_qr(stage: Stage, ears: Ears):
    await one_by_one(stage, ears, lambda client: client.link())


async def test_pairing_by_code(stage: Stage, ears: Ears):
    async def link(client: Client) -> None:
        await client.start()
        number = client.phone.phone
        if isinstance(client, Companion):
            await client.call("connect")
            await client.wait("qr")
            code = await client.call("pair_phone", phone=number)
            await stage.sandbox.enter_code(code, number)
            await client.wait("connected")
        else:
            await client.wait(PairingQr)
            await stage.sandbox.enter_code(await client.engine.pair_code(number), number)
            await client.connected()

    await one_by_one(stage, ears, link)


async def test_the_first_login_with_a_history(stage: Stage, ears: Ears):
    """Everything from the login on: prekeys, app state, history, names."""

    def remember(phone_name: str) -> None:
        phone = next(one for one in stage.sandbox.phones.values() if one.name == phone_name)
        phone.history.generate(chats=3, messages=40, seed=1)

    duo = await Duo.open(stage, ears, before=remember)
    await duo.each(lambda side: side.say("friend", "after all that"))


async def test_the_files_of_a_history(stage: Stage, ears: Ears):
    """Each is downloaded, told to the phone, and deleted from the host."""
    ada, wig = stage.companion("Ada"), stage.native("Wig", through_proxy=True)
    lines: list[list[str]] = []
    for client in (ada, wig):
        client.phone.history.generate(chats=3, messages=200, seed=1)
        begin = len(ears.requests)
        await client.link()

        async def done(begin: int = begin) -> bool:
            return Counter(head.method for head in ears.requests[begin:])["DELETE"] == FILES

        await until(done)
        lines.append(request_lines(ears.requests[begin:]))
    if left := unexplained(lines[1], lines[0]):
        fail("the requests for a history differ", left)


async def test_a_logout(stage: Stage, ears: Ears):
    duo = await Duo.open(stage, ears)
    await duo.play(lambda: duo.ada.call("logout"), duo.wig.engine.logout)
    for side in duo.sides:
        assert side.client.phone.companions == []
