"""The connection over loopback: order, requests, garbage, silence, ends."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable

import pytest

from scripted.waiting import RealClock, until
from scripted.whatsapp_server import ScriptedClient, ScriptedServer
from wigwag.engine.common.endpoint import HttpPool
from wigwag.engine.common.errors import DialFailed, RequestFailed, RequestTimeout
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.connection.keepalive import KeepAlivePolicy
from wigwag.engine.native.connection.stanzas import iq
from wigwag.model.errors import NotConnected
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.client_payload import login_payload
from wigwag.wire.errors import CertificateInvalid, MalformedFrame
from wigwag.wire.nodes import Node
from wigwag.wire.signal.curve import generate_key_pair

OWN = Jid("4915", "s.whatsapp.net", 7)
STATIC = generate_key_pair()
CALM = KeepAlivePolicy()
HASTY = KeepAlivePolicy(shortest_s=0.05, longest_s=0.1, deadline_s=0.15, patience_s=0.3)

Make = Callable[..., Connection]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def make(server: ScriptedServer) -> AsyncIterator[Make]:
    pool = HttpPool()
    made: list[Connection] = []

    def make(keepalive: KeepAlivePolicy = CALM, connect_limit_s: float = 5.0) -> Connection:
        connection = Connection(
            lambda: pool.session(server.endpoint),
            server.endpoint,
            clock=RealClock(),
            random=os.urandom,
            keepalive=keepalive,
            connect_limit_s=connect_limit_s,
        )
        made.append(connection)
        return connection

    yield make
    for connection in made:
        await connection.close()
    await pool.close()


async def opened(
    server: ScriptedServer, connection: Connection
) -> tuple[Connection, ScriptedClient]:
    await connection.open(STATIC, login_payload(OWN))
    return connection, await server.client()


async def test_stanzas_go_both_ways_in_order(server: ScriptedServer, make: Make) -> None:
    connection = make()
    got: list[str] = []
    connection.on_node("message", lambda node: got.append(node.attr("id")))
    connection, client = await opened(server, connection)
    assert client.noise_public == STATIC.public
    await asyncio.gather(*(connection.send(Node("presence", {"n": str(n)})) for n in range(50)))
    assert [(await client.receive()).attr("n") for _ in range(50)] == [str(n) for n in range(50)]
    await connection.send_many([Node("ack", {"n": "1"}), Node("ack", {"n": "2"})])
    assert [(await client.receive()).attr("n") for _ in range(2)] == ["1", "2"]
    for n in range(50):
        await client.send(Node("message", {"id": str(n)}))
    await until(lambda: len(got) == 50)
    assert got == [str(n) for n in range(50)]
    assert connection.last_in is not None
    assert connection.last_out is not None


async def test_requests_meet_their_answers(server: ScriptedServer, make: Make) -> None:
    connection, client = await opened(server, make())
    first = await connection.begin(iq("a", "get"))
    second = await connection.begin(iq("b", "get"))
    for name in ("a", "b"):
        assert (await client.receive()).attr("xmlns") == name
    await client.answer(second.node, [Node("b")])
    await client.answer(first.node, [Node("a")])
    assert (await first.reply()).child("a") is not None
    assert (await second.reply()).child("b") is not None
    assert first.id != second.id

    request = asyncio.ensure_future(connection.request(iq("c", "get")))
    asked = await client.receive()
    refusal = Node("error", {"code": "404", "text": "item-not-found"})
    await client.send(Node("iq", {"id": asked.attr("id"), "type": "error"}, [refusal]))
    with pytest.raises(RequestFailed) as failed:
        await request
    assert (failed.value.server_code, failed.value.text) == (404, "item-not-found")

    message = await connection.begin(Node("message", {"id": "3EB0", "to": OWN.bare}))
    await client.send(Node("ack", {"id": "3EB0", "class": "message"}))
    assert (await message.reply()).tag == "ack"

    with pytest.raises(RequestTimeout):
        await connection.request(iq("d", "get"), 0.02)


async def test_garbage_costs_one_frame_and_no_more(server: ScriptedServer, make: Make) -> None:
    connection = make()
    got: list[Node] = []
    connection.on_node("message", got.append)
    connection, client = await opened(server, connection)
    await client.send_garbage()
    await client.send_bytes(b"")
    client._noise.encrypt(b"")  # pyright: ignore[reportPrivateUsage]  # the empty frame counts too
    await client.send_bytes(client._noise.encrypt(b"\x00\xff\xff"))  # pyright: ignore
    await client.send(Node("message", {"id": "fine"}))
    await until(lambda: got)
    assert got[0].attr("id") == "fine"


async def test_a_stanza_that_is_too_long_harms_nothing(server: ScriptedServer, make: Make) -> None:
    connection, client = await opened(server, make())
    with pytest.raises(MalformedFrame):
        await connection.send(Node("message", {}, b"x" * (1 << 24)))
    await connection.send(Node("presence"))
    await client.expect("presence")


async def test_a_handler_that_fails_does_not_end_the_stream(
    server: ScriptedServer, make: Make
) -> None:
    connection = make()
    got: list[Node] = []
    connection.on_node("message", lambda node: got.append(node) or 1 / 0)  # pyright: ignore
    connection, client = await opened(server, connection)
    await client.send(Node("message", {"id": "1"}))
    await client.send(Node("message", {"id": "2"}))
    await until(lambda: len(got) == 2)
    assert connection.connected


async def test_what_nobody_handles_is_acknowledged(server: ScriptedServer, make: Make) -> None:
    connection = make()
    special: list[Node] = []
    connection.on_node("notification", special.append, type="encrypt")
    connection, client = await opened(server, connection)
    await client.send(Node("presence", {"from": OWN}))
    await client.send(Node("notification", {"id": "1", "type": "encrypt", "from": SERVER_JID}))
    await client.send(Node("notification", {"id": "2", "type": "new", "from": SERVER_JID}))
    ack = await client.expect("ack")
    assert ack.attr("id") == "2"
    assert [node.attr("id") for node in special] == ["1"]


async def test_an_ack_is_handed_on_whether_or_not_somebody_waits(
    server: ScriptedServer, make: Make
) -> None:
    connection = make()
    late: list[Node] = []
    connection.on_node("ack", late.append)
    connection, client = await opened(server, connection)
    await client.send(Node("ack", {"id": "R1", "class": "receipt"}))
    await until(lambda: len(late) == 1)
    message = await connection.begin(Node("message", {"id": "M1"}))
    await client.send(Node("ack", {"id": "R2", "class": "receipt"}))
    await client.send(Node("ack", {"id": "M1", "class": "message"}))
    assert (await message.reply()).attr("class") == "message"
    assert [node.tag for node in late] == ["ack", "ack"]


async def test_whoever_waits_learns_the_end(server: ScriptedServer, make: Make) -> None:
    connection = make()
    ends: list[str] = []
    connection.on_end(ends.append)
    connection, client = await opened(server, connection)
    pending = await connection.begin(iq("a", "get"))
    await client.receive()
    await client.close()
    with pytest.raises(NotConnected):
        await pending.reply(resend=False)
    assert ends == ["closed"]
    assert not connection.connected
    with pytest.raises(NotConnected):
        await connection.send(Node("presence"))
    await connection.close()
    assert ends == ["closed"], "an end is told once"


async def lost(connection: Connection, client: ScriptedClient) -> None:
    """End the stream from the server's side."""
    await client.close()
    await until(lambda: not connection.connected)
    await connection.close()


