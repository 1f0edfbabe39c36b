"""What is learnt of profiles: pictures, privacy settings, the blocklist, default timers."""

import hashlib

import msgspec

from wigwag.core.appstate import set_setting
from wigwag.core.identity import Recording
from wigwag.core.views import View, maybe_time_view, time_view
from wigwag.model.event import BlocklistChanged, PictureChanged, PrivacyChanged, TimerChanged
from wigwag.model.instant import time_of
from wigwag.model.jid import Jid
from wigwag.model.record import ContactRecord, EventType

ProfileEvent = PictureChanged | PrivacyChanged | BlocklistChanged | TimerChanged


def record_profile(rec: Recording, event: ProfileEvent) -> None:
    """Rows and events of one report. The same report twice changes nothing."""
    match event:
        case PictureChanged():
            if _is_new(rec, event):
                _tell_picture(rec, event)
        case PrivacyChanged(settings=settings):
            for setting, value in settings:
                name = f"privacy_{setting.name.lower()}"
                set_setting(rec, name, value, time_of(rec.now_ms), quiet=False)
        case BlocklistChanged():
            _record_blocklist(rec, event)
        case TimerChanged():
            _record_timer(rec, event)


def _tell_picture(rec: Recording, event: PictureChanged) -> None:
    jid = rec.canonical(event.jid)
    author = rec.canonical(event.author) if event.author is not None else ""
    data: View = {
        "jid": jid,
        "picture_id": event.picture_id or None,
        "removed": event.removed,
        "author": rec.person_view(author) if author else None,
        "timestamp": time_view(event.timestamp),
    }
    rec.tell(EventType.PICTURE_UPDATED, data, jid)


def _record_blocklist(rec: Recording, event: BlocklistChanged) -> None:
    told = {rec.canonical(jid): blocked for jid, blocked in event.changes if jid.is_person}
    if event.whole:
        others = rec.tx.people.list_blocked(rec.account)
        told = {**dict.fromkeys(others, False), **told}
    for jid, blocked in told.items():
        found = rec.tx.people.find_contact(rec.account, jid)
        contact = found or ContactRecord(rec.account, jid)
        if bool(contact.blocked) != blocked:
            rec.tx.people.save_contact(contact._replace(blocked=blocked))
            data = {"person": rec.person_view(jid), "blocked": blocked}
            rec.tell(EventType.CONTACT_BLOCKED, data)


def _record_timer(rec: Recording, event: TimerChanged) -> None:
    """The own one is a setting of the account; that of another person is only told."""
    jid = rec.canonical(event.jid)
    if _is_own(rec, event.jid):
        changed_at = event.changed_at or time_of(rec.now_ms)
        set_setting(rec, "default_ephemeral_seconds", event.seconds, changed_at, quiet=False)
    elif _is_new(rec, event):
        data = rec.person_view(jid) | {
            "default_ephemeral_seconds": event.seconds,
            "changed_at": maybe_time_view(event.changed_at),
        }
        rec.tell(EventType.CONTACT_UPDATED, data)


def _is_own(rec: Recording, jid: Jid) -> bool:
    own = rec.tx.people.find_account(rec.account)
    return str(jid) in (own.jid, own.lid)


def _is_new(rec: Recording, event: PictureChanged | TimerChanged) -> bool:
    """Whether it was not told before: it leaves no row to see that by."""
    digest = hashlib.blake2b(msgspec.msgpack.encode(event), digest_size=16).digest()
    return rec.tx.feed.add_seen(rec.account, digest, rec.now_ms)
