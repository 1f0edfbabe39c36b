"""What the server and a child say to each other: values in msgpack, each after its length."""

import struct
from enum import StrEnum
from typing import Final

import msgspec

from wigwag.engine.whatsmeow.asks import Ask
from wigwag.engine.whatsmeow.facts import Fact, Sign
from wigwag.model.value import Value

FRAME_LIMIT: Final = 64 << 20
"""Bytes of one frame; a chunk of history or a file to upload is the largest there is."""
HEAD: Final = struct.Struct(">I")


class FrameError(Exception):
    """The other side speaks another language, or too much at once."""


class Trouble(StrEnum):
    """Why a call came to nothing, as far as the library's sentence tells it."""

    UNKNOWN = "unknown"
    """It may have been done, or not."""
    NOT_READY = "not_ready"
    """There is no connection that it can be done over; nothing was done."""
    NOT_ON_WHATSAPP = "not_on_whatsapp"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    GONE = "gone"
    INVALID = "invalid"
    LIMITED = "limited"
    REFUSED = "refused"
    """WhatsApp refused it otherwise."""
    NO_NAME = "no_name"
    """The account's name is not known yet, without which no presence can be told."""
    FAILED = "failed"
    """The library failed; nothing was done."""
    DISK_FULL = "disk_full"


# -- from the server ---------------------------------------------------------------------------


class Start(Value, tag="start"):
    """The first frame. `folder` is where the account has its files.

    `proxy` is a URL or empty. `noise_root` is the key that replaces WhatsApp's own in the
    library's memory, for an emulated network; empty on WhatsApp.
    """

    folder: str
    device_os: str
    full_history: bool
    proxy: str
    noise_root: bytes


class Ack(Value, tag="ack"):
    """The server has every fact up to this number."""

    seq: int


class Request(Value, tag="request"):
    """Something to do; answered by an Answer or a Refusal of the same number."""

    number: int
    ask: Ask


class Beat(Value, tag="beat"):
    """Are you there?"""

    number: int


class Halt(Value, tag="halt"):
    """Disconnect, hand over what is there, and end."""


ToChild = Start | Ack | Request | Beat | Halt


# -- from the child ----------------------------------------------------------------------------


class Echo(Value, tag="echo"):
    """I am here."""

    number: int


class Answer(Value, tag="answer"):
    """`value` is what the Ask says that it answers, encoded."""

    number: int
    value: msgspec.Raw


class Refusal(Value, tag="refusal"):
    """`server_code` is WhatsApp's number for it, 0 where there is none."""

    number: int
    trouble: Trouble
    server_code: int = 0


class Told(Value, tag="told"):
    """A fact, to be acknowledged; it is told again to a later server until it is."""

    seq: int
    fact: Fact


class Said(Value, tag="said"):
    sign: Sign


class Over(Value, tag="over"):
    """The child ends: a word of our own that says why."""

    why: str


FromChild = Echo | Answer | Refusal | Told | Said | Over

_encode = msgspec.msgpack.Encoder().encode
_decode_to_child = msgspec.msgpack.Decoder(ToChild).decode
_decode_from_child = msgspec.msgpack.Decoder(FromChild).decode
_decode_fact: msgspec.msgpack.Decoder[Fact] = msgspec.msgpack.Decoder(Fact)


def encode_frame(value: ToChild | FromChild) -> bytes:
    """A value with its length before it. Raises FrameError for one that is too long."""
    body = _encode(value)
    if len(body) > FRAME_LIMIT:
        raise FrameError("a frame is too long")
    return HEAD.pack(len(body)) + body


def body_length(head: bytes) -> int:
    """The length that a head of four bytes tells. Raises FrameError."""
    (length,) = HEAD.unpack(head)
    if length > FRAME_LIMIT:
        raise FrameError("a frame is too long")
    return int(length)


def decode_to_child(body: bytes) -> ToChild:
    """Raises FrameError."""
    try:
        return _decode_to_child(body)
    except msgspec.DecodeError as error:
        raise FrameError("the server sent no frame") from error


def decode_from_child(body: bytes) -> FromChild:
    """Raises FrameError."""
    try:
        return _decode_from_child(body)
    except msgspec.DecodeError as error:
        raise FrameError("the child sent no frame") from error


def encode_value(value: object) -> bytes:
    """What an Answer carries."""
    return _encode(value)


def encode_fact(fact: Fact) -> bytes:
    """A fact as the spool keeps it."""
    return _encode(fact)


def decode_fact(body: bytes) -> Fact:
    """Raises FrameError."""
    try:
        return _decode_fact.decode(body)
    except msgspec.DecodeError as error:
        raise FrameError("the spool holds no fact") from error
