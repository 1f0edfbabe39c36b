"""What the library tells, as facts and signs.

Its codes are those of `neonize/events.py`. Left out are chat presence and block lists: a value
that the library does not know ends its telling for good, and these bring such values.
"""

import time
import zlib
from collections.abc import Callable
from typing import Any, Final

from wigwag.engine.whatsmeow.child.reading import (
    group_of,
    jid_text,
    newsletter_of,
    seconds,
    settings_of,
    source_of,
)
from wigwag.engine.whatsmeow.facts import (
    BannedSign,
    CallEndFact,
    CallFact,
    CatchUpFact,
    ConnectedSign,
    DisconnectedSign,
    Fact,
    GroupChangeFact,
    GroupFact,
    HistoryFact,
    IdentityFact,
    LoggedOutSign,
    LostFact,
    MessageFact,
    NewsletterFact,
    NewsletterLeftFact,
    NewsletterMutedFact,
    PairingSign,
    PictureFact,
    PresenceSign,
    PrivacyFact,
    ReceiptFact,
    RefusedSign,
    ReplacedSign,
    Sign,
    UndecryptableFact,
)

_DEFLATE: Final = 1
"""How hard: history is opened again at once."""

_REASONS: Final = {
    "GENERIC": 400,
    "LOGGED_OUT": 401,
    "TEMP_BANNED": 402,
    "MAIN_DEVICE_GONE": 403,
    "CLIENT_OUTDATED": 405,
    "UNKNOWN_LOGOUT": 406,
    "BAD_USER_AGENT": 409,
    "EXPERIMENTAL": 415,
    "INTERNAL_SERVER_ERROR": 500,
    "SERVICE_UNAVAILABLE": 503,
}
"""WhatsApp's numbers (whatsmeow types/events/events.go ConnectFailureReason)."""
OUTDATED: Final = 405
_EDITED_POST: Final = "3"
"""As WhatsApp marks it (whatsmeow types/message.go EditAttributeAdminEdit)."""

News = Fact | Sign


class Events:
    """Reads events by their code. `pb` is the module of neonize's messages."""

    def __init__(self, pb: Any, now_s: Callable[[], float] = time.time) -> None:
        self._pb = pb
        self._now_s = now_s
        self._readers: dict[int, tuple[Any, Callable[[Any], list[News]]]] = {
            2: (pb.PairStatus, self._paired),
            3: (pb.Connected, lambda _: [ConnectedSign()]),
            6: (pb.LoggedOut, self._logged_out),
            7: (pb.StreamReplaced, lambda _: [ReplacedSign()]),
            8: (pb.TemporaryBan, lambda told: [BannedSign(expire_s=_duration_s(told.Expire))]),
            9: (pb.ConnectFailure, lambda told: [RefusedSign(reason=self._reason(told.Reason))]),
            10: (pb.ClientOutdated, lambda _: [RefusedSign(reason=OUTDATED)]),
            12: (pb.Disconnected, lambda _: [DisconnectedSign()]),
            13: (pb.HistorySync, _history),
            17: (pb.Message, self._message),
            18: (pb.Receipt, self._receipt),
            20: (pb.Presence, _presence),
            21: (pb.JoinedGroup, lambda told: [GroupFact(group=group_of(told.GroupInfo))]),
            22: (pb.GroupInfoEvent, self._group_changes),
            23: (pb.Picture, _picture),
            24: (pb.IdentityChange, _identity),
            25: (pb.privacySettingsEvent, self._privacy),
            26: (pb.OfflineSyncPreview, self._preview),
            27: (pb.OfflineSyncCompleted, self._completed),
            32: (
                pb.NewsletterJoin,
                lambda told: [
                    NewsletterFact(newsletter=newsletter_of(pb, told.NewsletterMetadata))
                ],
            ),
            33: (pb.NewsletterLeave, lambda told: [NewsletterLeftFact(jid=jid_text(told.ID))]),
            34: (pb.NewsletterMuteChange, self._muted),
            36: (pb.CallOffer, _call),
            40: (pb.CallOfferNotice, _call_notice),
            42: (pb.CallTerminate, _call_end),
            44: (pb.UndecryptableMessage, self._undecryptable),
        }

    @property
    def codes(self) -> bytes:
        """What to subscribe to."""
        return bytes(self._readers)

    def read(self, code: int, data: bytes) -> list[News]:
        """What an event says; a LostFact where it cannot be read, nothing for an unknown code."""
        known = self._readers.get(code)
        if known is None:
            return []
        kind, reader = known
        try:
            return reader(kind.FromString(data))
        except Exception:  # noqa: BLE001 - whatever is wrong with one, the next is read
            return [LostFact(code=code)]

    def _paired(self, told: Any) -> list[News]:
        word = "success" if told.Status == self._pb.PairStatus.PStatus.Value("SUCCESS") else "error"
        return [PairingSign(word=word)]

    def _logged_out(self, told: Any) -> list[News]:
        return [LoggedOutSign(reason=self._reason(told.Reason) if told.OnConnect else 0)]

    def _reason(self, value: int) -> int:
        return _REASONS.get(self._pb.ConnectFailureReason.Name(value), 0)

    def _message(self, told: Any) -> list[News]:
        info = told.Info
        # the library does not tell when a post was edited
        edited = info.Edit == _EDITED_POST
        return [
            MessageFact(
                source=source_of(info.MessageSource),
                id=info.ID,
                server_id=info.ServerID,
                timestamp_s=int(self._now_s()) if edited else seconds(info.Timestamp),
                push_name=info.Pushname,
                content=told.Message.SerializeToString(),
                view_once=told.IsViewOnce,
                edited=edited,
            )
        ]

    def _undecryptable(self, told: Any) -> list[News]:
        info = told.Info
        modes = self._pb.UndecryptableMessage.DecryptFailModeT
        return [
            UndecryptableFact(
                source=source_of(info.MessageSource),
                id=info.ID,
                timestamp_s=seconds(info.Timestamp),
                push_name=info.Pushname,
                unavailable=told.IsUnavailable,
                hidden=told.DecryptFailMode == modes.Value("DECRYPT_FAIL_HIDE"),
            )
        ]

    def _receipt(self, told: Any) -> list[News]:
        return [
            ReceiptFact(
                source=source_of(told.MessageSource),
                ids=tuple(told.MessageIDs),
                timestamp_s=seconds(told.Timestamp),
                kind=self._pb.Receipt.ReceiptType.Name(told.Type).lower(),
            )
        ]

    def _privacy(self, told: Any) -> list[News]:
        return [PrivacyFact(settings=settings_of(self._pb, told.NewSettings))]

    def _muted(self, told: Any) -> list[News]:
        muted = told.Mute == self._pb.NewsletterMuteState.Value("ON")
        return [NewsletterMutedFact(jid=jid_text(told.ID), muted=muted)]

    def _preview(self, told: Any) -> list[News]:
        return [CatchUpFact(count=told.Total, done=False, timestamp_s=int(self._now_s()))]

    def _completed(self, told: Any) -> list[News]:
        return [CatchUpFact(count=told.Count, done=True, timestamp_s=int(self._now_s()))]

    def _group_changes(self, told: Any) -> list[News]:
        common: dict[str, Any] = {
            "chat": jid_text(told.JID),
            "timestamp_s": seconds(told.Timestamp),
            "author": jid_text(told.Sender) if told.HasField("Sender") else "",
        }
        changes: list[dict[str, Any]] = [
            {"kind": kind, "people": tuple(map(jid_text, people))}
            for kind, people in (
                ("add", told.Join),
                ("remove", told.Leave),
                ("promote", told.Promote),
                ("demote", told.Demote),
            )
            if people
        ]
        changes += _settings_changes(self._pb, told)
        return [GroupChangeFact(**common, **change) for change in changes]


