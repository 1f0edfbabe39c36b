"""One person, one address: the canonical form of every JID in the archive.

A person is kept under the phone-number JID when it is known, and under the LID until then. When
the number of a LID becomes known, the rows move to it at once, in the same transaction: the chat
and the messages keep their place, and lookups by the LID still lead to them. Events that were told
before keep the LID; `chat.updated` says what moved.
"""

from typing import Final

from wigwag.core.naming import chat_name, person_in
from wigwag.core.views import View, encode, person_view
from wigwag.model.archived import Person
from wigwag.model.jid import HOSTED_LID_SERVER, HOSTED_SERVER, LID_SERVER, PN_SERVER, Jid
from wigwag.model.record import EventType
from wigwag.ports import ArchiveTx

_SAME_PERSON: Final = {HOSTED_SERVER: PN_SERVER, HOSTED_LID_SERVER: LID_SERVER}


def plain(jid: Jid) -> Jid:
    """The JID of the person or chat, without device and without the mark of hosted devices."""
    server = _SAME_PERSON.get(jid.server)
    if server is not None:
        return Jid(jid.user, server)
    return jid.bare


def pair_of(one: Jid, other: Jid) -> tuple[str, str] | None:
    """(LID, PN) when the two are one of each, else None."""
    one, other = plain(one), plain(other)
    if one.is_lid and other.is_pn:
        return str(one), str(other)
    if one.is_pn and other.is_lid:
        return str(other), str(one)
    return None


class Recording:
    """One account's part of a write unit: its tables, its people, its events."""

    __slots__ = ("account", "now_ms", "tx")

    def __init__(self, tx: ArchiveTx, account: str, now_ms: int) -> None:
        self.tx = tx
        self.account = account
        self.now_ms = now_ms

    def canonical(self, jid: Jid, alt: Jid | None = None) -> str:
        """The address under which the archive keeps rows of `jid`.

        `alt` is the other address of the same person, where it was told; that is remembered.
        """
        if alt is not None:
            pair = pair_of(jid, alt)
            if pair is not None:
                self.link(*pair)
                return pair[1]
        text = str(plain(jid))
        if not text.endswith("@lid"):
            return text
        pn = self.tx.people.pn_of(self.account, text)
        if pn:
            return pn
        if pn is None:
            self.tx.people.link(self.account, text, "")
        return text

    def link(self, lid: str, pn: str) -> bool:
        """Record that both are one person, move rows if there are any; whether it was news."""
        before = self.tx.people.pn_of(self.account, lid)
        if before == pn:
            return False
        self.tx.people.link(self.account, lid, pn)
        if before == "" and self.tx.merge(self.account, lid, pn):
            name = self.rename_chat(pn)
            data = {"chat_jid": pn, "previous_jid": lid, "name": name}
            self.tell(EventType.CHAT_UPDATED, data, pn)
        if before is not None:
            self.tell(EventType.CONTACT_UPDATED, self.person_view(pn))
        return True

    def own_jid(self) -> str:
        """The account's own canonical address; empty before it was ever told."""
        return self.tx.people.find_account(self.account).jid

    def person(self, jid: str, push_name: str = "") -> Person:
        return person_in(self.tx, self.account, jid, push_name)

    def person_view(self, jid: str, push_name: str = "") -> View:
        return person_view(self.person(jid, push_name))

    def chat_name(self, jid: str) -> str:
        return chat_name(self.tx, self.account, jid)

    def rename_chat(self, jid: str) -> str:
        """Let a chat, if there is one, have the name that is right now; that name."""
        name = self.chat_name(jid)
        chat = self.tx.chats.find(self.account, jid)
        if chat is not None and chat.name != name:
            self.tx.chats.save(chat._replace(name=name))
        return name

    def tell(self, kind: EventType, data: View, chat: str = "") -> None:
        """Append an event to the log."""
        self.tx.feed.add(self.account, kind, encode(data), chat, self.now_ms)
