"""Files as answers: whole, in the parts that a Range asks for, or not at all to who has them.

By RFC 9110: a Range that says nothing or is of an unknown unit is ignored (14.2), one that lies
beyond the file is 416 (15.5.17), and If-None-Match with the file's ETag is 304 (13.1.2).
"""

import os
import re
from typing import Final

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

_BYTES: Final = "bytes="
_PART: Final = re.compile(r"([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18})", re.ASCII)
_TOLD_WITHOUT_FILE: Final = (
    "etag", "last-modified", "content-security-policy", "x-content-type-options",
)  # fmt: skip


class FileAnswer(FileResponse):
    """A file, whose headers may name its `etag`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.stat_result = await anyio.to_thread.run_sync(os.stat, self.path)
        self.set_stat_headers(self.stat_result)
        asked = Headers(scope=scope)
        if is_known(asked.getlist("if-none-match"), self.headers["etag"]):
            told = {name: self.headers[name] for name in _TOLD_WITHOUT_FILE if name in self.headers}
            await Response(status_code=304, headers=told)(scope, receive, send)
            return
        wanted = self._wanted(scope["method"], asked) if "range" in asked else ""
        headers = MutableHeaders(raw=[pair for pair in scope["headers"] if pair[0] != b"range"])
        if wanted:
            headers["range"] = wanted
        await super().__call__({**scope, "headers": headers.raw}, receive, send)

    def _wanted(self, method: str, asked: Headers) -> str:
        """The Range to answer, empty for all of the file. Raises HTTPException (416)."""
        if_range = asked.get("if-range")
        current = (self.headers["etag"], self.headers["last-modified"])
        if method != "GET" or (if_range is not None and if_range not in current):
            return ""
        size = int(self.headers["content-length"])
        ranges = satisfiable(asked["range"], size)
        if ranges is None:
            return ""
        if not ranges:
            sentence = f"The file has {size} bytes; ask for a part of them."
            raise HTTPException(416, sentence, {"Content-Range": f"bytes */{size}"})
        return _BYTES + ",".join(f"{first}-{last}" for first, last in ranges)


def satisfiable(header: str, size: int) -> list[tuple[int, int]] | None:
    """The parts of a file that a Range asks for and that are there, as first and last byte; None
    for a Range that is to be ignored."""
    if header[: len(_BYTES)].lower() != _BYTES:
        return None
    parts = [part.strip(" \t") for part in header[len(_BYTES) :].split(",")]
    found: list[tuple[int, int]] = []
    for part in filter(None, parts):
        match = _PART.fullmatch(part)
        if match is None:
            return None
        first, last, suffix = match[1], match[2], match[3]
        if suffix is not None:
            begin, end = max(size - int(suffix), 0), size - 1
        else:
            begin, end = int(first), int(last) if last else size - 1
            if last and end < begin:
                return None
        if begin < size:
            found.append((begin, min(end, size - 1)))
    return found if any(parts) else None


def is_known(told: list[str], etag: str) -> bool:
    """Whether the tags of If-None-Match name this one, or any."""
    tags = [tag.strip().removeprefix("W/") for line in told for tag in line.split(",")]
    return etag in tags or "*" in tags
