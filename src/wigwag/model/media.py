"""What is known of a file to be sent, and what the phone says of one that is gone."""

from datetime import datetime
from enum import StrEnum

from wigwag.model.value import Value


class RetryResult(StrEnum):
    """What the phone says to a request to upload a file again.

    `unreadable`: the answer does not open with this file's key, so it is about another one.
    """

    UPLOADED = "uploaded"
    NOT_FOUND = "not_found"
    DECRYPTION_ERROR = "decryption_error"
    FAILED = "failed"
    UNREADABLE = "unreadable"


class MediaAnswer(Value):
    """The phone's answer, opened. `direct_path` is where the file lies now, if it was uploaded."""

    result: RetryResult
    direct_path: str = ""


class Prepared(Value):
    """What is known of a file that is about to be sent; zero and empty: not known.

    `thumbnail` is a JPEG of at most 100 pixels, `waveform` 64 points from 0 to 100. `converted`:
    another file was made of it, and that one is to be sent.
    """

    mime: str = ""
    width: int = 0
    height: int = 0
    duration_s: int = 0
    thumbnail: bytes = b""
    waveform: bytes = b""
    animated: bool = False
    converted: bool = False


class Upload(Value):
    """A file that a caller handed over to send it. `path` is absolute; `owner` is the id of the
    key that came with it, empty where no keys are asked for."""

    id: str
    owner: str
    filename: str
    created_at: datetime
    mime: str = ""
    size_bytes: int = 0
    sha256: bytes = b""
    path: str = ""
