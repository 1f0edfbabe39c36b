"""Hypothesis strategies for contents that can travel, as the sender of the chat sees them."""

from typing import Any

from hypothesis import strategies as st

from wigwag.model.content import (
    NO_CONTEXT,
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
    Unsupported,
)
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.wire.proto import e2e_pb2

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
names = texts
filled = texts.filter(bool)
ids = st.from_regex(r"3EB0[0-9A-F]{18}|[0-9A-F]{32}", fullmatch=True)
digits = st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True)
people = st.one_of(st.builds(Jid, digits, st.sampled_from(("s.whatsapp.net", "lid"))))
groups = st.builds(Jid, digits, st.just("g.us"))
numbers = st.integers(0, 2**31)
keys = st.binary(min_size=32, max_size=32)
paths = st.from_regex(r"/v/t62\.[0-9]{1,6}-24/[0-9a-z_]{1,20}\.enc\?ccb=[0-9]{1,3}", fullmatch=True)

CHAT = Jid("491700000001", "s.whatsapp.net")
GROUP = Jid("120363000000000001", "g.us")
ME = Jid("491700000099", "s.whatsapp.net")


@st.composite
def quotes(draw: st.DrawFn) -> Quoted:
    text, raw = draw(texts), b""
    if draw(st.booleans()):
        message = e2e_pb2.Message()
        message.imageMessage.caption = text
        message.imageMessage.height = draw(numbers)
        raw = message.SerializeToString()
    return Quoted(
        id=draw(ids),
        sender=draw(st.none() | people),
        chat=draw(st.none() | groups),
        text=text,
        raw=raw,
    )


contexts = st.just(NO_CONTEXT) | st.builds(
    Context,
    quoted=st.none() | quotes(),
    mentions=st.lists(people, max_size=3).map(tuple),
    forwarded=st.booleans(),
    ephemeral_s=st.sampled_from((0, 86_400, 7_776_000)),
)
refs = st.builds(
    MediaRef,
    direct_path=paths,
    media_key=keys,
    file_sha256=keys,
    file_enc_sha256=keys,
    size_bytes=st.integers(0, 2**63 - 1),
    url=st.just("") | paths.map("https://mmg.whatsapp.net{}".format),
)
_FRAME = {"width": numbers, "height": numbers}
_THUMBNAIL = {"thumbnail": st.binary(max_size=50)}
_CAPTION = {"caption": texts}
_LENGTH = {"duration_s": numbers}
_CARRIES: dict[MediaKind, dict[str, st.SearchStrategy[Any]]] = {
    MediaKind.IMAGE: {**_FRAME, **_THUMBNAIL, **_CAPTION},
    MediaKind.VIDEO: {**_FRAME, **_THUMBNAIL, **_CAPTION, **_LENGTH},
    MediaKind.GIF: {**_FRAME, **_THUMBNAIL, **_CAPTION, **_LENGTH},
    MediaKind.AUDIO: {**_LENGTH},
    MediaKind.VOICE: {**_LENGTH, "waveform": st.binary(max_size=64)},
    MediaKind.DOCUMENT: {**_THUMBNAIL, **_CAPTION, "filename": names, "pages": numbers},
    MediaKind.STICKER: {**_FRAME, **_THUMBNAIL, "animated": st.booleans()},
}


@st.composite
def media(draw: st.DrawFn) -> Media:
    kind = draw(st.sampled_from(MediaKind))
    fields = draw(st.fixed_dictionaries(_CARRIES[kind]))
    mime = draw(st.sampled_from(("image/jpeg", "audio/ogg; codecs=opus", "application/pdf")))
    return Media(kind=kind, mime=mime, ref=draw(refs), context=draw(contexts), **fields)


latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
cards = st.builds(ContactCard, name=names, vcard=texts)
renderable: st.SearchStrategy[Content] = st.one_of(
    st.builds(Text, text=texts, context=contexts),
    media(),
    st.builds(
        Location,
        latitude=latitudes,
        longitude=longitudes,
        name=names,
        address=names,
        url=texts,
        live=st.booleans(),
        thumbnail=st.binary(max_size=20),
        context=contexts,
    ),
    st.builds(Contacts, cards=st.lists(cards, max_size=3).map(tuple), name=names, context=contexts),
    st.builds(
        Poll,
        question=texts,
        options=st.lists(names, max_size=4).map(tuple),
        selectable=st.integers(0, 12),
        secret=st.just(b"") | keys,
        context=contexts,
    ),
)


@st.composite
def unsupported(draw: st.DrawFn) -> Unsupported:
    message = e2e_pb2.Message()
    some = st.sets(st.sampled_from(("call", "eventMessage")), min_size=1)
    fields: list[str] = sorted(draw(some))
    for name in fields:
        setattr(message, name, draw(st.binary(max_size=10)))
    raw = message.SerializeToString()
    if draw(st.booleans()):
        fields.append("field_199")
        raw += bytes([0xBA, 0x0C, 1, 7])
    order = [*e2e_pb2.Message.DESCRIPTOR.fields_by_name, "field_199"]
    return Unsupported(fields=tuple(sorted(fields, key=order.index)), raw=raw)


def own_messages(chat: Jid, me: Jid) -> st.SearchStrategy[MessageKey]:
    return st.builds(
        MessageKey, chat=st.just(chat), sender=st.just(me), id=ids, from_me=st.just(True)
    )


def targets(chat: Jid, me: Jid) -> st.SearchStrategy[MessageKey]:
    """Messages of `chat` by me or by somebody else, and status updates."""
    others = people if chat.is_group else st.just(chat)
    status = st.builds(MessageKey, chat=st.just(STATUS_JID), sender=people, id=ids)
    return (
        own_messages(chat, me)
        | status
        | st.builds(MessageKey, chat=st.just(chat), sender=others, id=ids)
    )


def contents(chat: Jid, me: Jid) -> st.SearchStrategy[Content]:
    """Any content that `me` may send to `chat`."""
    own = st.builds(
        MessageKey, chat=st.just(chat), sender=st.just(me), id=ids, from_me=st.just(True)
    )
    everyone = targets(chat, me).filter(lambda key: key.chat == chat)
    return st.one_of(
        renderable,
        unsupported(),
        st.builds(Reaction, target=targets(chat, me), emoji=st.sampled_from(("", "👍", "👨‍👩‍👧"))),
        st.builds(Edit, target=own, content=renderable),
        st.builds(
            Pin,
            target=everyone,
            pinned=st.just(True),
            duration_s=st.integers(0, 2**32 - 1),
        ),
        st.builds(TimerSet, seconds=st.integers(0, 2**32 - 1)),
        st.builds(Revoke, target=everyone if chat.is_group else own),
        st.builds(
            PollVote,
            poll=targets(chat, me),
            enc_payload=st.binary(max_size=80),
            enc_iv=st.binary(min_size=12, max_size=12),
        ),
    )
