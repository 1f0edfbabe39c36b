"""Opening sound and film with the one demuxer that fits. Runs in the child only.

FFmpeg would guess among hundreds of formats, some of which (playlists, for one) make it open other
files and addresses; so the first bytes decide here, and only plain containers are known.
"""

# pyright: basic
# The types that PyAV brings are not whole.

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import av
from av.container import InputContainer
from av.error import FFmpegError

from wigwag.core.probe import HEAD_BYTES, sniffed_mime
from wigwag.mediawork.job import Refused, Unreadable

MAX_DURATION_S: Final = 24 * 3600

_DEMUXERS: Final = {
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/flac": "flac",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "image/gif": "gif",
    "video/3gpp": "mov",
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
}


def mime_of(source: BinaryIO) -> str:
    """What the first bytes say; `source` stands at its beginning again."""
    head = source.read(HEAD_BYTES)
    source.seek(0)
    return sniffed_mime(head)


@contextmanager
def opened(source: BinaryIO) -> Iterator[InputContainer]:
    """The file, opened for reading. Raises Unreadable."""
    demuxer = _DEMUXERS.get(mime_of(source))
    if demuxer is None:
        raise Unreadable("The file is of no kind that can be read here.")
    try:
        container = av.open(source, "r", format=demuxer, options={"enable_drefs": "0"})
    except (FFmpegError, ValueError, IndexError) as error:
        raise Unreadable("The file is damaged.") from error
    with container:
        yield container


def duration_s(container: InputContainer, most_s: float = MAX_DURATION_S) -> float:
    """Length in seconds; 0 when the file does not say. Raises Refused for an absurd one."""
    length = (container.duration or 0) / av.time_base
    if length > most_s:
        raise Refused(f"The file lasts longer than {round(most_s / 3600)} hours.")
    return max(length, 0.0)