async def logged_in(
    server: ScriptedServer, connection: Connection
) -> tuple[Connection, ScriptedClient]:
    connection, client = await opened(server, connection)
    connection.mark_online()
    return connection, client


async def test_lost_messages_are_sent_after_every_login_in_their_order(
    server: ScriptedServer, make: Make
) -> None:
    connection, client = await logged_in(server, make())
    waiting: list[asyncio.Future[Node]] = []
    for login in range(4):
        came = [(await client.receive()).attr("id") for _ in waiting]
        assert came == [f"M{number}" for number in range(login)]
        message = await connection.begin(Node("message", {"id": f"M{login}"}))
        waiting.append(asyncio.ensure_future(message.reply()))
        assert (await client.receive()).attr("id") == f"M{login}"
        await lost(connection, client)
        connection, client = await logged_in(server, connection)
    for number in range(4):
        await client.send(Node("ack", {"id": f"M{number}", "class": "message"}))
    assert [(await answer).attr("id") for answer in waiting] == ["M0", "M1", "M2", "M3"]


async def test_a_lost_request_is_sent_once_more(server: ScriptedServer, make: Make) -> None:
    connection, client = await logged_in(server, make())
    request = asyncio.ensure_future(connection.request(iq("a", "get")))
    for _ in range(2):
        assert (await client.receive()).attr("xmlns") == "a"
        await lost(connection, client)
        connection, client = await logged_in(server, connection)
    with pytest.raises(NotConnected):
        await request


