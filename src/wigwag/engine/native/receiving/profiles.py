"""What notifications say of pictures, abouts, privacy, the blocklist and timers (whatsmeow
notification.go, privacysettings.go; the default timer as Baileys and whatsapp-rust read it)."""

from collections.abc import Callable
from typing import Final

from wigwag.engine.native.people.usync import MAX_ABOUT
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.receipts import stanza_time
from wigwag.model.chat import Contact
from wigwag.model.event import (
    BlocklistChanged,
    ContactsChanged,
    EngineEvent,
    PictureChanged,
    PrivacyChanged,
    TimerChanged,
)
from wigwag.model.jid import Jid
from wigwag.model.profile import PrivacySetting
from wigwag.wire import claims
from wigwag.wire.nodes import Node

PROFILE: Final = "profile"
"""Kind of the inbox rows about profiles."""
MAX_CHANGES: Final = 1_000
LONGEST_S: Final = 2**31 - 1
_BLOCK: Final = {"block": True, "unblock": False}


class ProfileNotices:
    """Reads the notifications about profiles. Each raises MalformedNode."""

    def __init__(self, own: Callable[[], Jid]) -> None:
        """`own` gives the account's bare PN."""
        self._own = own

    def picture(self, node: Node, batch: Batch) -> None:
        """Of a person or a group. Those that name nobody (by a hash) say nothing to us."""
        changed_at, found = stanza_time(node), list[EngineEvent]()
        for kid in node.kids[:MAX_CHANGES]:
            jid = kid.attr_jid("jid")
            if kid.tag not in ("set", "add", "delete") or jid is None:
                continue
            author = kid.attr_jid("author")
            found.append(
                PictureChanged(
                    jid=jid.home.bare,
                    picture_id=claims.identifier(kid.attr("id")),
                    removed=kid.tag == "delete",
                    author=author.home.bare if author is not None else None,
                    timestamp=changed_at,
                )
            )
        _record(batch, found, DropReason.NOTIFICATION_PICTURE)

    def about(self, node: Node, batch: Batch) -> None:
        person, said = node.require_jid("from").home.bare, node.child("set")
        found: list[EngineEvent] = []
        if said is not None and person.is_person:
            about = claims.text(said.data, MAX_ABOUT)
            found.append(ContactsChanged(contacts=(Contact(jid=person, about=about),)))
        _record(batch, found, DropReason.NOTIFICATION_STATUS)

    def timer(self, node: Node, batch: Batch) -> None:
        """How long the messages of new chats with somebody last."""
        person, mode = node.require_jid("from").home.bare, node.child("disappearing_mode")
        found: list[EngineEvent] = []
        if mode is not None and person.is_person:
            found.append(_timer(person, mode))
        _record(batch, found, DropReason.NOTIFICATION_DISAPPEARING_MODE)

    def own_changed(self, node: Node, batch: Batch) -> bool:
        """`account_sync`: what the owner changed elsewhere; whether there was anything."""
        found: list[EngineEvent] = []
        for kid in node.kids:
            if kid.tag == "privacy" and (settings := read_privacy(kid)):
                found.append(PrivacyChanged(settings=settings))
            elif kid.tag == "blocklist" and (changes := _read_blocklist(kid)):
                found.append(BlocklistChanged(changes=changes))
            elif kid.tag == "disappearing_mode":
                found.append(_timer(self._own(), kid))
            elif kid.tag == "picture":
                found.append(PictureChanged(jid=self._own(), timestamp=stanza_time(node)))
        for event in found:
            batch.record(PROFILE, event)
        return bool(found)


def read_privacy(privacy: Node) -> tuple[tuple[PrivacySetting, str], ...]:
    """The settings of a `<privacy>` that are known, each with its value."""
    known = {setting.value for setting in PrivacySetting}
    return tuple(
        (PrivacySetting(node.attr("name")), claims.identifier(node.attr("value")))
        for node in privacy.children_with("category")
        if node.attr("name") in known
    )


def _read_blocklist(blocklist: Node) -> tuple[tuple[Jid, bool], ...]:
    """Who is shut out, and who no longer; nothing where the list is only said to be another."""
    return tuple(
        (jid.home.bare, _BLOCK[item.attr("action")])
        for item in blocklist.children_with("item")[:MAX_CHANGES]
        if (jid := item.attr_jid("jid")) is not None and item.attr("action") in _BLOCK
    )


def _timer(person: Jid, mode: Node) -> TimerChanged:
    seconds = min(max(mode.attr_int("duration"), 0), LONGEST_S)
    changed = mode.attr_int("t")
    return TimerChanged(
        jid=person, seconds=seconds, changed_at=claims.moment(changed) if changed > 0 else None
    )


def _record(batch: Batch, events: list[EngineEvent], otherwise: DropReason) -> None:
    for event in events:
        batch.record(PROFILE, event)
    if not events:
        batch.mark(None)
        batch.drop(otherwise)
