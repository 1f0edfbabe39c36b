"""Media hosts, addresses of files, and downloads that are cut."""

import asyncio
import io
import os
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import aiohttp
import pytest
from msgspec.structs import replace
from multidict import CIMultiDict

from scripted.traffic_stage import TrafficStage
from scripted.waiting import until
from wigwag.engine.common.download import Download, Refused
from wigwag.engine.common.transfer import backoff_s, path_of
from wigwag.engine.native.media.mediahosts import HostCache, parse_hosts
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import MediaCorrupt, MediaGone, MediaTransferFailed, StorageFull
from wigwag.wire.errors import MediaFailure, MediaHashMismatch
from wigwag.wire.media import encrypt_bytes
from wigwag.wire.nodes import AttrValue, Node

DATA = os.urandom(1_000_000)
SEALED, CARD = encrypt_bytes(DATA, MediaKind.IMAGE)
REF = CARD.at("/v/t62?ccb=1")


class Answer:
    """As much of an aiohttp response as a download looks at."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str], cut: bool) -> None:
        self.status = status
        self.headers = CIMultiDict(headers)
        self.content = self
        self._body = body
        self._cut = cut

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        for at in range(0, len(self._body), size):
            yield self._body[at : at + size]
        if self._cut:
            raise aiohttp.ClientPayloadError


def answer(
    status: int, body: bytes = b"", *, cut: bool = False, **headers: str
) -> aiohttp.ClientResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return cast("aiohttp.ClientResponse", Answer(status, body, named, cut))


def download(limit: int = 2**30) -> tuple[Download, io.BytesIO]:
    sink = io.BytesIO()
    return Download(REF, MediaKind.IMAGE, sink, limit), sink


def test_the_address_of_a_file() -> None:
    found, _ = download()
    url = str(found.url("mmg.whatsapp.net"))
    assert url.startswith("https://mmg.whatsapp.net/v/t62?ccb=1&hash=")
    assert url.endswith("&mms-type=image&__wa-mms=")
    bare = Download(CARD.at("/v/t62"), MediaKind.IMAGE, io.BytesIO(), 1)
    assert "/v/t62?hash=" in str(bare.url("h"))


async def test_a_whole_file() -> None:
    found, sink = download()
    assert found.headers() == {}
    await found.run(answer(200, SEALED))
    assert sink.getvalue() == DATA


async def test_a_cut_file_goes_on_where_it_ended() -> None:
    found, sink = download()
    with pytest.raises(aiohttp.ClientPayloadError):
        await found.run(answer(200, SEALED[:600_000], cut=True))
    assert found.headers() == {"Range": "bytes=600000-"}
    with pytest.raises(aiohttp.ClientPayloadError):
        await found.run(
            answer(206, SEALED[600_000:700_000], cut=True, Content_Range="bytes 600000-1/2")
        )
    await found.run(answer(206, SEALED[700_000:], Content_Range="bytes 700000-1/2"))
    assert sink.getvalue() == DATA


async def test_a_host_that_knows_no_ranges_starts_again() -> None:
    found, sink = download()
    with pytest.raises(aiohttp.ClientPayloadError):
        await found.run(answer(200, SEALED[:600_000], cut=True))
    await found.run(answer(200, SEALED))
    assert sink.getvalue() == DATA


async def test_a_host_that_sends_another_range_starts_again() -> None:
    found, sink = download()
    with pytest.raises(aiohttp.ClientPayloadError):
        await found.run(answer(200, SEALED[:600_000], cut=True))
    with pytest.raises(aiohttp.ClientPayloadError):
        await found.run(answer(206, SEALED, Content_Range="bytes 0-1/2"))
    await found.run(answer(200, SEALED))
    assert sink.getvalue() == DATA


async def test_a_rest_that_is_not_there_starts_again() -> None:
    found, sink = download()
    with pytest.raises(aiohttp.ClientPayloadError):
        await found.run(answer(200, SEALED[:600_000], cut=True))
    with pytest.raises(Refused):
        await found.run(answer(416, Content_Range="bytes */7"))
    assert found.headers() == {}
    await found.run(answer(200, SEALED))
    assert sink.getvalue() == DATA


async def test_pieces_of_two_files_are_fetched_anew() -> None:
    found, sink = download()
    with pytest.raises(aiohttp.ClientPayloadError):
        await found.run(answer(200, SEALED[:600_000], cut=True))
    other = bytes(len(SEALED) - 600_000)
    with pytest.raises(aiohttp.ClientPayloadError):
        await found.run(answer(206, other, Content_Range="bytes 600000-1/2"))
    assert (found.headers(), sink.getvalue()) == ({}, b"")
    with pytest.raises(MediaHashMismatch):
        await found.run(answer(200, SEALED[:-1] + b"\0"))


async def test_what_is_no_file() -> None:
    found, _ = download()
    with pytest.raises(Refused) as refused:
        await found.run(answer(429, Retry_After="7"))
    assert (refused.value.status, refused.value.retry_after) == (429, "7")
    with pytest.raises(MediaHashMismatch):
        await found.run(answer(200, SEALED[:-1] + b"\0"))
    small, _ = download(1000)
    with pytest.raises(MediaFailure):
        await small.run(answer(200, SEALED))


def media_conn(*hosts: str, **attrs: str) -> Node:
    base: dict[str, AttrValue] = {
        "auth": "secret",
        "ttl": "300",
        "auth_ttl": "1",
        "max_buckets": "1",
    }
    return Node("media_conn", base | attrs, [Node("host", {"hostname": name}) for name in hosts])


def test_hosts() -> None:
    hosts = parse_hosts(media_conn("a.whatsapp.net", "b.whatsapp.net:443"), 5.0)
    assert hosts.names == ("a.whatsapp.net", "b.whatsapp.net:443")
    assert (hosts.auth, hosts.ttl_s, hosts.fetched_at) == ("secret", 300, 5.0)
    assert parse_hosts(media_conn("a.whatsapp.net", ttl="soon"), 0).ttl_s == 0


@pytest.mark.parametrize(
    "node",
    [
        media_conn(),
        media_conn("user@evil"),
        media_conn("a/b"),
        media_conn("a.whatsapp.net", auth=""),
    ],
)
def test_hosts_that_are_none(node: Node) -> None:
    with pytest.raises(MediaTransferFailed):
        parse_hosts(node, 0)


async def test_hosts_are_asked_for_when_they_are_old(tmp_path: Path) -> None:
    from scripted.waiting import JumpingClock

    clock = JumpingClock()
    async with TrafficStage(tmp_path, clock) as stage:
        stage.answers["w:m"] = lambda _node: [media_conn("a.whatsapp.net")]
        cache = HostCache(stage.link)
        first = await cache.get()
        assert await cache.get() is first
        assert await cache.get(force=True) is not first
        await clock.sleep(301)
        await cache.get()
        assert len(stage.all_sent("iq")) == 3
        stage.answers["w:m"] = lambda _node: []
        await clock.sleep(301)
        with pytest.raises(MediaTransferFailed):
            await cache.get()


@pytest.mark.parametrize("code", [None, 503, 400])
async def test_hosts_that_are_not_told_are_asked_for_later(
    tmp_path: Path, code: int | None
) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.connection.limit_s = 0.05
        stage.answers["w:m"] = lambda _node: None
        stage.refusals = {} if code is None else {"w:m": code}
        with pytest.raises(MediaTransferFailed):
            await stage.traffic.upload(io.BytesIO(b"file"), MediaKind.DOCUMENT)
        with pytest.raises(MediaTransferFailed):
            await stage.traffic.download(REF, MediaKind.IMAGE, tmp_path / "file")
        assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("path", ["", "v/t62", "@evil.example/x"])
async def test_a_path_that_is_none_is_not_asked_for(tmp_path: Path, path: str) -> None:
    async with TrafficStage(tmp_path) as stage:
        ref = MediaRef(
            direct_path=path,
            media_key=REF.media_key,
            file_sha256=REF.file_sha256,
            file_enc_sha256=REF.file_enc_sha256,
            size_bytes=1,
        )
        with pytest.raises(MediaGone):
            await stage.traffic.download(ref, MediaKind.IMAGE, tmp_path / "file")
        assert not stage.sent
        assert not (tmp_path / "file").exists()


async def test_a_reference_without_its_key_is_corrupt(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        ref = MediaRef(
            direct_path="/v", media_key=b"", file_sha256=b"", file_enc_sha256=b"", size_bytes=1
        )
        with pytest.raises(MediaCorrupt):
            await stage.traffic.download(ref, MediaKind.IMAGE, tmp_path / "file")


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        with pytest.raises(MediaTransferFailed):
            await stage.traffic.download(REF, MediaKind.IMAGE, tmp_path / "no" / "file")


async def test_a_download_that_is_cancelled_while_its_file_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    opened: list[IO[Any]] = []
    open_file = Path.open

    def open_slowly(path: Path, mode: str) -> IO[Any]:
        begun.set()
        assert go_on.wait(30)
        opened.append(open_file(path, mode))
        return opened[-1]

    async with TrafficStage(tmp_path) as stage:
        target = tmp_path / "file"
        monkeypatch.setattr(Path, "open", open_slowly)
        loading = asyncio.create_task(stage.traffic.download(REF, MediaKind.IMAGE, target))
        await until(begun.is_set)
        loading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loading
        go_on.set()
        await until(lambda: bool(opened) and opened[0].closed)
        assert not target.exists()


async def test_a_source_that_cannot_be_read_or_a_full_disk(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(28, "No space left on device")

    async with TrafficStage(tmp_path) as stage:
        with pytest.raises(StorageFull):
            await stage.traffic.upload(Full(), MediaKind.IMAGE)


@pytest.mark.parametrize(
    ("direct", "url", "path"),
    [
        ("/v/1?oh=2", "https://mmg.whatsapp.net/other", "/v/1?oh=2"),
        ("", "https://mmg.whatsapp.net/v/1.enc?oh=2&oe=3", "/v/1.enc?oh=2&oe=3"),
        ("", "https://mmg.whatsapp.net/v/1.enc", "/v/1.enc"),
        ("", "https://evil.example/v/1.enc", ""),
        ("", "https://evilwhatsapp.net/v/1.enc", ""),
        ("", "http://mmg.whatsapp.net/v/1.enc", ""),
        ("v/1", "", ""),
    ],
)
def test_where_a_file_lies(direct: str, url: str, path: str) -> None:
    assert path_of(replace(REF, direct_path=direct, url=url)) == path


def test_the_waits_grow() -> None:
    assert [backoff_s(attempt) for attempt in (1, 2, 3, 4)] == [1, 2, 4, 8]


async def test_what_is_encrypted_lies_on_the_disk_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[object] = []

    def full(**options: object) -> BinaryIO:
        folders.append(options["dir"])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    async with TrafficStage(tmp_path) as stage:
        with pytest.raises(StorageFull):
            await stage.traffic.upload(io.BytesIO(b"data"), MediaKind.IMAGE)
    assert folders == [tmp_path]
