"""Asking the phone for a file that the media host no longer has."""

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
