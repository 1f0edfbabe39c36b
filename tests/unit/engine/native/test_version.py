"""The announced version: set by hand, or looked up on WhatsApp's page, never lower."""

from pathlib import Path

import pytest

from scripted.engine_town import ACCOUNT, SWIFT, EngineTown
from scripted.proxies import RecordingProxy
from scripted.waiting import VirtualClock, until
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.version import (
    AGAIN_AFTER_S,
    LARGEST_STEP,
    VersionBook,
    is_plausible,
    parse_version,
    read_revision,
)
from wigwag.model.account import ConnectionState
from wigwag.model.errors import InvalidInput
from wigwag.wire.client_payload import WEB_VERSION

S = ConnectionState
MAJOR, MINOR, KNOWN = WEB_VERSION


@pytest.mark.parametrize(
    ("page", "revision"),
    [
        (rb'JSON.parse("{\"SiteData\":{\"client_revision\":1026131876,', 1026131876),
        (b'{"client_revision": 1026131876, "x": 1}', 1026131876),
        (b'{"server_revision": 1026131876}', None),
        (b'{"client_revision": 12}', None),
        (b'{"client_revision": 99999999999999999999}', None),
        (b"<html>sorry</html>", None),
        (b"", None),
    ],
)
def test_the_revision_is_read_from_either_page(page: bytes, revision: int | None) -> None:
    assert read_revision(page) == revision


def test_a_lower_version_or_a_leap_is_not_believed() -> None:
    assert is_plausible(KNOWN + 1, KNOWN)
    assert not is_plausible(KNOWN, KNOWN)
    assert not is_plausible(KNOWN - 1, KNOWN)
    assert not is_plausible(KNOWN + LARGEST_STEP + 1, KNOWN)


@pytest.mark.parametrize("text", ["", "2.3000", "2.3000.x", "2.3000.1.1", "2.3000.99999999999"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_version(text)
    assert parse_version("2.3000.5") == (2, 3000, 5)


class Scene:
    """A town that lets in only clients newer than the built-in version."""

    def __init__(self, town: EngineTown, *, looks_up: bool, proxy: str = "") -> None:
        self.town = town
        self.clock = VirtualClock()
        self.book = VersionBook(self.clock, looks_up=looks_up)
        self.proxy = proxy or town.sandbox.proxy_url
        town.sandbox.network.login.oldest = (MAJOR, MINOR, KNOWN + 5)

    async def open(self) -> NativeEngine:
        await self.town.engine.stop()
        self.town.events.clear()
        self.town.engine = NativeEngine(
            ACCOUNT,
            store=self.town.store,
            sink=self.town.sink,
            http=self.town.http,
            clock=self.town.clock,
            endpoint=self.endpoint,
            options=SWIFT,
            versions=self.book,
        )
        await self.town.engine.start()
        return self.town.engine

    @property
    def endpoint(self) -> Endpoint:
        sandbox = self.town.sandbox
        return Endpoint(
            proxy=self.proxy, ca_file=str(sandbox.ca_file), noise_root=sandbox.noise_root
        )


async def test_without_leave_nothing_is_looked_up(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        town.sandbox.media.web_revision = KNOWN + 9
        scene = Scene(town, looks_up=False)
        engine = await scene.open()
        await until(lambda: engine.state.state is S.OUTDATED)
        assert engine.state.next_attempt is None
        assert scene.book.current == WEB_VERSION


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_newer_version_is_found_by_the_accounts_proxy(tmp_path: Path, scheme: str) -> None:
    async with EngineTown(tmp_path) as town, RecordingProxy(scheme) as proxy:
        proxy.target_port = town.sandbox.listener.port
        town.sandbox.media.web_revision = KNOWN + 9
        scene = Scene(town, looks_up=True, proxy=proxy.url())
        engine = await scene.open()
        await until(lambda: engine.state.state is S.PAIRING)
        assert scene.book.current == (MAJOR, MINOR, KNOWN + 9)
        assert set(proxy.asked) == {"web.whatsapp.com:443"}
        await engine.stop()


async def test_a_refused_version_is_looked_up_again_but_not_at_once(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        scene = Scene(town, looks_up=True)
        engine = await scene.open()
        await until(lambda: engine.state.state is S.OUTDATED)
        assert engine.state.next_attempt is not None
        assert not engine.state.rests
        town.sandbox.media.web_revision = KNOWN + 9
        await engine.start()
        await until(lambda: engine.state.next_attempt)
        assert scene.book.current == WEB_VERSION, "the page was read a moment ago"
        await scene.clock.advance(AGAIN_AFTER_S)
        await engine.start()
        await until(lambda: engine.state.state is S.PAIRING)


@pytest.mark.parametrize("revision", [KNOWN - 1, KNOWN + LARGEST_STEP + 1, 0])
async def test_what_the_page_says_is_checked(tmp_path: Path, revision: int) -> None:
    async with EngineTown(tmp_path) as town:
        town.sandbox.media.web_revision = revision
        scene = Scene(town, looks_up=True)
        await scene.book.freshen(town.http, scene.endpoint)
        assert scene.book.current == WEB_VERSION


async def test_a_page_that_cannot_be_had_changes_nothing(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        scene = Scene(town, looks_up=True, proxy="http://127.0.0.1:1")
        pool = HttpPool()
        assert not await scene.book.renew(WEB_VERSION, pool, scene.endpoint)
        assert scene.book.current == WEB_VERSION
        await pool.close()
