"""Receipts, notifications and what else comes besides messages: one handler for each tag."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from wigwag.engine.native.connection.stanzas import acknowledge
from wigwag.engine.native.link import Link
from wigwag.engine.native.media.retries import MediaRetries
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.groups import Groups
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import NOTIFICATION_REASONS, DropReason, End
from wigwag.engine.native.receiving.inbox import Inbox
from wigwag.engine.native.receiving.mappings import all_pairs, stated_pairs
from wigwag.engine.native.receiving.profiles import ProfileNotices
from wigwag.engine.native.receiving.receipts import parse_receipts
from wigwag.engine.native.receiving.source import parse_source
from wigwag.engine.native.sending.readmarks import ReadMarks
from wigwag.engine.native.sending.resend import Resender
from wigwag.engine.native.sending.tokens import Tokens
from wigwag.engine.native.social.newsletters import Newsletters
from wigwag.engine.native.sync.appstate import AppState
from wigwag.model.event import ChatPresenceChanged, PresenceChanged, ReceiptReceived
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

NACK_PARSING: Final = 487
_LAST_SECOND: Final = 253_402_300_799


class Receipts:
    """Incoming receipts."""

    def __init__(self, link: Link, resender: Resender) -> None:
        self._link = link
        self._resender = resender

    def read(self, node: Node, batch: Batch) -> None:
        try:
            if node.attr("type") == "retry":
                # Acknowledged when the message was sent again.
                self._resender.requested(node, batch)
                return
            receipts = parse_receipts(node, self._link.pn, self._link.lid)
        except MalformedNode:
            batch.reply(acknowledge(node, NACK_PARSING))
            batch.drop(DropReason.RECEIPT_MALFORMED)
            return
        batch.link_all(stated_pairs(node))
        for receipt in receipts:
            batch.record("receipt", ReceiptReceived(receipt=receipt))
        if not receipts:
            batch.drop(DropReason.RECEIPT_WITHOUT_STATE)
        batch.reply(acknowledge(node))


class Notifications:
    """Incoming notifications: whatever they say, they are acknowledged."""

    def __init__(
        self,
        link: Link,
        *,
        devices: Devices,
        groups: Groups,
        appstate: AppState,
        tokens: Tokens,
        media: MediaRetries,
        readmarks: ReadMarks,
        newsletters: Newsletters,
    ) -> None:
        profiles = ProfileNotices(lambda: link.pn)
        self._readers: dict[str, Callable[[Node, Batch], None]] = {
            "devices": devices.changed,
            "encrypt": partial(_identity_changed, devices, tokens),
            "w:gp2": groups.notified,
            "server_sync": appstate.notified,
            "privacy_token": tokens.received,
            "account_sync": partial(_account_sync, devices, readmarks, profiles),
            "mediaretry": media.answered,
            "contacts": _contacts,
            "mex": newsletters.notified,
            "newsletter": newsletters.counted,
            "picture": profiles.picture,
            "status": profiles.about,
            "disappearing_mode": profiles.timer,
        }

    def read(self, node: Node, batch: Batch) -> None:
        kind = node.attr("type")
        reader = self._readers.get(kind)
        batch.link_all(all_pairs(node))
        try:
            if reader is not None:
                batch.mark(End.APPLIED)
                reader(node, batch)
            else:
                batch.drop(NOTIFICATION_REASONS.get(kind, DropReason.NOTIFICATION_OTHER))
        except MalformedNode:
            batch.mark(None)
            batch.drop(DropReason.NOTIFICATION_MALFORMED)
        batch.reply(acknowledge(node))


def _identity_changed(devices: Devices, tokens: Tokens, node: Node, batch: Batch) -> None:
    devices.identity_changed(node, batch)
    tokens.identity_changed(node, batch)


def _account_sync(
    devices: Devices, readmarks: ReadMarks, profiles: ProfileNotices, node: Node, batch: Batch
) -> None:
    listed, privacy = node.child("devices"), node.child("privacy")
    if listed is not None:
        devices.own_changed(node, listed, batch)
    if privacy is not None:
        batch.afterwards.append(partial(readmarks.privacy_changed, privacy))
    told = profiles.own_changed(node, batch)
    if listed is None and privacy is None and not told:
        batch.mark(None)
        batch.drop(DropReason.NOTIFICATION_ACCOUNT_SYNC)


def _contacts(node: Node, batch: Batch) -> None:
    """Somebody took another number: its `modify` names whom, and was learnt with the others."""
    if node.child("modify") is None:
        batch.mark(None)
        batch.drop(DropReason.NOTIFICATION_CONTACTS)


class Presences:
    """Who is online, and who is typing: told once, never kept."""

    def __init__(self, link: Link, inbox: Inbox) -> None:
        self._link = link
        self._inbox = inbox

    def presence(self, node: Node, batch: Batch) -> None:
        try:
            jid = node.require_jid("from").home.bare
            last = node.attr("last")
            seconds = node.attr_int("last") if last and last not in ("deny", "none") else 0
        except MalformedNode:
            batch.drop(DropReason.PRESENCE_MALFORMED)
            return
        batch.link_all(stated_pairs(node))
        known = 0 < seconds <= _LAST_SECOND
        batch.mark(End.TOLD)
        self._inbox.tell(
            PresenceChanged(
                jid=jid,
                available=node.attr("type") != "unavailable",
                last_seen=datetime.fromtimestamp(seconds, UTC) if known else None,
            )
        )

    def chat_presence(self, node: Node, batch: Batch) -> None:
        try:
            source = parse_source(node, self._link.pn, self._link.lid)
        except MalformedNode:
            batch.drop(DropReason.PRESENCE_MALFORMED)
            return
        batch.link_all(stated_pairs(node))
        kids = node.kids
        if len(kids) != 1 or kids[0].tag not in ("composing", "paused"):
            batch.drop(DropReason.PRESENCE_MALFORMED)
            return
        activity = kids[0].tag
        if activity == "composing" and kids[0].attr("media") == "audio":
            activity = "recording"
        batch.mark(End.TOLD)
        self._inbox.tell(
            ChatPresenceChanged(chat=source.chat, sender=source.sender.bare, activity=activity)
        )
