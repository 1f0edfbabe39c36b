"""The engine in the sandbox: through proxy and TLS, with its phone, under its faults."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from scripted.engine_stage import SWIFT, NotingTraffic
from scripted.waiting import RealClock, until
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.native.connection.keepalive import KeepAlivePolicy
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.engine import EngineOptions, NativeEngine
from wigwag.engine.native.link import Link
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import PutDevice
from wigwag.model.account import ConnectionState
from wigwag.model.errors import ConfigError, NotConnected
from wigwag.model.event import EngineEvent, PairingQr, StateChanged
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.sandbox import Sandbox

S = ConnectionState
HASTY = EngineOptions(
    backoff=SWIFT.backoff,
    connect_limit_s=2.0,
    keepalive=KeepAlivePolicy(shortest_s=0.1, longest_s=0.2, deadline_s=0.2, patience_s=0.4),
)


class Home:
    """A sandbox and the engines of one process."""

    def __init__(self, sandbox: Sandbox, store: EngineStore, http: HttpPool) -> None:
        self.sandbox = sandbox
        self.store = store
        self.http = http
        self.events: list[tuple[str, EngineEvent]] = []
        self.engines: list[NativeEngine] = []
        self.traffics: list[NotingTraffic] = []
        self._codes_used: set[str] = set()

    def endpoint(self, *, direct: bool = False) -> Endpoint:
        ca_file = str(self.sandbox.ca_file)
        if direct:
            return Endpoint(
                ws_url=self.sandbox.ws_url, ca_file=ca_file, noise_root=self.sandbox.noise_root
            )
        return Endpoint(
            proxy=self.sandbox.proxy_url, ca_file=ca_file, noise_root=self.sandbox.noise_root
        )

    def engine(
        self, account: str, endpoint: Endpoint | None = None, options: EngineOptions = SWIFT
    ) -> NativeEngine:
        def traffic(link: Link) -> NotingTraffic:
            self.traffics.append(NotingTraffic(link))
            return self.traffics[-1]

        engine = NativeEngine(
            account,
            store=self.store,
            sink=self._sink,
            http=self.http,
            clock=RealClock(),
            endpoint=endpoint or self.endpoint(),
            options=options,
            traffic=traffic,
        )
        self.engines.append(engine)
        return engine

    async def _sink(self, account: str, events: Sequence[EngineEvent]) -> None:
        self.events += [(account, event) for event in events]

    def states(self, account: str) -> list[str]:
        return [
            event.state.state
            for name, event in self.events
            if name == account and isinstance(event, StateChanged)
        ]

    async def qr(self, account: str) -> str:
        """The newest code, none that was scanned before."""

        def codes() -> list[str]:
            return [
                event.code
                for name, event in self.events
                if name == account
                and isinstance(event, PairingQr)
                and event.code not in self._codes_used
            ]

        await until(codes)
        code = codes()[-1]
        self._codes_used.add(code)
        return code

    async def paired(
        self,
        account: str = "default",
        endpoint: Endpoint | None = None,
        options: EngineOptions = SWIFT,
    ) -> NativeEngine:
        engine = self.engine(account, endpoint, options)
        await engine.start()
        self.sandbox.scan(await self.qr(account))
        await until(lambda: engine.state.state is S.CONNECTED)
        return engine


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with AsyncExitStack() as stack:
        sandbox = await Sandbox.start()
        stack.push_async_callback(sandbox.stop)
        store = EngineStore.open(tmp_path / "whatsapp.db")
        stack.callback(store.close)
        http = HttpPool()
        stack.push_async_callback(http.close)
        home = Home(sandbox, store, http)
        yield home
        for engine in home.engines:
            await engine.stop()


@pytest.mark.parametrize("direct", [True, False])
async def test_pairing_through_proxy_or_directly(home: Home, *, direct: bool) -> None:
    engine = await home.paired(endpoint=home.endpoint(direct=direct))
    phone = next(iter(home.sandbox.phones.values()))
    assert [str(device) for device in phone.companions]
    assert engine.state.jid is not None
    assert engine.state.jid.user == phone.account.phone
    assert home.store.count_uploaded_prekeys("default") == 812
    told = ["starting", "connecting", "pairing", "connecting", "connected"]
    await until(lambda: home.states("default") == told)


async def test_pairing_by_code(home: Home) -> None:
    phone = home.sandbox.add_phone()
    engine = home.engine("default")
    code = await engine.pair_code(phone.account.phone)
    await home.sandbox.enter_code(code, phone.account.phone)
    await until(lambda: engine.state.state is S.CONNECTED)
    assert phone.companions


async def test_a_drop_is_repaired(home: Home) -> None:
    engine = await home.paired()
    home.sandbox.faults.add(Fault(kind=FaultKind.DROP, tag="iq"))
    with pytest.raises(NotConnected):
        await home.traffics[0].link.connection.request(iq("w:p", "get"), 5, resend=False)
    await until(lambda: home.states("default")[-2:] == ["reconnecting", "connected"])
    assert engine.state.state is S.CONNECTED


async def test_a_request_survives_a_drop(home: Home) -> None:
    await home.paired()
    home.sandbox.faults.add(Fault(kind=FaultKind.DROP, tag="iq"))
    reply = await home.traffics[0].link.connection.request(iq("w:p", "get"), 5)
    assert reply.attr("type") == "result"


async def test_silence_is_noticed(home: Home) -> None:
    engine = await home.paired(options=HASTY)
    home.sandbox.faults.add(Fault(kind=FaultKind.MUTE, direction="out", count=None))
    await until(lambda: engine.state.state is S.RECONNECTING)
    home.sandbox.faults.clear()
    await until(lambda: engine.state.state is S.CONNECTED)


@pytest.mark.parametrize(
    ("code", "state"), [(409, S.REPLACED), (503, S.CONNECTED), (401, S.LOGGED_OUT)]
)
async def test_stream_errors(home: Home, code: int, state: ConnectionState) -> None:
    engine = await home.paired()
    home.sandbox.faults.add(Fault(kind=FaultKind.STREAM_ERROR, code=code, tag="iq"))
    told = len(home.states("default"))
    link = home.traffics[0].link
    with pytest.raises(NotConnected):
        await link.connection.request(iq("w:p", "get"), 5, resend=False)
    await until(lambda: len(home.states("default")) > told)
    await until(lambda: engine.state.state is state)


async def test_two_connections_of_one_device_do_not_fight(home: Home, tmp_path: Path) -> None:
    engine = await home.paired()
    other_store = EngineStore.open(tmp_path / "copy.db")
    device = home.store.find_device("default")
    assert device is not None
    await other_store.commit([PutDevice("default", device)])
    copy = Home(home.sandbox, other_store, home.http)
    rival = copy.engine("default")
    await rival.start()
    await until(lambda: engine.state.state is S.REPLACED)
    await until(lambda: rival.state.state is S.CONNECTED)
    await rival.stop()
    other_store.close()


async def test_logout_and_pairing_anew(home: Home) -> None:
    engine = await home.paired()
    phone = next(iter(home.sandbox.phones.values()))
    await engine.logout()
    assert engine.state.state is S.LOGGED_OUT
    assert phone.companions == []
    await engine.start()
    await until(lambda: engine.state.state is S.PAIRING)
    home.sandbox.scan(await home.qr("default"), phone.account.phone)
    await until(lambda: engine.state.state is S.CONNECTED)
    assert len(home.store.list_former_devices("default")) == 1


async def test_unlinking_on_the_phone(home: Home) -> None:
    engine = await home.paired()
    next(iter(home.sandbox.phones.values())).unlink()
    await until(lambda: engine.state.state is S.LOGGED_OUT)


async def test_several_accounts_share_one_process(home: Home) -> None:
    engines = [home.engine(f"account-{number}") for number in range(4)]
    for number, engine in enumerate(engines):
        phone = home.sandbox.add_phone()
        await engine.start()
        home.sandbox.scan(await home.qr(f"account-{number}"), phone.account.phone)
    await until(lambda: all(engine.state.state is S.CONNECTED for engine in engines))
    assert len({str(engine.state.jid) for engine in engines}) == 4
    before = len(asyncio.all_tasks())
    for engine in engines:
        await engine.stop()
    assert len(asyncio.all_tasks()) < before


async def test_a_strange_authority_is_not_trusted(home: Home) -> None:
    endpoint = Endpoint(ws_url=home.sandbox.ws_url, noise_root=home.sandbox.noise_root)
    engine = home.engine("default", endpoint)
    await engine.start()
    await until(lambda: engine.state.state is S.RECONNECTING)
    assert engine.state.reason == "unreachable"


async def test_a_dead_proxy_is_never_bypassed(home: Home) -> None:
    endpoint = Endpoint(
        ws_url=home.sandbox.ws_url,
        proxy="http://127.0.0.1:1",
        ca_file=str(home.sandbox.ca_file),
        noise_root=home.sandbox.noise_root,
    )
    engine = home.engine("default", endpoint)
    await engine.start()
    await until(lambda: engine.state.state is S.RECONNECTING)
    assert not any(isinstance(event, PairingQr) for _, event in home.events)


async def test_the_proxys_credentials_are_sent_to_it_and_not_beyond(home: Home) -> None:
    heads: list[bytes] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        inner_reader, inner_writer = await asyncio.open_connection(
            "127.0.0.1", home.sandbox.listener.port
        )
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))

    proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    endpoint = Endpoint(
        ws_url=home.sandbox.ws_url,
        proxy=f"http://me:p%40ss@127.0.0.1:{port}",
        ca_file=str(home.sandbox.ca_file),
        noise_root=home.sandbox.noise_root,
    )
    engine = await home.paired(endpoint=endpoint)
    assert len(heads) == 2, "pairing and login"
    credentials = base64.b64encode(b"me:p@ss")
    assert all(b"Proxy-Authorization: Basic " + credentials in head for head in heads)
    await engine.stop()
    proxy.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def test_a_bad_authority_file_is_a_setting_that_is_wrong(home: Home, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("not a certificate")
    for name in (str(bad), str(tmp_path / "missing.pem")):
        with pytest.raises(ConfigError):
            home.http.session(Endpoint(ca_file=name))


async def test_no_presence_leaves_by_itself(home: Home) -> None:
    await home.paired()
    tags = {entry.node.tag for entry in home.sandbox.transcript.entries() if entry.inbound}
    assert "iq" in tags
    assert "presence" not in tags
