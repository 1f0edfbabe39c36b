"""One message of each kind, and what else the seeds are made of."""

from datetime import UTC, datetime
from typing import Final

from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Content,
    Context,
    Edit,
    Location,
    Media,
    MediaKind,
    MediaRef,
    MessageKey,
    Pin,
    Poll,
    PollVote,
    Quoted,
    Reaction,
    Revoke,
    Text,
    TimerSet,
)
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Message
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.wire.content import encode_content
from wigwag.wire.history import encode_history
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    AppStateKeyShare,
    HistoryNotification,
    PlaceholderResponse,
    ProtocolPart,
    RecoveryResponse,
    SharedAppStateKey,
    encode_protocol,
)
from wigwag.wire.web_message import encode_web_message

OWN: Final = Jid("15550000001", "s.whatsapp.net")
OWN_LID: Final = Jid("100000000001", "lid")
PEER: Final = Jid("15550000002", "s.whatsapp.net")
PEER_LID: Final = Jid("100000000002", "lid")
GROUP: Final = Jid("120363000001", "g.us")
AT: Final = datetime(2023, 11, 14, tzinfo=UTC)
REF: Final = MediaRef(
    direct_path="/v/t62.7118-24/1.enc?ccb=11",
    media_key=b"k" * 32,
    file_sha256=b"s" * 32,
    file_enc_sha256=b"e" * 32,
    size_bytes=1234,
    url="https://mmg.whatsapp.net/v/t62.7118-24/1.enc",
)
_TARGET: Final = MessageKey(chat=PEER_LID, sender=PEER_LID, id="3EB0A1")
_OWN_TARGET: Final = MessageKey(chat=PEER_LID, sender=OWN_LID, id="3EB0A2", from_me=True)
_CONTEXT: Final = Context(
    quoted=Quoted(id="3EB0A0", sender=PEER_LID, text="before"),
    mentions=(OWN_LID, PEER),
    forwarded=True,
    ephemeral_s=86_400,
)
CONTENTS: Final[tuple[Content, ...]] = (
    Text(text="hello"),
    Text(text="a reply", context=_CONTEXT),
    *(
        Media(
            kind=kind,
            mime="application/pdf",
            ref=REF,
            caption="see",
            filename="a.pdf",
            width=4,
            height=3,
            duration_s=2,
            thumbnail=b"\xff\xd8\xff",
            waveform=bytes(64),
            context=_CONTEXT,
        )
        for kind in MediaKind
    ),
    Location(latitude=52.5, longitude=13.4, name="Here", context=_CONTEXT),
    Location(latitude=-1, longitude=1, live=True, thumbnail=b"\xff\xd8"),
    Contacts(cards=(ContactCard(name="Ann", vcard="BEGIN:VCARD"),)),
    Contacts(cards=(ContactCard(name="A", vcard="B"),) * 3, name="three"),
    Reaction(target=_TARGET, emoji="\U0001f44d"),
    Edit(target=_OWN_TARGET, content=Text(text="better")),
    Revoke(target=_OWN_TARGET),
    Poll(question="When?", options=("now", "later"), selectable=1, secret=b"p" * 32),
    Pin(target=_TARGET, pinned=True, duration_s=604_800),
    TimerSet(seconds=86_400),
    PollVote(poll=_TARGET, enc_payload=b"v" * 40, enc_iv=b"i" * 12),
)
PARTS: Final[tuple[ProtocolPart, ...]] = (
    AppStateKeyShare(keys=(SharedAppStateKey(key_id=b"\0\0key1", data=b"k" * 32),)),
    AppStateKeyRequest(key_ids=(b"\0\0key1",)),
    PlaceholderResponse(request_id="3EB0B1", messages=(b"\x0a\x00",)),
    RecoveryResponse(request_id="3EB0B2", snapshot=b"\x0a\x00", compressed=False),
)


def message(content: Content, number: int = 1, chat: Jid = PEER_LID) -> Message:
    """In a chat with the peer, or wherever else; of the peer."""
    return Message(
        key=MessageKey(chat=chat, sender=PEER_LID, id=f"3EB0C{number}"),
        timestamp=AT,
        content=content,
        push_name="Finn",
        sender_alt=PEER,
    )


def history() -> bytes:
    """A chunk with something of everything, compressed."""
    contents = [content for content in CONTENTS if not isinstance(content, Edit | PollVote)]
    return encode_history(
        chats=(ChatSummary(jid=PEER_LID, alt=PEER, name="Finn"), ChatSummary(jid=GROUP)),
        messages=[message(content, at) for at, content in enumerate(contents)]
        + [message(Text(text="all"), 90, GROUP), message(Text(text="status"), 91, STATUS_JID)],
        contacts=(Contact(jid=PEER_LID, push_name="Finn"),),
        links=(IdentityLinked(lid=PEER_LID, pn=PEER),),
        receipts=(
            Receipt(
                kind=ReceiptKind.READ, chat=GROUP, sender=PEER_LID, ids=("3EB0C90",), timestamp=AT
            ),
        ),
    )


def raw_contents() -> list[bytes]:
    """Each kind of message as it is before it is encrypted, and some that nobody sends."""
    made = [encode_content(content, secret=b"s" * 32, timestamp=AT) for content in CONTENTS]
    plain = e2e_pb2.Message(conversation="inner")
    for name in ("ephemeralMessage", "viewOnceMessageV2", "documentWithCaptionMessage"):
        wrapped = e2e_pb2.Message()
        getattr(wrapped, name).message.MergeFrom(plain)
        made.append(wrapped.SerializeToString())
    return made


def raw_protocol() -> list[bytes]:
    """What the own phone tells its companions."""
    notice = HistoryNotification(sync_type="initial_bootstrap", inline=history())
    return [encode_protocol(part) for part in (*PARTS, notice)]


def raw_web_messages() -> list[bytes]:
    return [encode_web_message(message(content)) for content in CONTENTS]
