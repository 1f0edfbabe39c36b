"""Files by a URL: an upload for as long as it is needed."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from wigwag.core.fetching import Fetching
from wigwag.core.uploads import Uploads
from wigwag.mediastore import LocalUploads
from wigwag.model.errors import InvalidInput, MediaTooLarge, UploadsFull, UrlFailed, UrlRefused
from wigwag.ports import RemoteFile

URL = "https://files.example/a.pdf"
LIMIT = 1_000


class Remote:
    """Has one file."""

    def __init__(self, *parts: bytes | Exception, **said: object) -> None:
        self._parts = parts
        self._said = said
        self.asked: list[str] = []
        self.is_open = False

    @asynccontextmanager
    async def open(self, url: str) -> AsyncGenerator[RemoteFile]:
        self.asked.append(url)
        self.is_open = True
        try:
            mime = str(self._said.get("mime", ""))
            size = self._said.get("size_bytes")
            yield RemoteFile(
                mime=mime,
                filename=str(self._said.get("filename", "")),
                size_bytes=size if isinstance(size, int) else None,
                chunks=self._chunks(),
            )
        finally:
            self.is_open = False

    async def _chunks(self) -> AsyncGenerator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            yield part


def left(folder: Path) -> list[Path]:
    return list(folder.glob("uploads/*"))


async def test_a_file_is_an_upload_as_long_as_it_is_needed(tmp_path: Path) -> None:
    remote = Remote(b"%PDF", b"-1.7", mime="application/pdf", filename="../a report")
    uploads = Uploads(LocalUploads(tmp_path), LIMIT)
    async with Fetching(remote, uploads).fetch("key_1", URL) as upload:
        assert (upload.filename, upload.size_bytes) == ("_a report.pdf", 8)
        assert await uploads.find("key_1", upload.id) == upload
        assert not remote.is_open
    assert remote.asked == [URL]
    assert left(tmp_path) == []


async def test_it_is_gone_whatever_happens_with_it(tmp_path: Path) -> None:
    fetching = Fetching(Remote(b"x"), Uploads(LocalUploads(tmp_path), LIMIT))
    with pytest.raises(KeyError):
        async with fetching.fetch("", URL):
            raise KeyError
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("remote", "error"),
    [
        (Remote(b"x", size_bytes=LIMIT + 1), MediaTooLarge),
        (Remote(b"x" * LIMIT, b"x"), MediaTooLarge),
        (Remote(b"x", size_bytes=501), UploadsFull),
        (Remote(b"x" * 501), UploadsFull),
        (Remote(b"x", UrlFailed()), UrlFailed),
        (Remote(UrlRefused()), UrlRefused),
    ],
)
async def test_what_cannot_be_taken_leaves_nothing(
    tmp_path: Path, remote: Remote, error: type[Exception]
) -> None:
    total = 500 if error is UploadsFull else 0
    uploads = Uploads(LocalUploads(tmp_path), LIMIT, total_bytes=total)
    with pytest.raises(error):
        async with Fetching(remote, uploads).fetch("", URL):
            pass
    assert left(tmp_path) == []
    assert not remote.is_open


@pytest.mark.parametrize(
    "url",
    [
        "", "files.example/a", "ftp://files.example/a", "file:///etc/passwd", "https://",
        "http://user:secret@files.example/", "http://user@files.example/", "http://a/#b",
        "http://a b/", "http://a/ b", "http://a:0/", "http://a:99999/", "http://[::1", "//a/b",
        "http://a/" + "x" * 2_000, "http://ü.example/", "http://a\\b/", "data:text/plain,x",
    ],
)  # fmt: skip
async def test_what_is_no_url_is_told(tmp_path: Path, url: str) -> None:
    remote = Remote(b"x")
    with pytest.raises(InvalidInput, match="without credentials"):
        async with Fetching(remote, Uploads(LocalUploads(tmp_path), LIMIT)).fetch("", url):
            pass
    assert remote.asked == []
