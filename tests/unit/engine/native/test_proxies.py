"""Proxies of every kind carry everything, and nothing goes around them."""

import socket
from asyncio.selector_events import BaseSelectorEventLoop
from pathlib import Path
from typing import Any

import pytest

from scripted.engine_town import EngineTown
from scripted.proxies import RecordingProxy
from scripted.waiting import until
from wigwag.engine.common import transfer
from wigwag.engine.common.endpoint import Endpoint
from wigwag.model.account import ConnectionState
from wigwag.model.content import Media, MediaKind
from wigwag.model.errors import MediaTransferFailed, NotConnected
from wigwag.model.event import PairingQr
from wigwag.sandbox.edge.tls import make_tls_identity
from wigwag.sandbox.residents.attachments import Attachment

S = ConnectionState
SCHEMES = ["http", "socks5", "socks5h"]


class Witness:
    """Every name that this process resolves, and every port that it connects to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: set[str] = set()
        self.ports: list[int] = []
        resolve, connect = socket.getaddrinfo, BaseSelectorEventLoop.sock_connect

        def watched_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
            self.names.add(str(host))
            return resolve(host, *arguments, **options)

        async def watched_connect(loop: Any, sock: socket.socket, address: Any) -> None:
            self.ports.append(address[1])
            await connect(loop, sock, address)

        monkeypatch.setattr(socket, "getaddrinfo", watched_resolve)
        monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", watched_connect)

    def assert_only(self, proxy: RecordingProxy, target_port: int) -> None:
        """The proxy alone was spoken to; `target_port` is where the proxy itself goes."""
        assert self.names <= {"127.0.0.1"}, self.names
        assert set(self.ports) <= {proxy.port, target_port}, self.ports
        assert self.ports.count(target_port) == len(proxy.asked)


async def reopen(town: EngineTown, proxy: RecordingProxy, url: str) -> None:
    """Let the engine begin anew, through the proxy, which leads to the town."""
    await town.close()
    proxy.target_port = town.sandbox.listener.port
    town.proxy = url
    await town.open()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_socket_and_media_go_through_the_proxy_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    async with EngineTown(tmp_path) as town, RecordingProxy(scheme) as proxy:
        await town.engine.stop()
        town.events.clear()
        witness = Witness(monkeypatch)
        await reopen(town, proxy, proxy.url())
        await town.link()
        ann = town.sandbox.add_person("Ann")
        card = Attachment(kind=MediaKind.DOCUMENT, filename="a.bin")
        ann.send_media(town.phone.pn, b"x" * 5000, card)
        await until(lambda: any(isinstance(m.content, Media) for m in town.messages))
        [media] = [m.content for m in town.messages if isinstance(m.content, Media)]
        assert media.ref is not None
        target = tmp_path / "download"
        target.touch()
        await town.engine.download(media.ref, media.kind, target)
        assert target.read_bytes() == b"x" * 5000

        hosts = {asked.rpartition(":")[0] for asked in proxy.asked}
        assert "web.whatsapp.com" in hosts
        assert any(host.startswith("mmg") or "media" in host for host in hosts), hosts
        witness.assert_only(proxy, proxy.target_port)

        # the proxy is gone: nothing takes another way, however often it is tried
        monkeypatch.setattr(transfer, "_LONGEST_PAUSE_S", 0.05)
        seen = len(proxy.asked)
        proxy.die()
        await until(lambda: town.engine.state.state is S.RECONNECTING)
        with pytest.raises((MediaTransferFailed, NotConnected)):
            await town.engine.download(media.ref, media.kind, target)
        tried = witness.ports.count(proxy.port)
        await until(lambda: witness.ports.count(proxy.port) >= tried + 2)
        assert len(proxy.asked) == seen
        witness.assert_only(proxy, proxy.target_port)
        assert "p@ss" not in repr(town.engine.state)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_proxy_that_refuses_is_a_failed_dial(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    scheme: str,
) -> None:
    async with EngineTown(tmp_path) as town, RecordingProxy(scheme) as proxy:
        await town.engine.stop()
        town.events.clear()
        witness = Witness(monkeypatch)
        await reopen(town, proxy, proxy.url("us%40er:secret"))
        await until(lambda: proxy.refused >= 2)
        assert town.engine.state.state in (S.CONNECTING, S.RECONNECTING)
        assert not town.told(PairingQr)
        witness.assert_only(proxy, proxy.target_port)
    assert "secret" not in capsys.readouterr().out


async def test_a_proxy_may_be_spoken_to_over_tls(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        tls = make_tls_identity(tmp_path).server_context()
        # the engine trusts one authority: the proxy's here, which is not the network's
        async with RecordingProxy("https", tls) as proxy:
            await town.engine.stop()
            town.ca_file = tmp_path / "both.pem"
            town.ca_file.write_text(
                (tmp_path / "ca.pem").read_text() + town.sandbox.ca_file.read_text()
            )
            town.events.clear()
            await reopen(town, proxy, proxy.url())
            await town.link()
            assert proxy.asked[0] == "web.whatsapp.com:443"
            await town.engine.stop()


def test_an_endpoint_does_not_show_its_proxy() -> None:
    assert "secret" not in repr(Endpoint(proxy="http://me:secret@host:1"))
