"""What goes out field by field, and what is made of strange messages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from wigwag.model.content import (
    Context,
    Edit,
    Location,
    Media,
    MediaKind,
    MediaRef,
    MessageKey,
    Pin,
    Poll,
    Quoted,
    Reaction,
    Revoke,
    Text,
    TimerSet,
    Unsupported,
)
from wigwag.model.jid import STATUS_JID, parse_jid
from wigwag.wire.content import decode_message, device_sent, encode_content, sender_key_message
from wigwag.wire.content_reading import DEPTH_LIMIT
from wigwag.wire.errors import MalformedProtobuf, WireError
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protocol_messages import OtherProtocol

PEER = parse_jid("491700000001@s.whatsapp.net")
ME = parse_jid("491700000099@s.whatsapp.net")
MY_LID = parse_jid("900000000099@lid")
FRIEND = parse_jid("491700000002@s.whatsapp.net")
GROUP = parse_jid("120363000000000001@g.us")
OWN = (MY_LID, ME)
FROM_PEER = MessageKey(chat=PEER, sender=PEER, id="3EB0AA")
FROM_ME = MessageKey(chat=PEER, sender=ME, id="3EB0BB", from_me=True)
IN_GROUP = MessageKey(chat=GROUP, sender=FRIEND, id="3EB0CC")
NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
REF = MediaRef(
    direct_path="/v/t62.7118-24/1.enc?ccb=11",
    media_key=b"k" * 32,
    file_sha256=b"p" * 32,
    file_enc_sha256=b"e" * 32,
    size_bytes=1234,
    url="https://mmg.whatsapp.net/v/t62.7118-24/1.enc?ccb=11",
)


def wire(content: Any, **options: Any) -> e2e_pb2.Message:
    return e2e_pb2.Message.FromString(encode_content(content, **options))


def read(message: e2e_pb2.Message, key: MessageKey = FROM_PEER) -> Any:
    return decode_message(message.SerializeToString(), key, OWN).content


def test_plain_text_is_a_conversation():
    assert encode_content(Text(text="hi")) == b"\x0a\x02hi"


def test_text_with_context_is_extended():
    quoted = Quoted(id="3EB0DD", sender=PEER, text="before")
    text = Text(text="hi", context=Context(quoted=quoted, mentions=(FRIEND,), forwarded=True))
    message = wire(text)
    info = message.extendedTextMessage.contextInfo
    assert not message.HasField("conversation")
    assert (info.stanzaID, info.participant) == ("3EB0DD", str(PEER))
    assert info.quotedMessage.conversation == "before"
    assert list(info.mentionedJID) == [str(FRIEND)]
    assert (info.isForwarded, info.forwardingScore) == (True, 1)


def test_a_surrogate_goes_out_as_a_replacement():
    assert wire(Text(text="a\ud800b\ud83d\udc4d")).conversation == "a\ufffdb👍"


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (MediaKind.IMAGE, "imageMessage"),
        (MediaKind.VIDEO, "videoMessage"),
        (MediaKind.GIF, "videoMessage"),
        (MediaKind.AUDIO, "audioMessage"),
        (MediaKind.VOICE, "audioMessage"),
        (MediaKind.DOCUMENT, "documentMessage"),
        (MediaKind.STICKER, "stickerMessage"),
    ],
)
def test_a_file_carries_all_that_opens_it(kind: MediaKind, field: str):
    message = wire(Media(kind=kind, mime="x/y", ref=REF), timestamp=NOON)
    part: Any = getattr(message, field)
    assert [descriptor.name for descriptor, _ in message.ListFields()] == [field]
    assert (part.directPath, part.URL) == (REF.direct_path, REF.url)
    assert (part.mediaKey, part.fileSHA256) == (REF.media_key, REF.file_sha256)
    assert (part.fileEncSHA256, part.fileLength) == (REF.file_enc_sha256, 1234)
    assert (part.mimetype, part.mediaKeyTimestamp) == ("x/y", int(NOON.timestamp()))
    assert getattr(part, "gifPlayback", False) == (kind is MediaKind.GIF)
    assert getattr(part, "PTT", False) == (kind is MediaKind.VOICE)


def test_a_document_with_a_caption_is_wrapped():
    media = Media(kind=MediaKind.DOCUMENT, mime="x/y", ref=REF, caption="see", filename="a.pdf")
    inner = wire(media).documentWithCaptionMessage.message.documentMessage
    assert (inner.caption, inner.fileName, inner.title) == ("see", "a.pdf", "a.pdf")


def test_media_must_be_uploaded_first():
    with pytest.raises(WireError):
        encode_content(Media(kind=MediaKind.IMAGE, mime="image/png"))


def test_a_poll_carries_its_secret():
    message = wire(Poll(question="?", options=("a", "b"), selectable=1), secret=b"s" * 32)
    assert message.messageContextInfo.messageSecret == b"s" * 32
    assert message.pollCreationMessage.selectableOptionsCount == 1
    assert [option.optionName for option in message.pollCreationMessage.options] == ["a", "b"]


@pytest.mark.parametrize("version", ["", "V2", "V3", "V5", "V6"])
def test_every_version_of_a_poll(version: str):
    message = e2e_pb2.Message()
    getattr(message, f"pollCreationMessage{version}").name = "?"
    message.messageContextInfo.messageSecret = b"s" * 32
    assert read(message) == Poll(question="?", options=(), secret=b"s" * 32)


def test_an_edit_is_wrapped_as_whatsmeow_does():
    target = MessageKey(chat=PEER, sender=ME, id="3EB0DD", from_me=True)
    message = wire(Edit(target=target, content=Text(text="new")), timestamp=NOON)
    part = message.editedMessage.message.protocolMessage
    assert part.type == e2e_pb2.ProtocolMessage.MESSAGE_EDIT
    assert (part.key.ID, part.key.fromMe, part.key.remoteJID) == ("3EB0DD", True, str(PEER))
    assert part.editedMessage.conversation == "new"
    assert part.timestampMS == 1_772_366_400_250


def test_an_edit_without_its_wrapper_is_read_too():
    message = e2e_pb2.Message()
    message.protocolMessage.type = e2e_pb2.ProtocolMessage.MESSAGE_EDIT
    message.protocolMessage.key.ID = "3EB0DD"
    message.protocolMessage.editedMessage.conversation = "new"
    target = MessageKey(chat=PEER, sender=PEER, id="3EB0DD")
    assert read(message) == Edit(target=target, content=Text(text="new"))


def reaction(*, from_me: bool, remote: str = "", participant: str = "") -> e2e_pb2.Message:
    message = e2e_pb2.Message()
    key = message.reactionMessage.key
    key.ID, key.fromMe, key.remoteJID, key.participant = "3EB0DD", from_me, remote, participant
    message.reactionMessage.text = "👍"
    return message


def target_of(message: e2e_pb2.Message, key: MessageKey) -> MessageKey:
    content = read(message, key)
    assert isinstance(content, Reaction)
    return content.target


def test_whose_message_is_reacted_to_in_a_chat_of_two():
    theirs = MessageKey(chat=PEER, sender=PEER, id="3EB0DD")
    mine = MessageKey(chat=PEER, sender=ME, id="3EB0DD", from_me=True)
    assert target_of(reaction(from_me=True), FROM_PEER) == theirs
    assert target_of(reaction(from_me=False), FROM_PEER) == mine
    assert target_of(reaction(from_me=True), FROM_ME) == mine
    assert target_of(reaction(from_me=False), FROM_ME) == theirs


def test_our_address_is_the_peers_word_when_we_give_none():
    message = reaction(from_me=False, remote=str(MY_LID))
    content = decode_message(message.SerializeToString(), FROM_PEER).content
    assert isinstance(content, Reaction)
    assert content.target == MessageKey(chat=PEER, sender=MY_LID, id="3EB0DD", from_me=True)


def test_whose_message_is_reacted_to_in_a_group():
    theirs = MessageKey(chat=GROUP, sender=FRIEND, id="3EB0DD")
    mine = MessageKey(chat=GROUP, sender=MY_LID, id="3EB0DD", from_me=True)
    assert target_of(reaction(from_me=True), IN_GROUP) == theirs
    assert target_of(reaction(from_me=False, participant=str(MY_LID)), IN_GROUP) == mine
    assert isinstance(read(reaction(from_me=False, participant="x"), IN_GROUP), Unsupported)


def test_a_reaction_to_a_status():
    message = reaction(from_me=False, remote="status@broadcast", participant=str(ME))
    status = MessageKey(chat=STATUS_JID, sender=ME, id="3EB0DD", from_me=True)
    assert target_of(message, FROM_PEER) == status


def test_a_chat_of_two_has_no_admin_who_revokes():
    message = e2e_pb2.Message()
    message.protocolMessage.type = e2e_pb2.ProtocolMessage.REVOKE
    message.protocolMessage.key.ID = "3EB0DD"
    message.protocolMessage.key.fromMe = False
    assert read(message) == Revoke(target=MessageKey(chat=PEER, sender=PEER, id="3EB0DD"))


def test_an_unknown_protocol_type_is_no_revoke():
    raw = bytes([0x62, 0x07, 0x0A, 0x03, 0x1A, 0x01, 0x41, 0x10, 0x63])
    decoded = decode_message(raw, FROM_PEER)
    assert decoded.content is None
    assert decoded.protocol == OtherProtocol(kind="unknown")


def test_a_timer_is_content():
    message = e2e_pb2.Message()
    message.protocolMessage.type = e2e_pb2.ProtocolMessage.EPHEMERAL_SETTING
    message.protocolMessage.ephemeralExpiration = 86_400
    decoded = decode_message(message.SerializeToString(), FROM_PEER)
    assert (decoded.content, decoded.protocol) == (TimerSet(seconds=86_400), None)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    raw = encode_content(TimerSet(seconds=86_400), timestamp=now)
    message.protocolMessage.ephemeralSettingTimestamp = int(now.timestamp())
    assert e2e_pb2.Message.FromString(raw) == message


@pytest.mark.parametrize(("pinned", "duration_s"), [(True, 604_800), (True, 0), (False, 0)])
def test_a_pin(pinned: bool, duration_s: int):
    target = MessageKey(chat=GROUP, sender=PEER, id="A1")
    pin = Pin(target=target, pinned=pinned, duration_s=duration_s)
    raw = encode_content(pin, secret=b"s" * 32)
    assert decode_message(raw, IN_GROUP).content == pin
    message = e2e_pb2.Message.FromString(raw)
    assert message.messageContextInfo.messageAddOnDurationInSecs == duration_s


def test_a_pin_of_an_unknown_kind_is_unsupported():
    message = e2e_pb2.Message()
    message.pinInChatMessage.key.ID = "A1"
    content = decode_message(message.SerializeToString(), FROM_PEER).content
    assert isinstance(content, Unsupported)
    assert content.fields == ("pinInChatMessage",)


def test_a_sender_key_alone_is_no_content():
    decoded = decode_message(sender_key_message(str(GROUP), b"key"), IN_GROUP)
    assert decoded.content is None
    assert decoded.sender_key is not None


def test_nothing_at_all_is_no_content():
    assert decode_message(b"", FROM_PEER).content is None


@pytest.mark.parametrize(
    "wrapper", ["viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension"]
)
def test_view_once(wrapper: str):
    message = e2e_pb2.Message()
    getattr(message, wrapper).message.imageMessage.directPath = "/x"
    decoded = decode_message(message.SerializeToString(), FROM_PEER)
    assert decoded.view_once
    assert isinstance(decoded.content, Media)


def test_view_once_without_a_wrapper():
    message = e2e_pb2.Message()
    message.imageMessage.viewOnce = True
    assert decode_message(message.SerializeToString(), FROM_PEER).view_once


def test_expiry_comes_from_the_innermost_content():
    message = e2e_pb2.Message()
    inner = message.ephemeralMessage.message.extendedTextMessage
    inner.text = "gone soon"
    inner.contextInfo.expiration = 604_800
    assert decode_message(message.SerializeToString(), FROM_PEER).ephemeral_s == 604_800


def test_own_copy_keeps_the_secret_outside():
    copy = device_sent(PEER, encode_content(Text(text="hi"), secret=b"s" * 32))
    outer = e2e_pb2.Message.FromString(copy)
    assert outer.deviceSentMessage.destinationJID == str(PEER)
    assert outer.messageContextInfo.messageSecret == b"s" * 32
    assert outer.deviceSentMessage.message.messageContextInfo.messageSecret == b"s" * 32


def test_unknown_kinds_are_kept_by_name_and_number():
    raw = bytes([0xDA, 0x04, 0x02, 0x08, 0x02, 0xF2, 0x0F, 0x01, 0x78])
    content = decode_message(raw, FROM_PEER).content
    assert content == Unsupported(fields=("eventMessage", "field_254"), raw=raw)


@pytest.mark.parametrize(
    "wrapper",
    [
        "associatedChildMessage",
        "botTaskMessage",
        "eventCoverImage",
        "groupStatusMentionMessage",
        "newsletterAdminProfileMessage",
        "newsletterAdminProfileStatusMessage",
        "pollCreationOptionImageMessage",
        "statusAddYours",
        "statusMentionMessage",
    ],
)
def test_a_picture_inside_a_wrapper_is_a_picture(wrapper: str):
    message = e2e_pb2.Message()
    getattr(message, wrapper).message.imageMessage.caption = "beach"
    content = read(message)
    assert isinstance(content, Media)
    assert content.caption == "beach"


def test_what_announces_the_pictures_of_an_album_is_no_content():
    assert read(e2e_pb2.Message(albumMessage=b"\x10\x02")) is None


def test_a_mention_in_a_status_is_kept_by_name():
    message = e2e_pb2.Message()
    part = message.statusMentionMessage.message.protocolMessage
    part.type = e2e_pb2.ProtocolMessage.STATUS_MENTION_MESSAGE
    content = read(message)
    assert content == Unsupported(fields=("statusMentionMessage",), raw=message.SerializeToString())


def test_a_quoted_picture_of_an_album_is_known_by_its_caption():
    message = e2e_pb2.Message()
    message.extendedTextMessage.text = "nice"
    info = message.extendedTextMessage.contextInfo
    info.stanzaID = "3EB0DD"
    info.quotedMessage.associatedChildMessage.message.imageMessage.caption = "beach"
    assert read(message).context.quoted.text == "beach"


def test_a_sender_key_inside_an_own_copy_is_found():
    copy = device_sent(GROUP, sender_key_message(str(GROUP), b"key"))
    sender_key = decode_message(copy, IN_GROUP).sender_key
    assert sender_key is not None
    assert (sender_key.group, sender_key.data) == (str(GROUP), b"key")


def test_a_flood_of_unknown_fields_is_not_counted_out():
    raw = bytes([0xF2, 0x0F, 0x00]) * 3_000_000
    assert decode_message(raw, FROM_PEER).content == Unsupported(fields=("field_254",), raw=raw)


def test_an_empty_wrapper_is_unsupported():
    message = e2e_pb2.Message()
    message.viewOnceMessage.SetInParent()
    assert read(message) == Unsupported(
        fields=("viewOnceMessage",), raw=message.SerializeToString()
    )


def nested(levels: int) -> e2e_pb2.Message:
    message = e2e_pb2.Message(conversation="deep")
    for _ in range(levels):
        outer = e2e_pb2.Message()
        outer.ephemeralMessage.message.CopyFrom(message)
        message = outer
    return message


def test_wrappers_have_a_depth_limit():
    assert read(nested(DEPTH_LIMIT - 1)) == Text(text="deep")
    assert read(nested(DEPTH_LIMIT)).fields == ("nested_too_deep",)


def test_protobuf_nested_beyond_its_own_limit_is_malformed():
    raw = b"\x0a\x01x"
    for _ in range(200):
        size = bytes([len(raw) & 0x7F | 0x80, len(raw) >> 7])
        raw = b"\xc2\x02" + size_of(b"\x0a" + size + raw) + b"\x0a" + size + raw
    with pytest.raises(MalformedProtobuf):
        decode_message(raw, FROM_PEER)


def size_of(data: bytes) -> bytes:
    return bytes([len(data) & 0x7F | 0x80, len(data) >> 7])


def test_an_edit_of_an_edit_is_not_followed():
    message = e2e_pb2.Message()
    part = message.protocolMessage
    for _ in range(3):
        part.type = e2e_pb2.ProtocolMessage.MESSAGE_EDIT
        part.key.ID = "3EB0DD"
        part = part.editedMessage.protocolMessage
    assert read(message).fields == ("protocolMessage",)


def test_mentions_that_are_no_addresses_are_dropped():
    message = e2e_pb2.Message()
    info = message.extendedTextMessage.contextInfo
    info.mentionedJID.extend(["", "x", "@lid", f"{'9' * 5000}@lid", "1:2@lid", "a@evil", "7@lid"])
    context = read(message).context
    assert [str(jid) for jid in context.mentions] == ["1@lid", "7@lid"]


def test_absurd_sizes_and_blobs_are_dropped():
    message = e2e_pb2.Message()
    part = message.audioMessage
    part.directPath, part.mediaKey = "/x", b"k" * 500
    part.fileLength = 2**64 - 1
    part.waveform = b"w" * 5000
    media = read(message)
    assert (media.ref.size_bytes, media.ref.media_key, media.waveform) == (0, b"", b"")


@pytest.mark.parametrize("path", ["x", "//evil\0", "http://x", "", "/\n", "/" + "x" * 5000])
def test_a_path_must_be_one(path: str):
    message = e2e_pb2.Message()
    message.imageMessage.directPath = path
    message.imageMessage.URL = path
    assert read(message).ref is None


def test_strings_are_bounded_and_without_nul():
    message = e2e_pb2.Message(conversation="x\0" * 1_000_000)
    text = read(message).text
    assert len(text) == 262_144
    assert "\0" not in text


def test_text_that_is_not_utf8_is_kept_as_far_as_it_goes():
    assert decode_message(b"\x0a\x03a\xffb", FROM_PEER).content == Text(text="a\ufffdb")


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(float("nan"), 0), (0, float("inf")), (91, 0), (0, -181)]
)
def test_a_place_must_be_on_earth(latitude: float, longitude: float):
    message = e2e_pb2.Message()
    message.locationMessage.degreesLatitude = latitude
    message.locationMessage.degreesLongitude = longitude
    assert read(message).fields == ("locationMessage",)


def test_a_live_location():
    message = wire(Location(latitude=1.5, longitude=2.5, name="here", live=True))
    assert message.liveLocationMessage.caption == "here"


def test_a_quote_keeps_its_raw_form_only_when_that_says_more():
    message = e2e_pb2.Message()
    info = message.extendedTextMessage.contextInfo
    info.stanzaID = "3EB0DD"
    info.quotedMessage.conversation = "plain"
    assert read(message).context.quoted == Quoted(id="3EB0DD", text="plain")
    info.quotedMessage.viewOnceMessage.message.imageMessage.caption = "look"
    info.quotedMessage.ClearField("conversation")
    quoted = read(message).context.quoted
    assert (quoted.text, quoted.raw) == ("look", info.quotedMessage.SerializeToString())


def test_garbage_is_malformed():
    with pytest.raises(MalformedProtobuf):
        decode_message(b"\xff\xff\xff", FROM_PEER)


def test_a_target_needs_an_id():
    target = MessageKey(chat=PEER, sender=PEER, id="")
    with pytest.raises(MalformedProtobuf):
        encode_content(Reaction(target=target, emoji="👍"))
