"""Groups: who is in them, and what notifications say of them (whatsmeow group.go)."""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec

from wigwag.engine.common.errors import RequestFailed
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.group_nodes import (
    MAX_GROUPS,
    is_lid_addressed,
    parse_change,
    parse_group,
)
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.mappings import all_pairs
from wigwag.engine.native.receiving.receipts import stanza_time
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.sending.sharing import Sharing
from wigwag.engine.native.store.writes import DropNote, PutNote
from wigwag.model.chat import Group
from wigwag.model.errors import NotFound
from wigwag.model.event import GroupChanged, GroupChangeKind, GroupJoined
from wigwag.model.jid import GROUP_SERVER, Jid
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

MAX_CACHED: Final = 512
GROUPS_JID: Final = Jid("", GROUP_SERVER)
_TIMEOUT_S: Final = 75.0
_DIGEST_BYTES: Final = 16
_ANNOUNCEMENTS: Final = b"announcements"
"""Follows the digest in the note of such a group."""

_encode = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class Members:
    """Whom a message to a group goes to. `version` moves with every change."""

    jids: list[Jid]
    lid_addressed: bool
    version: int = 0


class Groups:
    """Members of the groups that were needed, in memory, kept current by notifications."""

    def __init__(self, link: Link, recorder: Recorder, sharing: Sharing) -> None:
        self._link = link
        self._recorder = recorder
        self._sharing = sharing
        self._cache: OrderedDict[Jid, Members] = OrderedDict()
        self._asking = asyncio.Lock()
        self._overtaken: set[Jid] = set()
        """Groups of which something newer was told while an answer about all of them is read."""

    def find_members(self, group: Jid) -> Members | None:
        members = self._cache.get(group)
        if members is not None:
            self._cache.move_to_end(group)
        return members

    async def list_members(self, group: Jid) -> Members:
        """Raises NotFound (no such group, or not in it), NotConnected, RequestTimeout,
        RequestFailed."""
        members = self.find_members(group)
        if members is not None:
            return members
        await self.learn(await self._ask(group))
        members = self.find_members(group)
        if members is None:
            raise MalformedNode("an answer about a group is about another one")
        return members

    async def _ask(self, group: Jid) -> Node:
        query = Node("query", {"request": "interactive"})
        try:
            answer = await self._link.connection.request(
                iq("w:g2", "get", [query], to=group), _TIMEOUT_S
            )
        except RequestFailed as error:
            if error.server_code in (401, 403, 404, 406):
                raise NotFound("This account is not in that group.") from error
            raise
        node = answer.child("group")
        if node is None:
            raise MalformedNode("an answer about a group has no group")
        return node

    def is_announcements(self, group: Jid) -> bool:
        """Whether these are the announcements of a community, as far as is known: there reactions
        are sealed."""
        note = self._link.store.find_note(self._link.account, _note(group))
        return note is not None and note.endswith(_ANNOUNCEMENTS, _DIGEST_BYTES)

    async def learn(self, node: Node) -> Group:
        """Take up what an answer says of a group. Raises MalformedNode."""
        batch = self._recorder.open()
        batch.link_all(all_pairs(node))
        group = parse_group(node)
        self._learn(group, batch, lid_addressed=group.lid_addressed)
        await self._recorder.commit(batch)
        return group

    async def learn_told(self, node: Node) -> Group:
        """As `learn`, and wait until the archive has it, which takes seconds at most."""
        group = await self.learn(node)
        await self._recorder.handed()
        return group

    def forget(self, group: Jid) -> None:
        """Ask again before the next send."""
        self._cache.pop(group, None)

    async def ask_participating(self) -> list[Group]:
        """Learn all groups of the account in one request."""
        wanted = Node("participating", {}, [Node("participants"), Node("description")])
        async with self._asking:
            answer = await self._link.connection.request(
                iq("w:g2", "get", [wanted], to=GROUPS_JID), _TIMEOUT_S
            )
            self._overtaken.clear()
            await self._recorder.link(all_pairs(answer))
            found, again = await self._learn_all(answer)
            for group in again:
                with suppress(NotFound):
                    found.append(await self.learn(await self._ask(group)))
        return found

    async def _learn_all(self, answer: Node) -> tuple[list[Group], list[Jid]]:
        """The groups of an answer, and those to be asked for again: they changed meanwhile."""
        batch = self._recorder.open()
        listed = answer.child("groups")
        found: list[Group] = []
        again: list[Jid] = []
        for node in listed.children_with("group")[:MAX_GROUPS] if listed is not None else []:
            try:
                group = parse_group(node)
            except MalformedNode:
                batch.drop(DropReason.GROUP_MALFORMED)
                continue
            if group.jid in self._overtaken:
                again.append(group.jid)
                continue
            self._learn(group, batch, lid_addressed=group.lid_addressed)
            found.append(group)
        await self._recorder.commit(batch)
        return found, again

    def notified(self, node: Node, batch: Batch) -> None:
        """`<notification type=w:gp2>`. Raises MalformedNode."""
        chat = node.require_jid("from")
        if self._asking.locked():
            self._overtaken.add(chat)
        children = node.kids
        if len(children) == 1 and children[0].tag == "create":
            created = children[0].child("group")
            if created is None:
                raise MalformedNode("a created group is not described")
            lid_addressed = is_lid_addressed(created) or is_lid_addressed(node)
            self._learn(parse_group(created), batch, lid_addressed=lid_addressed)
            return
        author = node.attr_jid("participant")
        timestamp = stanza_time(node)
        for child in children:
            change = parse_change(chat, child, author and author.bare, timestamp, batch.link)
            self._follow(change, batch)
            batch.record("group_change", change)

    # -- inside -----------------------------------------------------------------------------

    def _learn(self, group: Group, batch: Batch, *, lid_addressed: bool) -> None:
        """Put a group into the cache; an event, when it differs from what was known."""
        jids = [participant.jid for participant in group.participants]
        self._put(group.jid, Members(jids, lid_addressed))
        name = _note(group.jid)
        digest = _digest(group)
        if group.announce and group.default_subgroup:
            digest += _ANNOUNCEMENTS
        if self._link.store.find_note(self._link.account, name) == digest:
            return
        batch.changes.add(PutNote(self._link.account, name, digest))
        batch.record("group", GroupJoined(group=group))

    def _put(self, group: Jid, members: Members) -> None:
        self._cache[group] = members
        self._cache.move_to_end(group)
        while len(self._cache) > MAX_CACHED:
            self._cache.popitem(last=False)

    def _follow(self, change: GroupChanged, batch: Batch) -> None:
        """Let the members that messages go to be those of now."""
        chat, kind, people = change.chat, change.kind, change.participants
        own = {self._link.pn, self._link.lid}
        if kind is GroupChangeKind.DELETE or (
            kind is GroupChangeKind.REMOVE and own.intersection(people)
        ):
            batch.changes.add(DropNote(batch.account, _note(chat)))
            self.forget(chat)
            return
        if kind is GroupChangeKind.REMOVE:
            # Whoever left must not read on: the next message is under a new sender key.
            self._sharing.renew(chat, batch.changes)
        if kind is GroupChangeKind.NUMBER:
            self.forget(chat)
            return
        members = self._cache.get(chat)
        if members is None or kind not in (GroupChangeKind.ADD, GroupChangeKind.REMOVE):
            return
        present = dict.fromkeys(members.jids)
        for person in people:
            if kind is GroupChangeKind.ADD:
                present[person] = None
            else:
                present.pop(person, None)
        self._put(chat, Members(list(present), members.lid_addressed, members.version + 1))


def _note(group: Jid) -> str:
    """Name of the note with what was last told of a group."""
    return f"group:{group}"


def _digest(group: Group) -> bytes:
    people = sorted(group.participants, key=lambda participant: str(participant.jid))
    whole = _encode(msgspec.structs.replace(group, participants=tuple(people)))
    return sha256(whole).digest()[:_DIGEST_BYTES]
