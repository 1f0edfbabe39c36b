"""Device lists and sessions: to which devices a message goes, and that each can be encrypted to."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import structlog

from wigwag.engine.common.errors import RequestFailed
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.addresses import hosted_user, signal_address, signal_user
from wigwag.engine.native.people.bundles import MAX_DEVICES, ask_bundles
from wigwag.engine.native.people.sessions import Changes, Sessions
from wigwag.engine.native.people.usync import UserDevices, ask_devices, ask_users
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.receipts import stanza_time
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.store.writes import (
    DropDeviceList,
    PutDeviceList,
    Write,
)
from wigwag.model.event import IdentityRenewed
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid
from wigwag.wire.errors import MalformedNode, SignalFailure
from wigwag.wire.ids import participant_hash
from wigwag.wire.nodes import Node
from wigwag.wire.signal.keys import PreKeyBundle

UNREACHABLE_S: Final = 300.0
MAX_UNREACHABLE: Final = 4096
MAX_AGE_S: Final = 24 * 3600.0
"""A device list older than this is asked for again."""

_log = structlog.get_logger(__name__)


class Introductions(NamedTuple):
    """The bundles that came, and the refusal that kept others from coming."""

    bundles: dict[Jid, PreKeyBundle]
    refusal: RequestFailed | None


class Devices:
    """The devices of users, cached in the store until the server says that they changed."""

    def __init__(self, link: Link, sessions: Sessions, recorder: Recorder) -> None:
        self._link = link
        self._recorder = recorder
        self._account = link.account
        self._store = link.store
        self._sessions = sessions
        self._asking = asyncio.Lock()
        self._unreachable: OrderedDict[Jid, float] = OrderedDict()
        """Devices without a usable bundle, and when that was learnt."""

    # -- addresses --------------------------------------------------------------------------

    def find_lid(self, pn: Jid) -> Jid | None:
        """The LID (with the device) of a PN, if it is known."""
        user = self._store.find_lid_user(self._account, pn.user)
        return Jid(user, LID_SERVER, pn.device) if user else None

    def find_pn(self, lid: Jid) -> Jid | None:
        user = self._store.find_pn_user(self._account, lid.user)
        return Jid(user, PN_SERVER, lid.device) if user else None

    def find_alias(self, person: Jid) -> Jid | None:
        """The other address of a person, if it is known."""
        if person.is_lid:
            return self.find_pn(person)
        return self.find_lid(person) if person.is_pn else None

    def signal_jid(self, device: Jid) -> Jid:
        """The address under which a device's session is kept: its LID where that is known, and
        never a hosted one, since what it sends comes from either."""
        device = device.home
        if device.server != PN_SERVER:
            return device
        return self.find_lid(device) or device

    async def ask_lid(self, pn: Jid) -> Jid | None:
        """The LID of a PN by the server; None when the number is not on WhatsApp."""
        known = self.find_lid(pn)
        if known is not None:
            return known.bare
        for info in await ask_users(self._link, [pn]):
            if info.user == pn and info.lid is not None:
                await self.learn_links([(info.lid, pn)])
                return info.lid
        return None

    async def ask_lids(self, pns: Sequence[Jid]) -> None:
        """Learn the LIDs of PNs by the server, as far as they are on WhatsApp."""
        wanted = set(pns)
        answers = await ask_users(self._link, pns)
        await self.learn_links(
            (info.lid, info.user)
            for info in answers
            if info.lid is not None and info.user in wanted
        )

    async def learn_links(self, pairs: Iterable[tuple[Jid, Jid]]) -> None:
        """LIDs and PNs that the server says belong together."""
        await self._recorder.link(pairs)

    # -- device lists -----------------------------------------------------------------------

    def find_devices(self, users: Iterable[Jid]) -> list[Jid] | None:
        """The devices of all these users, if every list is at hand; without an await."""
        oldest = self._link.clock.now().timestamp() - MAX_AGE_S
        found: list[Jid] = []
        for user in dict.fromkeys(users):
            known = self._store.find_device_list(self._account, user)
            if known is None or known.fetched_at < oldest or not known.devices:
                return None
            found += known.devices
        return found

    async def list_devices(self, users: Sequence[Jid]) -> list[Jid]:
        """The devices of these users in their order; a user the server does not know has none.

        Raises NotConnected, RequestTimeout, RequestFailed, MalformedNode.
        """
        found = self.find_devices(users)
        if found is not None:
            return found
        async with self._asking:
            lists = await self._complete_lists(list(dict.fromkeys(users)))
        return [device for user in dict.fromkeys(users) for device in lists.get(user, ())]

    async def _complete_lists(self, users: list[Jid]) -> dict[Jid, tuple[Jid, ...]]:
        now = self._link.clock.now().timestamp()
        lists: dict[Jid, tuple[Jid, ...]] = {}
        missing: list[Jid] = []
        for user in users:
            known = self._store.find_device_list(self._account, user)
            if known is not None and known.fetched_at >= now - MAX_AGE_S and known.devices:
                lists[user] = known.devices
            else:
                missing.append(user)
        if not missing:
            return lists
        asked = set(missing)
        writes: list[Write] = []
        for answer in await ask_devices(self._link, missing):
            if answer.user in asked:
                lists[answer.user] = answer.devices
                writes.append(self._put(answer, now))
        if writes:
            await self._store.commit(writes)
        return lists

    def _put(self, answer: UserDevices, now: float) -> Write:
        return PutDeviceList(self._account, answer.user, answer.devices, answer.hash, now)

    def forget(self, users: Iterable[Jid]) -> list[Write]:
        """The writes that make the next send ask for these users' devices again."""
        return [DropDeviceList(self._account, user) for user in dict.fromkeys(users)]

    # -- sessions ---------------------------------------------------------------------------

    async def ask_missing(self, devices: Iterable[Jid]) -> Introductions:
        """Bundles of those devices that we share no session with.

        A companion that had none a moment ago is not asked for at every message; one whose
        request was refused is. Raises NotConnected, RequestTimeout.
        """
        looking = Changes(self._account)
        since = self._link.clock.monotonic() - UNREACHABLE_S
        missing = [
            device
            for device in devices
            if not self._sessions.has_session(self.signal_jid(device), looking)
            and (not device.device or self._unreachable.get(device, since) <= since)
        ]
        found, refusal = dict[Jid, PreKeyBundle](), None
        for at in range(0, len(missing), MAX_DEVICES):
            chunk = missing[at : at + MAX_DEVICES]
            try:
                bundles = await ask_bundles(self._link, chunk)
            except RequestFailed as error:
                _log.warning("bundles_refused", code=error.server_code, asked=len(chunk))
                refusal = error
            else:
                found |= bundles
                self._note_unreachable(device for device in chunk if device not in bundles)
        return Introductions(found, refusal)

    def _note_unreachable(self, devices: Iterable[Jid]) -> None:
        now = self._link.clock.monotonic()
        for device in devices:
            self._unreachable[device] = now
        while len(self._unreachable) > MAX_UNREACHABLE:
            self._unreachable.popitem(last=False)

    def start_sessions(self, bundles: dict[Jid, PreKeyBundle], changes: Changes) -> None:
        """Begin the sessions that are still missing."""
        for device, bundle in bundles.items():
            jid = self.signal_jid(device)
            if self._sessions.has_session(jid, changes):
                continue
            try:
                self._sessions.start(jid, bundle, changes)
            except SignalFailure as error:
                _log.warning("session_not_begun", error=error.code)

    # -- notifications ----------------------------------------------------------------------

    def changed(self, node: Node, batch: Batch) -> None:
        """`<notification type=devices>`: a user added or removed a device.

        A list whose new hash fits what we would make of it is kept; else it is asked for again.
        """
        user = node.require_jid("from").home.bare
        lid = node.attr_jid("lid")
        for child in node.kids:
            device = child.child("device")
            if child.tag not in ("add", "remove", "update"):
                continue
            changed = None if device is None else device.attr_jid("jid")
            write = self._changed_list(user, child.tag, changed, child.attr("device_hash"))
            writes = [write]
            if lid is not None:
                changed = None if device is None else device.attr_jid("lid")
                expected = child.attr("device_lid_hash")
                writes.append(self._changed_list(lid.bare, child.tag, changed, expected))
            batch.changes.add(*(write for write in writes if write is not None))

    def _changed_list(
        self, user: Jid, change: str, device: Jid | None, expected: str
    ) -> Write | None:
        """What becomes of the cached list of `user`, whose hash is now `expected`."""
        known = self._store.find_device_list(self._account, user)
        if known is None:
            return None
        devices = dict.fromkeys(known.devices)
        if device is not None and change == "add":
            devices[device] = None
        elif device is not None and change == "remove":
            devices.pop(device, None)
        if change == "update" or not expected or participant_hash(devices) != expected:
            return DropDeviceList(self._account, user)
        return PutDeviceList(self._account, user, tuple(devices), expected, known.fetched_at)

    def own_changed(self, node: Node, listed: Node, batch: Batch) -> None:
        """`<notification type=account_sync>` with `<devices>`: own devices were linked or unlinked.

        The list is taken when its hash fits; else it is asked for at the next send.
        """
        own = [self._link.pn, self._link.lid]
        sender = node.require_jid("from").home.bare
        if sender not in own:
            raise MalformedNode("a list of own devices comes from somebody else")
        found = [device.attr_jid("jid") for device in listed.children_with("device")]
        devices = [device for device in found if device is not None]
        if not devices or participant_hash(devices) != listed.attr("dhash"):
            batch.changes.add(*self.forget(own))
            return
        now = self._link.clock.now().timestamp()
        for user in own:
            same = tuple(Jid(user.user, user.server, device.device) for device in devices)
            batch.changes.add(PutDeviceList(self._account, user, same, participant_hash(same), now))

    def identity_changed(self, node: Node, batch: Batch) -> None:
        """`<notification type=encrypt><identity/>`: a user set WhatsApp up anew.

        His sessions and identities are forgotten; the next message begins new ones.
        """
        user = node.require_jid("from").home.bare
        if not user.is_person:
            raise MalformedNode("an identity change names no person")
        changed_at = stanza_time(node)
        users = {user}
        other = self.find_lid(user) if user.is_pn else self.find_pn(user)
        if other is not None:
            users.add(other.bare)
        for changed in users:
            for name in (signal_user(changed), hosted_user(changed)):
                self._sessions.forget_user(name, batch.changes)
        batch.record("identity", IdentityRenewed(jid=user, timestamp=changed_at))

    async def tell_renewal(self, device: Jid, changes: Changes) -> None:
        """Report it when a session that was begun in `changes` has another identity than the one
        that was known of a person's phone."""
        address = signal_address(self.signal_jid(device))
        if address not in changes.renewed:
            return
        changes.renewed.discard(address)
        if not device.device and device.bare not in (self._link.pn, self._link.lid):
            batch = self._recorder.open()
            now = self._link.clock.now()
            batch.add(IdentityRenewed(jid=device.bare, timestamp=now, announced=False))
            await self._recorder.commit(batch)
