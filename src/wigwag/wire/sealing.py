"""What belongs to a message and is sealed with the secret of it: votes, reactions, comments, edits,
and what a bot answers. Only those can read it who have the message.

Source: whatsmeow msgsecret.go.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wigwag.model.jid import Jid
from wigwag.model.value import Value

IV_BYTES: Final = 12
_KEY_BYTES: Final = 32
_BOT_MESSAGE: Final = b"Bot Message"


class Use(StrEnum):
    """What is sealed; the words are part of its key."""

    VOTE = "Poll Vote"
    REACTION = "Enc Reaction"
    COMMENT = "Enc Comment"
    MESSAGE_EDIT = "Message Edit"
    BOT_ANSWER = ""


_BOUND: Final = frozenset({Use.VOTE, Use.BOT_ANSWER})
"""These are bound to their message and their author by what is authenticated besides, too."""


class Seal(Value):
    """What the message `message_id` of `author` is sealed with by others."""

    message_id: str
    author: Jid
    secret: bytes


def seal(
    what: Seal, use: Use, by: Jid, plain: bytes, random: Callable[[int], bytes]
) -> tuple[bytes, bytes]:
    """`plain` as `by` seals it, and the IV that opens it."""
    iv = random(IV_BYTES)
    return AESGCM(_key(what, use, by)).encrypt(iv, plain, _bound_to(what, use, by)), iv


def open_sealed(
    seals: Sequence[Seal], use: Use, authors: Sequence[Jid], payload: bytes, iv: bytes
) -> bytes | None:
    """What one of `authors` sealed; None when none of the seals opens it.

    Either side may have used any of its addresses (LID, PN): all are to be tried.
    """
    if len(iv) != IV_BYTES:
        return None
    for what in seals:
        for by in authors:
            try:
                return AESGCM(_key(what, use, by)).decrypt(iv, payload, _bound_to(what, use, by))
            except InvalidTag:
                continue
    return None


def bot_secret(secret: bytes) -> bytes:
    """The secret that a bot answers with to the message that has `secret`."""
    return HKDF(SHA256(), _KEY_BYTES, None, _BOT_MESSAGE).derive(secret)


def _key(what: Seal, use: Use, by: Jid) -> bytes:
    info = f"{what.message_id}{what.author.bare}{by.bare}{use}".encode()
    return HKDF(SHA256(), _KEY_BYTES, None, info).derive(what.secret)


def _bound_to(what: Seal, use: Use, by: Jid) -> bytes | None:
    return f"{what.message_id}\0{by.bare}".encode() if use in _BOUND else None
