"""Names that clients make: message ids, request ids, hashes over participants."""

import base64
import hashlib
import os
from collections.abc import Iterable
from typing import Final

from wigwag.model.jid import Jid
from wigwag.wire.signal.curve import RandomBytes

MESSAGE_ID_PREFIX: Final = "3EB0"
"""By it clients tell messages that a web client made."""

_MESSAGE_ID_BYTES: Final = 9
_PARTICIPANT_HASH_BYTES: Final = 6


def generate_message_id(random: RandomBytes = os.urandom) -> str:
    """A new message id: 3EB0 and 18 upper-case hexadecimal digits."""
    return MESSAGE_ID_PREFIX + random(_MESSAGE_ID_BYTES).hex().upper()


def participant_hash(jids: Iterable[Jid]) -> str:
    """The `phash` of a message's devices: whether sender and server mean the same ones.

    `2:` and the base64, without padding, of 6 bytes of SHA-256 over the sorted addresses in the
    form user.agent:device@server, the agent being 0 (source: whatsmeow send.go).
    """
    names = sorted(f"{jid.user}.0:{jid.device}@{jid.server}" for jid in jids)
    digest = hashlib.sha256("".join(names).encode()).digest()
    return "2:" + base64.b64encode(digest[:_PARTICIPANT_HASH_BYTES]).decode()
