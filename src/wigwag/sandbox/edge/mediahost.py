"""The media host: encrypted files under the hash of their bytes, bounded, large ones on disk.

It knows files, not HTTP: `media_exchange` speaks that. Residents use `store` and `load`.
"""

import base64
import binascii
import hashlib
import io
import json
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

from wigwag.model.errors import InvalidInput, MediaTooLarge, NotFound
from wigwag.model.value import Value
from wigwag.wire.client_payload import WEB_VERSION

HOST_NAME = "mmg.whatsapp.net"

_SHA256_BYTES = 32
_MAX_TYPE = 64


class MediaLimits(Value):
    """Bounds of the media host, in bytes; over `total` the oldest files go."""

    file: int = 2_200_000_000
    total: int = 8_000_000_000
    memory_file: int = 65_536
    """Files up to this size are kept in memory ..."""
    memory: int = 67_108_864
    """... as long as they are no more than this together."""


class HashMismatch(InvalidInput):
    """The uploaded bytes do not have the hash that their token names."""

    code = "media_hash_mismatch"


@dataclass(slots=True, eq=False)
class MediaFile:
    """A stored file. `token` is the base64url of its SHA-256, `direct_path` leads to it.

    An expired one is no longer given out, until a phone uploads it again to another path.
    """

    mms_type: str
    token: str
    size: int
    stored_at: float
    data: bytes | None = None
    path: Path | None = None
    downloads: int = 0
    expired: bool = False
    renewals: int = 0

    @property
    def name(self) -> str:
        """The last part of its path."""
        return f"{self.token}.enc" if not self.renewals else f"{self.token}.{self.renewals}.enc"

    @property
    def is_plain(self) -> bool:
        """It was uploaded for a newsletter."""
        return self.mms_type.startswith("newsletter-")

    @property
    def direct_path(self) -> str:
        """Ends in a query: clients append `&hash=..` to it."""
        return f"/v/{quote(self.mms_type)}/{self.name}?ccb=11-4&oh=01_wigwag&oe=7FFFFFFF"

    @property
    def url(self) -> str:
        return f"https://{HOST_NAME}{self.direct_path}"

    def open(self) -> BinaryIO:
        """A fresh reader at the beginning. Raises NotFound when the file was removed."""
        if self.path is None:
            return io.BytesIO(self.data or b"")
        try:
            return self.path.open("rb")
        except FileNotFoundError as error:
            raise NotFound("This media file was removed.") from error


class Upload:
    """One upload on its way in: written piece by piece, checked at its end."""

    def __init__(self, host: "MediaHost", mms_type: str, token: str | None) -> None:
        self._host = host
        self._mms_type = mms_type
        self._token = token
        self._hash = hashlib.sha256()
        self._size = 0
        self._buffer: BinaryIO = io.BytesIO()
        self._path: Path | None = None

    def write(self, chunk: bytes) -> None:
        """Raises MediaTooLarge, and the upload is gone."""
        self._size += len(chunk)
        if self._size > self._host.limits.file:
            self.abort()
            raise MediaTooLarge
        self._hash.update(chunk)
        if self._path is None and not self._host.fits_memory(self._size):
            self._spill()
        self._buffer.write(chunk)

    def finish(self) -> MediaFile:
        """The stored file. Raises HashMismatch, and the upload is gone."""
        token = base64.urlsafe_b64encode(self._hash.digest()).decode()
        if self._token is not None and self._token != token:
            self.abort()
            raise HashMismatch
        data: bytes | None = None
        if self._path is None and isinstance(self._buffer, io.BytesIO):
            data = self._buffer.getvalue()
        self._buffer.close()
        file = MediaFile(self._mms_type, token, self._size, self._host.now(), data, self._path)
        self._path = None
        return self._host.keep(file)

    def abort(self) -> None:
        """Throw away what came so far; harmless after `finish`."""
        self._buffer.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _spill(self) -> None:
        """Go on in a file of the host's folder."""
        with tempfile.NamedTemporaryFile(dir=self._host.folder, delete=False) as target:
            self._path = Path(target.name)
        buffered = self._buffer
        self._buffer = self._path.open("wb")
        buffered.seek(0)
        self._buffer.write(buffered.read())
        buffered.close()


