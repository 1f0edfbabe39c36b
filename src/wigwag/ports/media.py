"""What can be done about files beside sending and receiving them."""

from collections.abc import Callable
from typing import Protocol

from wigwag.model.content import MessageKey
from wigwag.model.event import MediaRetryAnswered
from wigwag.model.media import MediaAnswer

MediaAnswerReader = Callable[[MediaRetryAnswered, bytes], MediaAnswer]
"""`read(answer, media_key)`: opens an answer of the phone with the key of a file. Pure."""


class MediaActions(Protocol):
    """The phone's part in files."""

    async def request_again(self, key: MessageKey, media_key: bytes, *, by_pn: bool) -> None:
        """Ask the phone to upload the file of a message again; a MediaRetryAnswered may follow.

        Persons are named by LID where it is known, or with `by_pn` by phone number. Raises
        NotConnected.
        """
        ...
