"""What a hostile server says instead of a file to send, or in it: it takes bounded time and room,
and nothing of it is left behind."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scripted.outside import Names, Wall, raw_server
from wigwag.core.fetching import Fetching
from wigwag.core.uploads import Uploads
from wigwag.mediastore import LocalUploads
from wigwag.model.errors import InvalidInput, MediaTooLarge, UrlFailed
from wigwag.model.media import Upload
from wigwag.outward.guard import Guard
from wigwag.outward.webfiles import WebFiles

LIMIT = 200_000
SILENCE_S = 0.3
TOTAL_S = 1.0
BOMB = gzip.compress(b"0" * 20_000_000)
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"


def says(*parts: bytes, pause_s: float = 0.0, times: int = 1) -> Callable[..., object]:
    """Say the first part, and the others again and again."""

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(parts[0])
        for _ in range(times):
            for part in parts[1:]:
                await asyncio.sleep(pause_s)
                writer.write(part)
                await writer.drain()

    return talk


class Place:
    """Where files are fetched to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "uploads"
        self.files = WebFiles(
            Guard(("files.example",)),
            resolver=Names(["127.0.0.1"]),
            silence_s=SILENCE_S,
            total_s=TOTAL_S,
        )
        self.fetching = Fetching(self.files, Uploads(LocalUploads(folder), LIMIT))

    async def fetch(self, port: int, path: str = "/file") -> tuple[Upload, bytes]:
        url = f"http://files.example:{port}{path}"
        async with self.fetching.fetch("key_1", url) as upload:
            return upload, await asyncio.to_thread(Path(upload.path).read_bytes)

    @property
    def left(self) -> list[str]:
        return [path.name for path in self.folder.glob("*")]


@pytest.fixture
async def place(tmp_path: Path, wall: Wall) -> AsyncGenerator[Place]:
    made = Place(tmp_path)
    yield made
    await made.files.close()
    assert set(wall.tried) <= {"127.0.0.1"}


@asynccontextmanager
async def server(talk: object) -> AsyncGenerator[int]:
    async with raw_server(talk) as port:  # pyright: ignore[reportArgumentType]
        yield port


async def test_a_file_is_here_as_long_as_it_is_needed(place: Place) -> None:
    async with server(says(FINE + b"\r\n", b"he", b"llo")) as port:
        upload, body = await place.fetch(port, "/a%20b/caf%C3%A9.txt?x=1")
    assert (upload.filename, upload.owner, body) == ("café.txt", "key_1", b"hello")
    assert place.left == []