class MediaHost:
    """All files; the same bytes of one type are one file.

    `directory` holds the large ones; without it a temporary folder is made, and removed by
    `close`. `now` gives Unix seconds.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        limits: MediaLimits | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.limits = limits or MediaLimits()
        self.now = now
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="wigwag-media-")
        self.folder = Path(directory or (self._temporary.name if self._temporary else "."))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._files: OrderedDict[tuple[str, str], MediaFile] = OrderedDict()
        self._total = 0
        self._in_memory = 0
        self.web_revision = WEB_VERSION[2]
        """What the web client's page says is the newest revision."""

    @property
    def web_page(self) -> bytes:
        """The part of that page in which clients look for it."""
        site = json.dumps({"SiteData": {"client_revision": self.web_revision}})
        return f"self.__swData=JSON.parse({json.dumps(site)});".encode()

    def close(self) -> None:
        """Remove every file."""
        for file in list(self._files.values()):
            self._forget(file)
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.cleanup()

    # -- files --

    def list(self) -> list[MediaFile]:
        """What is stored, oldest first."""
        return list(self._files.values())

    def store(self, mms_type: str, data: bytes) -> MediaFile:
        """Keep encrypted bytes, as an upload does. Raises MediaTooLarge."""
        upload = self.begin(mms_type, None)
        upload.write(data)
        return upload.finish()

    def load(self, direct_path: str) -> bytes:
        """The bytes at a direct path. Raises NotFound."""
        with self.get(direct_path).open() as stream:
            return stream.read()

    def find(self, direct_path: str) -> MediaFile | None:
        """The file at a direct path (its query does not matter), or None."""
        parts = direct_path.partition("?")[0].split("/")
        if len(parts) != 4 or parts[1] != "v":
            return None
        name = unquote(parts[3])
        file = self._files.get((unquote(parts[2]), name.partition(".")[0]))
        return file if file is not None and not file.expired and file.name == name else None

    def get(self, direct_path: str) -> MediaFile:
        """The file at a direct path. Raises NotFound."""
        file = self.find(direct_path)
        if file is None:
            raise NotFound("The media host has no such file.")
        return file

    def begin(self, mms_type: str, token: str | None) -> Upload:
        """Start an upload; `token` is the base64url of the SHA-256 that the bytes must have.

        Raises InvalidInput for a token or type that cannot be.
        """
        if not mms_type or len(mms_type) > _MAX_TYPE:
            raise InvalidInput("A media file needs a type.")
        return Upload(self, mms_type, None if token is None else normal_token(token))

    def expire(self, direct_path: str) -> bool:
        """Give a file out no more, as after weeks; False when there is none at this path."""
        file = self.find(direct_path)
        if file is not None:
            file.expired = True
        return file is not None

    def renew(self, mms_type: str, digest: bytes) -> MediaFile | None:
        """Upload the file with this SHA-256 again, to another path; None when it was removed."""
        file = self._files.get((mms_type, base64.urlsafe_b64encode(digest).decode()))
        if file is not None:
            file.expired = False
            file.renewals += 1
        return file

    def remove(self, direct_path: str) -> bool:
        """Delete the file at a direct path; False when there is none."""
        file = self.find(direct_path)
        if file is not None:
            self._forget(file)
        return file is not None

    def remove_token(self, mms_type: str, token: str) -> bool:
        """Delete the file with this token; False when there is none."""
        file = self._files.get((mms_type, normal_token(token)))
        if file is not None:
            self._forget(file)
        return file is not None

    # -- for uploads --

    def fits_memory(self, size: int) -> bool:
        """Whether a file of this size so far may stay in memory."""
        return size <= self.limits.memory_file and self._in_memory + size <= self.limits.memory

    def keep(self, file: MediaFile) -> MediaFile:
        """Take a finished upload in; an equal file that is there already is answered instead."""
        known = self._files.get((file.mms_type, file.token))
        if known is not None:
            if file.path is not None:
                file.path.unlink(missing_ok=True)
            known.expired = False
            return known
        self._files[file.mms_type, file.token] = file
        self._total += file.size
        self._in_memory += file.size if file.path is None else 0
        while self._total > self.limits.total and len(self._files) > 1:
            self._forget(next(iter(self._files.values())))
        return file

    def _forget(self, file: MediaFile) -> None:
        del self._files[file.mms_type, file.token]
        self._total -= file.size
        if file.path is None:
            self._in_memory -= file.size
        else:
            with suppress(OSError):
                file.path.unlink(missing_ok=True)


def normal_token(token: str) -> str:
    """The token with its padding. Raises InvalidInput when it is no base64url of 32 bytes."""
    bare = token.rstrip("=")
    try:
        digest = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("That is no media token.") from error
    if len(digest) != _SHA256_BYTES:
        raise InvalidInput("That is no media token.")
    return base64.urlsafe_b64encode(digest).decode()
