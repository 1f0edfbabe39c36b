"""Groups: who is in them, and what notifications say of them (whatsmeow group.go)."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.errors import RequestFailed
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.receipts import stanza_time
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.sending.sharing import Sharing
from wigwag.engine.native.store.writes import DropNote, PutNote
from wigwag.model.chat import Group, Participant
from wigwag.model.errors import NotFound
from wigwag.model.event import GroupChanged, GroupChangeKind, GroupJoined
from wigwag.model.jid import GROUP_SERVER, Jid
from wigwag.wire import claims
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

MAX_CACHED: Final = 512
MAX_PARTICIPANTS: Final = 10_000
GROUPS_JID: Final = Jid("", GROUP_SERVER)
_TIMEOUT_S: Final = 75.0
_LAST_SECOND: Final = 253_402_300_799

_MEMBERSHIP: Final = {
    "add": GroupChangeKind.ADD,
    "remove": GroupChangeKind.REMOVE,
    "promote": GroupChangeKind.PROMOTE,
    "demote": GroupChangeKind.DEMOTE,
}

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

    def find_members(self, group: Jid) -> Members | None:
        members = self._cache.get(group)
        if members is not None:
            self._cache.move_to_end(group)
        return members

    async def list_members(self, group: Jid) -> Members:
        """Raises NotFound (no such group, or not in it), NotConnected, RequestTimeout."""
        members = self.find_members(group)
        if members is not None:
            return members
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
        batch = self._recorder.open()
        self._learn(parse_group(node), batch, lid_addressed=_is_lid(node))
        await self._recorder.commit(batch)
        members = self.find_members(group)
        if members is None:
            raise MalformedNode("an answer about a group is about another one")
        return members

    def forget(self, group: Jid) -> None:
        """Ask again before the next send."""
        self._cache.pop(group, None)

    async def ask_participating(self) -> None:
        """Learn all groups of the account in one request."""
        wanted = Node("participating", {}, [Node("participants"), Node("description")])
        answer = await self._link.connection.request(
            iq("w:g2", "get", [wanted], to=GROUPS_JID), _TIMEOUT_S
        )
        batch = self._recorder.open()
        listed = answer.child("groups")
        for node in listed.children_with("group") if listed is not None else []:
            try:
                group = parse_group(node)
            except MalformedNode:
                batch.drop(DropReason.GROUP_MALFORMED)
                continue
            self._learn(group, batch, lid_addressed=_is_lid(node))
        await self._recorder.commit(batch)

    def notified(self, node: Node, batch: Batch) -> None:
        """`<notification type=w:gp2>`. Raises MalformedNode."""
        chat = node.require_jid("from")
        children = node.kids
        if len(children) == 1 and children[0].tag == "create":
            created = children[0].child("group")
            if created is None:
                raise MalformedNode("a created group is not described")
            lid_addressed = _is_lid(created) or _is_lid(node)
            self._learn(parse_group(created), batch, lid_addressed=lid_addressed)
            return
        author = node.attr_jid("participant")
        batch.link(author, node.attr_jid("participant_pn"))
        timestamp = stanza_time(node)
        for child in children:
            self._change(chat, child, author.bare if author else None, timestamp, batch)

    # -- inside -----------------------------------------------------------------------------

    def _learn(self, group: Group, batch: Batch, *, lid_addressed: bool) -> None:
        """Put a group into the cache; an event, when it differs from what was known."""
        jids = [participant.jid for participant in group.participants]
        self._put(group.jid, Members(jids, lid_addressed))
        for participant in group.participants:
            batch.link(participant.jid, participant.alt)
        name = _note(group.jid)
        digest = _digest(group)
        if self._link.store.find_note(self._link.account, name) == digest:
            return
        batch.changes.add(PutNote(self._link.account, name, digest))
        batch.record("group", GroupJoined(group=group))

    def _put(self, group: Jid, members: Members) -> None:
        self._cache[group] = members
        self._cache.move_to_end(group)
        while len(self._cache) > MAX_CACHED:
            self._cache.popitem(last=False)

    def _change(
        self, chat: Jid, child: Node, author: Jid | None, timestamp: datetime, batch: Batch
    ) -> None:
        kind = _MEMBERSHIP.get(child.tag)
        people: tuple[Jid, ...] = ()
        subject = ""
        if kind is not None:
            people = tuple(_people(child, batch))
            self._follow(chat, kind, people, batch)
        elif child.tag == "subject":
            kind = GroupChangeKind.SUBJECT
            subject = claims.name(child.attr("subject"))
        event = GroupChanged(
            chat=chat,
            kind=kind or GroupChangeKind.OTHER,
            timestamp=timestamp,
            author=author,
            participants=people,
            subject=subject,
            detail="" if kind is not None else _detail(child),
        )
        batch.record("group_change", event)

    def _follow(
        self, chat: Jid, kind: GroupChangeKind, people: tuple[Jid, ...], batch: Batch
    ) -> None:
        own = {self._link.pn, self._link.lid}
        if kind is GroupChangeKind.REMOVE and own.intersection(people):
            batch.changes.add(DropNote(batch.account, _note(chat)))
            self.forget(chat)
            return
        if kind is GroupChangeKind.REMOVE:
            # Whoever left must not read on: the next message is under a new sender key.
            self._sharing.renew(chat, batch.changes)
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


def parse_group(node: Node) -> Group:
    """A `<group>`. Raises MalformedNode."""
    group_id = claims.identifier(node.attr("id")).removesuffix(f"@{GROUP_SERVER}")
    if not group_id:
        raise MalformedNode("a group has no id")
    created = node.attr_int("creation")
    people: list[Participant] = []
    for child in node.children_with("participant")[:MAX_PARTICIPANTS]:
        rank = child.attr("type")
        jid = child.require_jid("jid").bare
        alt = child.attr_jid("phone_number" if jid.is_lid else "lid")
        people.append(
            Participant(
                jid=jid,
                alt=alt.bare if alt is not None else None,
                admin=rank in ("admin", "superadmin"),
                superadmin=rank == "superadmin",
            )
        )
    owner = node.attr_jid("creator")
    return Group(
        jid=Jid(group_id, GROUP_SERVER),
        subject=claims.name(node.attr("subject")),
        participants=tuple(people),
        owner=owner.bare if owner is not None else None,
        created_at=datetime.fromtimestamp(created, UTC) if 0 < created <= _LAST_SECOND else None,
        lid_addressed=_is_lid(node),
    )


def _note(group: Jid) -> str:
    """Name of the note with what was last told of a group."""
    return f"group:{group}"


def _digest(group: Group) -> bytes:
    people = sorted(group.participants, key=lambda participant: str(participant.jid))
    return sha256(_encode((group.subject, group.owner, people))).digest()[:16]


def _is_lid(node: Node) -> bool:
    return node.attr("addressing_mode") == "lid"


def _people(node: Node, batch: Batch) -> Iterator[Jid]:
    for child in node.children_with("participant")[:MAX_PARTICIPANTS]:
        jid = child.attr_jid("jid")
        if jid is None:
            continue
        alt = child.attr_jid("phone_number" if jid.is_lid else "lid")
        batch.link(jid, alt)
        yield jid.bare


def _detail(node: Node) -> str:
    """What else changed: the element's name, and its text where it has one."""
    body = node.child("body")
    text = claims.name(body.data) if body is not None else claims.name(node.attr("expiration"))
    tag = claims.identifier(node.tag)
    return f"{tag}: {text}" if text else tag
