"""What decrypted messages say, and what the inbox of the engine keeps of them."""

from collections.abc import Sequence

from fuzz.mutation import mutate_protobuf
from fuzz.samples import AT, GROUP, OWN, OWN_LID, PEER_LID, raw_contents, raw_protocol
from fuzz.samples import raw_web_messages as web_seeds
from fuzz.target import Target
from wigwag.engine.native.store.records import decode_event, encode_event
from wigwag.model.content import MessageKey, Unsupported
from wigwag.model.event import MessageReceived
from wigwag.model.jid import Jid
from wigwag.model.message import Message
from wigwag.wire.content import decode_message, device_sent, encode_content, with_sender_key
from wigwag.wire.errors import MalformedProtobuf, WireError
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse
from wigwag.wire.protocol_messages import read_protocol
from wigwag.wire.reporting import reported_fields
from wigwag.wire.web_message import decode_web_message

_OWN = (OWN_LID, OWN)
_KEYS = (
    MessageKey(chat=PEER_LID, sender=PEER_LID, id="3EB0"),
    MessageKey(chat=GROUP, sender=PEER_LID, id="3EB0"),
    MessageKey(chat=PEER_LID, sender=OWN_LID, id="3EB0", from_me=True),
)


def read_content(data: bytes) -> None:
    """A content is kept as it was read, and what can be sent on is read again."""
    for key in _KEYS:
        decoded = decode_message(data, key, _OWN)
        if decoded.content is not None:
            keep(Message(key=key, timestamp=AT, content=decoded.content))
            _send_on(key, decoded.content)


def _send_on(key: MessageKey, content: object) -> None:
    if isinstance(content, Unsupported):
        return
    try:
        again = encode_content(content)  # pyright: ignore[reportArgumentType]  # any content
    except WireError:
        return  # media without its file, a target without an id
    decode_message(again, key, _OWN)


def keep(message: Message) -> None:
    """The way through the inbox, and into any text."""
    event = MessageReceived(message=message)
    assert decode_event(encode_event(event)) == event
    repr(message.key).encode()
    for jid in (message.key.chat, message.key.sender, message.chat_alt, message.sender_alt):
        assert jid is None or (isinstance(jid, Jid) and str(jid).isascii())


def read_protocol_part(data: bytes) -> None:
    """What the own phone may say, well wrapped whatever it is."""
    repr(read_protocol(parse(e2e_pb2.ProtocolMessage, data), OWN_LID)).encode()


def read_web_message(data: bytes) -> None:
    message = decode_web_message(data, OWN, OWN_LID)
    if message is not None:
        keep(message)


def read_reported(data: bytes) -> None:
    reported_fields(data)


def content_seeds() -> Sequence[bytes]:
    made = raw_contents()
    sent = [device_sent(PEER_LID, raw) for raw in made[:3]]
    keyed = [with_sender_key(made[0], str(GROUP), b"\x33" + bytes(40))]
    return [*made, *sent, *keyed, *raw_protocol()]


def protocol_seeds() -> Sequence[bytes]:
    parsed = [e2e_pb2.Message.FromString(raw) for raw in raw_protocol()]
    return [message.protocolMessage.SerializeToString() for message in parsed]


_ALLOWED = (MalformedProtobuf,)

TARGETS = (
    Target("content", read_content, content_seeds, _ALLOWED, mutate_protobuf, share=2),
    Target("protocol", read_protocol_part, protocol_seeds, _ALLOWED, mutate_protobuf),
    Target("web_message", read_web_message, web_seeds, _ALLOWED, mutate_protobuf),
    Target("reporting", read_reported, raw_contents, _ALLOWED, mutate_protobuf),
)
