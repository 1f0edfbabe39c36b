"""One person, one address: the canonical form of every JID in the archive.

A person is kept under the phone-number JID when it is known, and under the LID until then. When
the number of a LID becomes known, or another one, the rows move to it at once, in the same
transaction: the chat and the messages keep their place, and lookups by a former address still lead
to them. Events that were told before keep the address of their time; `chat.updated` says what
moved. The cases, and who is believed, are in docs/decisions/0006-one-person-one-chat.md.
"""

from typing import Final

import structlog

from wigwag.core.kept import apply_kept
from wigwag.core.naming import chat_name, person_in
from wigwag.core.rows import addressed
from wigwag.core.views import View, encode, person_view
from wigwag.model.archived import Person
from wigwag.model.content import Content
from wigwag.model.jid import LID_SERVER, Jid, address_pair, parse_jid
from wigwag.model.record import EventType
from wigwag.ports import ArchiveTx, Ballots

_LID_END: Final = "@" + LID_SERVER

_log = structlog.get_logger(__name__)


def plain(jid: Jid) -> Jid:
    """The JID of the person or chat, without device and without the mark of hosted devices."""
    return jid.home.bare


class Recording:
    """One account's part of a write unit: its tables, its people, its events."""

    __slots__ = ("_canonical", "account", "ballots", "now_ms", "tx")

    def __init__(
        self, tx: ArchiveTx, account: str, now_ms: int, ballots: Ballots | None = None
    ) -> None:
        """`ballots` opens votes, to tell what they are for."""
        self.tx = tx
        self.ballots = ballots
        self.account = account
        self.now_ms = now_ms
        self._canonical: dict[tuple[Jid, Jid | None], str] = {}

    def canonical(self, jid: Jid, alt: Jid | None = None) -> str:
        """The address under which the archive keeps rows of `jid`.

        `alt` is the other address of the same person, where it was told; that is remembered.
        """
        found = self._canonical.get((jid, alt))
        if found is None:
            found = self._find_canonical(jid, alt)
            self._canonical[jid, alt] = found
        return found

    def learn(self, *pairs: tuple[Jid, Jid | None]) -> None:
        """Remember who is whom of an event that names people by several addresses.

        Before the first of them is looked up: a number that is said later holds for them all.
        """
        for jid, alt in pairs:
            if alt is not None:
                self.canonical(jid, alt)

    def _find_canonical(self, jid: Jid, alt: Jid | None) -> str:
        text = str(plain(jid))
        if alt is not None:
            other = str(plain(alt))
            lid, pn = (text, other) if text.endswith(_LID_END) else (other, text)
            if self.tx.people.pn_of(self.account, lid) == pn:
                return pn
            pair = address_pair(jid, alt)
            if pair is not None:
                self.link(*pair)
        found = self.find_address(text)
        people = self.tx.people
        unknown = found == text and text.endswith(_LID_END)
        if unknown and people.pn_of(self.account, text) is None:
            # Rows will be here: they are to be moved when the number becomes known.
            people.link(self.account, text, "")
        return found

    def find_address(self, jid: str) -> str:
        """Where rows of `jid` (without device) are; nothing is remembered."""
        people = self.tx.people
        pn = people.pn_of(self.account, jid) if jid.endswith(_LID_END) else None
        return pn or people.alias_of(self.account, jid) or jid

    def addressed(self, content: Content) -> Content:
        """The same content, with the addresses that it mentions as the archive writes them."""
        return addressed(content, self._where)

    def link(self, lid: Jid, pn: Jid) -> bool:
        """Record that both are one person, move rows if there are any; whether it was news."""
        people, account = self.tx.people, self.account
        self._canonical.clear()
        old_lid, new = str(lid), str(pn)
        before = people.pn_of(account, old_lid)
        if before == new:
            return False
        if self._is_refused(old_lid, new):
            _log.debug("identity_refused", account=account)
            return False
        holder = people.lid_of(account, new)
        if before and holder:
            # Two known people, and the number went from one to the other: the first keeps the
            # rows, under the address that is left.
            people.link(account, holder, "")
            self._move(new, holder)
            self._tell_person(holder, new)
            holder = ""
        people.link(account, old_lid, new)
        if holder:
            people.set_alias(account, holder, new)
        if before:
            people.set_alias(account, before, new)
        if before is not None:
            self._move(before or old_lid, new)
        if before is not None or holder:
            self._tell_person(new, before or holder or old_lid)
        return True

    def same_number(self, asked: Jid, found: Jid) -> None:
        """WhatsApp says that `asked`, another way to write a number, leads to the person `found`.

        An address that is known to be a person's own is left alone.
        """
        people = self.tx.people
        self._canonical.clear()
        old = str(plain(asked))
        if asked == found:
            # It is in use as it stands, whomever it once led to.
            people.drop_alias(self.account, old)
            return
        new = self.canonical(found)
        if old == new or people.alias_of(self.account, old) == new:
            return
        if people.lid_of(self.account, old) or old == self.own_jid():
            return
        people.set_alias(self.account, old, new)
        if self._move(old, new):
            self._tell_person(new, old)

    def _where(self, jid: Jid) -> Jid:
        text = str(plain(jid))
        now = self.find_address(text)
        return plain(jid) if now == text else parse_jid(now)

    def _move(self, old: str, new: str) -> bool:
        """Move what there is under `old`, and apply what has met thereby; whether anything was."""
        merged = self.tx.merge(self.account, old, new)
        for head in merged.unsettled:
            apply_kept(self.tx, self.account, head.chat_jid, head.sender, head.id)
        if merged.chat:
            data = {"chat_jid": new, "previous_jid": old, "name": self.rename_chat(new)}
            self.tell(EventType.CHAT_UPDATED, data, new)
        for head in merged.raised:
            if not head.from_history:
                told: View = {"id": head.id, "chat_jid": new, "state": head.state}
                self.tell(EventType.MESSAGE_STATUS, told, new)
        return merged.any

    def _tell_person(self, jid: str, previous: str) -> None:
        data = {**self.person_view(jid), "previous_jid": previous}
        self.tell(EventType.CONTACT_UPDATED, data)

    def _is_refused(self, lid: str, pn: str) -> bool:
        """Whether this would make the account itself, or half of it, somebody else."""
        own = self.tx.people.find_account(self.account)
        return bool(own.jid and own.lid) and (lid == own.lid) != (pn == own.jid)

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