OK = b"HTTP/1.1 200 OK\r\n"
BAD_ANSWERS = {
    "silence before the head": says(b""),
    "half a head": says(b"HTTP/1.1 200"),
    "no HTTP": says(b"\x00\x01\x02 hello\r\n\r\n"),
    "a head without end": says(OK, b"X-More: " + b"y" * 4_000 + b"\r\n", times=60),
    "a line without end": says(OK + b"X-More: ", b"y" * 60_000, times=4),
    "a slow head": says(OK, b"x", pause_s=0.1, times=30),
    "not there": says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"),
    "broken": says(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"),
    "a part": says(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\npart"),
    "another protocol": says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
    "endless hints": says(
        b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\n\r\n", times=99
    ),
    "gzip": says(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello")),
    "a gzip bomb": says(OK + b"Content-Encoding: GZip\r\n\r\n" + BOMB),
    "deflate": says(OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"hello")),
    "packed twice": says(OK + b"Content-Encoding: identity, gzip\r\n\r\n" + BOMB),
    "packed on the way": says(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + BOMB[:500]),
    "nothing": says(OK + b"Content-Length: 0\r\n\r\n"),
    "less than it says": says(OK + b"Content-Length: 50\r\n\r\nhello"),
    "a size that is none": says(OK + b"Content-Length: -5\r\n\r\nhello"),
    "two sizes": says(OK + b"Content-Length: 5\r\nContent-Length: 50\r\n\r\nhello"),
    "a chunk that is none": says(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"),
    "a standstill": says(OK + b"Content-Length: 50\r\n\r\nhello", b"", pause_s=3, times=1),
    "drop by drop": says(OK + b"\r\n", b"x", pause_s=0.1, times=30),
}


@pytest.mark.parametrize("what", BAD_ANSWERS)
async def test_what_is_no_file_ends_in_a_sentence_and_leaves_nothing(
    place: Place, what: str
) -> None:
    async with server(BAD_ANSWERS[what]) as port, asyncio.timeout(TOTAL_S * 10):
        with pytest.raises(UrlFailed) as failure:
            await place.fetch(port)
    assert 400 <= failure.value.status < 500
    assert "127.0.0.1" not in failure.value.detail
    assert place.left == []


@pytest.mark.parametrize(
    "talk",
    [
        says(OK + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1)),
        says(OK + b"Content-Length: 99999999999999999\r\n\r\n", b"x" * 1_000),
        says(OK + b"\r\n", b"x" * 65_536, times=400),
        says(
            OK + b"Transfer-Encoding: chunked\r\n\r\n",
            b"10000\r\n" + b"x" * 65_536 + b"\r\n",
            times=400,
        ),
    ],
)
async def test_a_file_that_is_too_large_is_given_up_at_once(place: Place, talk: object) -> None:
    async with server(talk) as port:
        with pytest.raises(MediaTooLarge, match=str(LIMIT)):
            await place.fetch(port)
    assert place.left == []


@pytest.mark.parametrize(
    ("head", "name", "mime"),
    [
        (b"Content-Disposition: attachment; filename=../../etc/passwd", "_.._etc_passwd", ""),
        (b'Content-Disposition: attachment; filename="a\\"b;c.txt"', "a_b;c.txt", ""),
        (
            b"Content-Disposition: attachment; filename*=UTF-8''%2e%2e%2fa%0d%0aX%3a.txt",
            "_aX_.txt",
            "",
        ),
        (b"Content-Disposition: attachment; filename*=nonsense''%ff", "", ""),
        (b"Content-Disposition: attachment; filename=\xff\xfe.txt", "", ""),
        (b"Content-Disposition: ;;;filename", "file", ""),
        (b"Content-Type: image/png; charset=x", "file.png", "image/png"),
        (b"Content-Type: TEXT/HTML", "file.html", "text/html"),
        (b"Content-Type: text/html\t<script>", "file", ""),
        (b"Content-Type: " + b"a" * 500 + b"/b", "file", ""),
        (b"Content-Type: nonsense", "file", ""),
        (b"Content-Disposition: inline; filename=CON.txt", "_CON.txt", ""),
    ],
)
async def test_what_is_said_of_a_file_is_made_harmless(
    place: Place, head: bytes, name: str, mime: str
) -> None:
    async with server(says(FINE + head + b"\r\n\r\n", b"hello")) as port:
        upload, body = await place.fetch(port)
    assert body == b"hello"
    if name:
        assert upload.filename == name
    assert not set(upload.filename) & set('/\\"\r\n\0')
    assert upload.mime == (mime or "application/octet-stream")
    upload.filename.encode()


@pytest.mark.parametrize(
    "path",
    [
        "/a\r\nX-Other: y", "/a\nX-Other: y", "/a b", "/\x00", "/a#b", "/ü", "/a\tb",
    ],
)  # fmt: skip
async def test_nothing_is_smuggled_into_a_request(place: Place, path: str) -> None:
    with pytest.raises(InvalidInput, match="percent-encoded"):
        await place.fetch(1, path)


async def test_what_is_asked_names_nobody_and_carries_nothing(place: Place) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(b"")
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: /a%0d%0aX-Other:y\r\nSet-Cookie: a=b\r\n"
            b"Content-Length: 0\r\n\r\n"
        )
        await writer.drain()
        heard[-1] = await reader.readuntil(b"\r\n\r\n")
        writer.write(FINE + b"\r\nhello")
        await writer.drain()

    async with server(talk) as port:
        assert (await place.fetch(port))[1] == b"hello"
    (second,) = heard
    lines = second.decode().lower().split("\r\n")
    assert lines[0].startswith("get /a%0d%0ax-other:y")
    names = {line.partition(":")[0] for line in lines[1:] if line}
    assert names == {"host", "user-agent", "accept", "accept-encoding"}
    assert "accept-encoding: identity" in lines


async def test_whoever_goes_away_leaves_nothing(place: Place) -> None:
    began = asyncio.Event()

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 50\r\n\r\nhello")
        began.set()
        await asyncio.sleep(5)

    async with server(talk) as port:
        fetching = asyncio.create_task(place.fetch(port))
        await began.wait()
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
    assert place.left == []
