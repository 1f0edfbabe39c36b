"""Places, contact cards and polls."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Final

from wigwag.model.content import (
    NO_CONTEXT,
    ContactCard,
    Contacts,
    Context,
    Location,
    MessageKey,
    Poll,
    PollVote,
    Text,
)
from wigwag.model.jid import Jid
from wigwag.wire import claims
from wigwag.wire.content_context import read_context, read_key, write_context, write_key
from wigwag.wire.content_media import THUMBNAIL_LIMIT
from wigwag.wire.proto import e2e_pb2

CARDS_LIMIT: Final = 1_024
RICH_PARTS_LIMIT: Final = 256
OPTIONS_LIMIT: Final = 256
VCARD_LIMIT: Final = 65_536
_VOTE_LIMIT: Final = 65_536
_IV_LIMIT: Final = 16


def write_location(place: Location, message: e2e_pb2.Message) -> None:
    """A live location has no address or URL; with one it goes as a place that is marked live."""
    if place.live and not (place.address or place.url):
        part = message.liveLocationMessage
        if place.name:
            part.caption = claims.outgoing_text(place.name)
    else:
        part = message.locationMessage
        if place.name:
            part.name = claims.outgoing_text(place.name)
        if place.address:
            part.address = claims.outgoing_text(place.address)
        if place.url:
            part.URL = claims.outgoing_text(place.url)
        if place.live:
            part.isLive = True
    part.degreesLatitude = place.latitude
    part.degreesLongitude = place.longitude
    if place.thumbnail:
        part.JPEGThumbnail = place.thumbnail
    if place.context != NO_CONTEXT:
        write_context(place.context, part.contextInfo)


def read_location(place: e2e_pb2.LocationMessage) -> Location | None:
    """None when the coordinates are not on Earth."""
    if not _on_earth(place.degreesLatitude, place.degreesLongitude):
        return None
    return Location(
        latitude=place.degreesLatitude,
        longitude=place.degreesLongitude,
        name=claims.name(place.name),
        address=claims.name(place.address),
        url=claims.text(place.URL, claims.PATH_LIMIT),
        live=place.isLive,
        thumbnail=claims.blob(place.JPEGThumbnail, THUMBNAIL_LIMIT),
        context=_context(place),
    )


def read_live_location(place: e2e_pb2.LiveLocationMessage) -> Location | None:
    """None when the coordinates are not on Earth."""
    if not _on_earth(place.degreesLatitude, place.degreesLongitude):
        return None
    return Location(
        latitude=place.degreesLatitude,
        longitude=place.degreesLongitude,
        name=claims.name(place.caption),
        live=True,
        thumbnail=claims.blob(place.JPEGThumbnail, THUMBNAIL_LIMIT),
        context=_context(place),
    )


def _on_earth(latitude: float, longitude: float) -> bool:
    return isfinite(latitude) and isfinite(longitude) and abs(latitude) <= 90 >= abs(longitude) / 2


def write_contacts(contacts: Contacts, message: e2e_pb2.Message) -> None:
    if len(contacts.cards) == 1 and not contacts.name:
        part = message.contactMessage
        _write_card(contacts.cards[0], part)
        if contacts.context != NO_CONTEXT:
            write_context(contacts.context, part.contextInfo)
        return
    array = message.contactsArrayMessage
    array.displayName = claims.outgoing_text(contacts.name)
    for card in contacts.cards:
        _write_card(card, array.contacts.add())
    if contacts.context != NO_CONTEXT:
        write_context(contacts.context, array.contextInfo)


def _write_card(card: ContactCard, part: e2e_pb2.ContactMessage) -> None:
    part.displayName = claims.outgoing_text(card.name)
    part.vcard = claims.outgoing_text(card.vcard)


def read_contact(part: e2e_pb2.ContactMessage) -> Contacts:
    return Contacts(cards=(_read_card(part),), context=_context(part))


def read_contacts(array: e2e_pb2.ContactsArrayMessage) -> Contacts:
    return Contacts(
        cards=tuple(_read_card(part) for part in array.contacts[:CARDS_LIMIT]),
        name=claims.name(array.displayName),
        context=_context(array),
    )


def _read_card(part: e2e_pb2.ContactMessage) -> ContactCard:
    return ContactCard(
        name=claims.name(part.displayName), vcard=claims.text(part.vcard, VCARD_LIMIT)
    )


def write_poll(poll: Poll, message: e2e_pb2.Message) -> None:
    """The secret goes into messageContextInfo, by the caller."""
    part = message.pollCreationMessage
    part.name = claims.outgoing_text(poll.question)
    for option in poll.options:
        part.options.add().optionName = claims.outgoing_text(option)
    part.selectableOptionsCount = claims.outgoing_uint32(poll.selectable)
    if poll.context != NO_CONTEXT:
        write_context(poll.context, part.contextInfo)


def read_poll(part: e2e_pb2.PollCreationMessage, secret: bytes) -> Poll:
    return Poll(
        question=claims.text(part.name),
        options=tuple(claims.name(option.optionName) for option in part.options[:OPTIONS_LIMIT]),
        selectable=part.selectableOptionsCount,
        secret=secret,
        context=_context(part),
    )


def write_vote(vote: PollVote, message: e2e_pb2.Message, timestamp: datetime | None) -> None:
    """Raises MalformedProtobuf for a poll without an id."""
    part = message.pollUpdateMessage
    write_key(vote.poll, part.pollCreationMessageKey)
    part.vote.encPayload = vote.enc_payload
    part.vote.encIV = vote.enc_iv
    if timestamp is not None:
        part.senderTimestampMS = claims.outgoing_ms(timestamp)


def read_vote(
    part: e2e_pb2.PollUpdateMessage, key: MessageKey, own: Sequence[Jid]
) -> PollVote | None:
    """None when it names no poll, or its sealed part is absurd."""
    poll = read_key(part.pollCreationMessageKey, key, own)
    payload, iv = part.vote.encPayload, part.vote.encIV
    if poll is None or len(payload) > _VOTE_LIMIT or len(iv) > _IV_LIMIT:
        return None
    return PollVote(poll=poll, enc_payload=payload, enc_iv=iv)


def read_rich(part: e2e_pb2.RichResponseMessage) -> Text | None:
    """What a bot says in parts: their texts; None when they have none."""
    texts = (claims.text(one.messageText) for one in part.submessages[:RICH_PARTS_LIMIT])
    text = claims.text("\n".join(text for text in texts if text))
    return Text(text=text, context=_context(part)) if text else None


def _context(
    part: e2e_pb2.LocationMessage
    | e2e_pb2.LiveLocationMessage
    | e2e_pb2.ContactMessage
    | e2e_pb2.ContactsArrayMessage
    | e2e_pb2.PollCreationMessage
    | e2e_pb2.RichResponseMessage,
) -> Context:
    return read_context(part.contextInfo) if part.HasField("contextInfo") else NO_CONTEXT