async def test_a_retired_connection_lets_nobody_wait_for_another_login(
    server: ScriptedServer, make: Make
) -> None:
    connection, client = await logged_in(server, make())
    message = await connection.begin(Node("message", {"id": "M1"}))
    await lost(connection, client)
    waiting = asyncio.ensure_future(message.reply())
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await connection.retire()
        with pytest.raises(NotConnected):
            await waiting


async def test_reading_can_pause(server: ScriptedServer, make: Make) -> None:
    connection = make()
    got: list[Node] = []
    connection.on_node("message", got.append)
    connection, client = await opened(server, connection)
    connection.pause_reading()
    for n in range(3):
        await client.send(Node("message", {"id": str(n)}))
    # a round trip the other way, in which nothing was read
    await connection.send(Node("presence"))
    await client.expect("presence")
    assert len(got) <= 1
    connection.resume_reading()
    await until(lambda: len(got) == 3)


async def test_pings_are_sent_and_silence_is_noticed(server: ScriptedServer, make: Make) -> None:
    connection = make(HASTY)
    ends: list[str] = []
    connection.on_end(ends.append)
    connection, client = await opened(server, connection)
    for _ in range(3):
        ping = await client.receive()
        assert (ping.attr("xmlns"), ping.attr("type"), ping.kids) == ("w:p", "get", [])
        await client.answer(ping)
    assert connection.connected
    await until(lambda: ends)
    assert ends == ["mute"]


@pytest.mark.parametrize("status", [400, 403, 503])
async def test_a_refused_upgrade_is_a_failed_dial(
    server: ScriptedServer, make: Make, status: int
) -> None:
    server.refuse_with = status
    with pytest.raises(DialFailed, match=str(status)):
        await make().open(STATIC, login_payload(OWN))


@pytest.mark.parametrize("stage", ["upgrade", "handshake"])
async def test_connecting_has_a_time_limit(server: ScriptedServer, make: Make, stage: str) -> None:
    server.mute = stage
    connection = make(connect_limit_s=0.1)
    with pytest.raises(DialFailed, match="in time"):
        await connection.open(STATIC, login_payload(OWN))
    assert not connection.connected


async def test_nobody_there_is_a_failed_dial(server: ScriptedServer, make: Make) -> None:
    await server.stop()
    with pytest.raises(DialFailed):
        await make().open(STATIC, login_payload(OWN))


async def test_another_root_key_is_refused(server: ScriptedServer) -> None:
    pool = HttpPool()
    rogue = ScriptedServer()
    rogue.port = server.port
    connection = Connection(
        lambda: pool.session(server.endpoint),
        rogue.endpoint,
        clock=RealClock(),
        random=os.urandom,
        keepalive=CALM,
    )
    with pytest.raises(CertificateInvalid):
        await connection.open(STATIC, login_payload(OWN))
    await connection.close()
    await pool.close()


async def test_closing_leaves_no_task(server: ScriptedServer, make: Make) -> None:
    before = len(asyncio.all_tasks())
    connection, client = await opened(server, make())
    await connection.close()
    await client.closed.wait()
    await until(lambda: len(asyncio.all_tasks()) <= before)


async def test_who_writes_while_another_waits_keeps_the_stream_whole(
    server: ScriptedServer, make: Make
) -> None:
    connection, client = await opened(server, make())
    client.transport.pause_reading()
    heavy = [Node("x", {"n": str(n)}, os.urandom(2**20)) for n in range(12)]
    first = asyncio.ensure_future(connection.send_many(heavy))
    await asyncio.sleep(0.05)
    assert not first.done()
    second = asyncio.ensure_future(connection.send(Node("y", {"n": "late"})))
    await asyncio.sleep(0.05)
    client.transport.resume_reading()
    await asyncio.gather(first, second)
    got = [await client.receive() for _ in range(13)]
    assert [node.attr("n") for node in got if node.tag == "x"] == [str(n) for n in range(12)]
    assert connection.connected


async def test_a_socket_that_takes_nothing_more_is_given_up(
    server: ScriptedServer, make: Make
) -> None:
    connection = make(HASTY)
    ends: list[str] = []
    connection.on_end(ends.append)
    connection, client = await opened(server, connection)
    client.transport.pause_reading()
    heavy = [Node("x", {"n": str(n)}, os.urandom(2**20)) for n in range(12)]
    stuck = asyncio.ensure_future(connection.send_many(heavy))
    await until(lambda: ends)
    await connection.close()
    _, waiting = await asyncio.wait({stuck}, timeout=2)
    assert not waiting
    assert isinstance(stuck.exception(), NotConnected)
    assert ends == ["mute"]
