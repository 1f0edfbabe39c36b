"""The listener over loopback: pairing, login, both ways in, refusals, many stanzas."""

import asyncio
import socket
import ssl

import pytest
from websockets.exceptions import ConnectionClosed, InvalidProxyMessage, InvalidStatus

from scripted.town import Town
from wigwag.model.jid import SERVER_JID
from wigwag.sandbox.edge.listener import answer_proxy_request
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.wire.nodes import Node


async def test_pairing_and_login_through_the_proxy(town: Town):
    client = town.client()
    await client.dial()
    offer = await client.receive_tag("iq")
    assert offer.attrs["from"] == SERVER_JID
    assert (offer.attr("type"), offer.attr("xmlns"), len(offer.kids)) == ("set", "md", 1)
    assert offer.attr("id")
    refs = offer.kids[0].children_with("ref")
    assert len(refs) == 6
    assert all(b"," not in ref.data for ref in refs)
    await client.close()

    lid = await town.pair(client)
    assert lid == town.account.lid.with_device(1)
    await client.dial()
    success = await client.receive()
    assert success.tag == "success"
    assert success.attrs["lid"] == lid
    assert success.attr("t").isdigit()
    await client.close()


async def test_direct_tls_gets_a_media_host_that_it_can_reach(town: Town):
    client = town.client()
    await town.pair(client)
    await town.log_in(client, proxied=False)
    answer = await client.ask("w:m", Node("media_conn"), kind="set")
    assert answer.kids[0].kids[0].attr("hostname") == town.listener.address
    await client.close()
    await town.log_in(client)
    answer = await client.ask("w:m", Node("media_conn"), kind="set")
    assert answer.kids[0].kids[0].attr("hostname") == "mmg.whatsapp.net"
    await client.close()


async def test_a_wrong_key_and_a_removed_device_are_logged_out(town: Town):
    client, stranger = town.client(), town.client()
    lid = await town.pair(client)
    stranger.jid = client.jid
    await stranger.dial()
    assert (await stranger.receive()).attrs["reason"] == "401"
    with pytest.raises(ConnectionClosed):
        await stranger.receive()

    await town.log_in(client)
    town.network.remove_device(lid)
    error = await client.receive_tag("stream:error")
    assert error.attr("code") == "401"
    assert error.kids[0].attr("type") == "device_removed"
    await client.close()
    await client.dial()
    assert (await client.receive()).attrs["reason"] == "401"
    await client.close()


async def test_the_older_connection_is_replaced(town: Town):
    client, twin = town.client(), town.client()
    await town.pair(client)
    twin.jid, twin.noise_keys = client.jid, client.noise_keys
    await town.log_in(client)
    await town.log_in(twin)
    error = await client.receive_tag("stream:error")
    assert (error.attr("code"), error.kids[0].attr("type")) == ("", "replaced")
    with pytest.raises(ConnectionClosed):
        await client.receive()
    assert (await twin.ask("w:p")).attr("type") == "result"
    await twin.close()


async def test_faults_of_connecting(town: Town):
    client = town.client()
    await town.pair(client)
    town.network.faults.add(Fault(kind=FaultKind.REFUSE))
    with pytest.raises((OSError, InvalidProxyMessage)):
        await client.dial()
    town.network.faults.add(Fault(kind=FaultKind.REFUSE, code=503))
    with pytest.raises(InvalidStatus):
        await client.dial()
    town.network.faults.add(Fault(kind=FaultKind.STALL))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await client.dial()
    town.network.faults.add(Fault(kind=FaultKind.LOGIN_FAILURE, code=402, target="15550000001"))
    await client.dial()
    failure = await client.receive()
    assert failure.attrs["reason"] == "402"
    assert failure.attr("expire")
    await client.close()
    await town.log_in(client)
    town.network.faults.add(Fault(kind=FaultKind.STREAM_ERROR, code=503))
    assert (await client.receive_tag("stream:error")).attr("code") == "503"
    await client.close()


async def test_a_cut_connection_is_noticed(town: Town):
    client = town.client()
    lid = await town.pair(client)
    await town.log_in(client)
    town.network.cut(lid)
    with pytest.raises(ConnectionClosed):
        await client.receive()
    device = town.network.directory.get_device(lid)
    assert device.link is None


async def test_ten_thousand_stanzas_arrive_in_order(town: Town):
    client = town.client()
    lid = await town.pair(client)
    await town.log_in(client)
    await client.ask("passive", Node("active"), kind="set")
    total = 10_000
    for number in range(total):
        enc = Node("enc", {"v": "2", "type": "msg"}, bytes(300))
        attrs = {"from": lid.with_device(0), "id": f"M{number}", "type": "text"}
        town.network.push(lid, Node("message", dict(attrs), [enc]))
    for number in range(total):
        node = await client.receive_tag("message")
        assert node.attr("id") == f"M{number}"
    assert len(town.network.directory.get_device(lid).mailbox) == total
    await client.close()


async def test_garbage_ends_the_connection_and_nothing_else(town: Town):
    reader, writer = await asyncio.open_connection("127.0.0.1", town.listener.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 405")
    writer.close()
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", town.listener.port, ssl=town.trust(), server_hostname="web.whatsapp.com"
    )
    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() is None
    writer.write(b"\x00\x01nonsense\r\n\r\n")
    await reader.read()
    writer.close()
    client = town.client()
    await town.pair(client)
    await town.log_in(client)
    await client.send(Node("message", {"to": "garbage", "id": "1"}, [Node("enc")]))
    assert (await client.receive_tag("ack")).attr("error") == "487"
    await client.close()


async def test_alpn_is_http_1(town: Town):
    context = town.trust()
    context.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection(
        "127.0.0.1", town.listener.port, ssl=context, server_hostname="mmg.whatsapp.net"
    )
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    assert tls.selected_alpn_protocol() == "http/1.1"
    writer.close()


async def test_a_half_open_connection_does_not_block_others(town: Town):
    idle = socket.create_connection(("127.0.0.1", town.listener.port))
    slow = socket.create_connection(("127.0.0.1", town.listener.port))
    slow.sendall(b"CONNECT web.whatsapp.com:443 HTTP/1.1\r\n")
    client = town.client()
    await town.pair(client)
    idle.close()
    slow.close()


@pytest.mark.parametrize(
    ("head", "accepted"),
    [
        (b"CONNECT web.whatsapp.com:443 HTTP/1.1\r\nHost: web.whatsapp.com:443\r\n\r\n", True),
        (b"CONNECT mmg.whatsapp.net:443 HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"CONNECT evil-whatsapp.net:443 HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"GET http://web.whatsapp.com/ HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"nonsense\r\n\r\n", False),
    ],
)
def test_only_whatsapp_is_tunnelled(head: bytes, accepted: bool):
    answer, tunnel = answer_proxy_request(head)
    assert tunnel is accepted
    assert answer.startswith(b"HTTP/1.1 200" if accepted else b"HTTP/1.1 4")


async def test_a_kept_media_connection_may_go_on_to_the_chat(town: Town):
    """A client without a proxy sees one host for both, and reuses what it has open."""
    context = ssl.create_default_context(cafile=town.ca_file)
    reader, writer = await asyncio.open_connection("127.0.0.1", town.listener.port, ssl=context)
    for _ in range(2):
        writer.write(b"GET /v/image/none.enc HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 404")
    head = (
        b"GET /ws/chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    writer.write(head)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    writer.close()
    await writer.wait_closed()