def _settings_changes(pb: Any, told: Any) -> list[dict[str, Any]]:
    """What of a group changed, besides who is in it."""
    found: list[dict[str, Any]] = []
    if told.HasField("Name"):
        found.append({"kind": "subject", "text": told.Name.Name})
    if told.HasField("Topic"):
        topic = told.Topic
        text = "" if topic.TopicDeleted else topic.Topic
        found.append({"kind": "description", "text": text, "text_id": topic.TopicID})
    if told.HasField("Locked"):
        found.append({"kind": "locked", "enabled": told.Locked.isLocked})
    if told.HasField("Announce"):
        found.append({"kind": "announce", "enabled": told.Announce.IsAnnounce})
    if told.HasField("Ephemeral"):
        timer_s = told.Ephemeral.DisappearingTimer
        found.append({"kind": "ephemeral", "ephemeral_s": timer_s, "enabled": timer_s > 0})
    if told.HasField("Delete"):
        found.append({"kind": "delete", "text": told.Delete.DeletedReason})
    if told.NewInviteLink:
        found.append({"kind": "invite", "text": told.NewInviteLink.rsplit("/", 1)[-1]})
    for kind, part in (("link", "Link"), ("unlink", "Unlink")):
        if told.HasField(part):
            link = getattr(told, part)
            word = pb.GroupLinkChange.ChangeType.Name(link.Type).lower()
            group = jid_text(link.Group.JID)
            found.append({"kind": kind, "group": group, "link_type": _LINKS.get(word, word)})
    return found


_LINKS: Final = {"parent": "parent_group", "sub": "sub_group", "sibling": "sibling_group"}
"""As WhatsApp writes them."""


def _history(told: Any) -> list[News]:
    return [HistoryFact(blob=zlib.compress(told.Data.SerializeToString(), _DEFLATE))]


def _presence(told: Any) -> list[News]:
    last_seen_s = seconds(told.LastSeen)
    return [
        PresenceSign(
            jid=jid_text(told.From), available=not told.Unavailable, last_seen_s=last_seen_s
        )
    ]


def _picture(told: Any) -> list[News]:
    return [
        PictureFact(
            jid=jid_text(told.JID),
            author=jid_text(told.Author),
            timestamp_s=seconds(told.Timestamp),
            removed=told.Remove,
        )
    ]


def _identity(told: Any) -> list[News]:
    at_s = seconds(told.Timestamp)
    return [IdentityFact(jid=jid_text(told.JID), timestamp_s=at_s, implicit=told.Implicit)]


def _call(told: Any) -> list[News]:
    return [CallFact(**_call_meta(told), video=_has_child(told.data, "video"))]


def _call_notice(told: Any) -> list[News]:
    return [CallFact(**_call_meta(told), group=told.type == "group", video=told.media == "video")]


def _call_end(told: Any) -> list[News]:
    return [CallEndFact(**_call_meta(told), reason=told.reason)]


def _call_meta(told: Any) -> dict[str, Any]:
    meta = told.basicCallMeta
    return {
        "id": meta.callID,
        "caller": jid_text(meta.callCreator),
        "caller_alt": jid_text(meta.callCreatorAlt),
        "timestamp_s": seconds(meta.timestamp),
    }


def _has_child(node: Any, tag: str) -> bool:
    return any(child.Tag == tag for child in node.Nodes)


def _duration_s(value: int) -> int:
    """Seconds of a duration that may be told in nanoseconds, as Go counts."""
    return value // 10**9 if value >= 10**9 else max(value, 0)
