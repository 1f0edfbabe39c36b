"""The Signal records of one account, decoded and kept in memory over the store.

Records are changed in place and synchronously; whoever changes them marks them in his `Changes`
and commits those before anything that depends on them leaves the process.
"""

import zlib
from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

import structlog

from wigwag.engine.native.people.addresses import hosted_user, signal_address
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import (
    DropIdentitiesOf,
    DropPreKey,
    DropSenderKey,
    DropSession,
    DropSessionsOf,
    PutIdentity,
    PutLid,
    PutSenderKey,
    PutSession,
    Write,
)
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid
from wigwag.wire.errors import SignalFailure
from wigwag.wire.signal.keys import LocalIdentity, PreKey, PreKeyBundle, SignedPreKey
from wigwag.wire.signal.sender_keys import SenderKeyRecord
from wigwag.wire.signal.session import (
    Ciphertext,
    SessionRecord,
    decrypt_message,
    decrypt_prekey_message,
    encrypt,
    start_session,
)

MAX_SESSIONS = 4096
MAX_SENDER_KEYS = 4096
"""Decoded records that stay in memory between commits."""

_log = structlog.get_logger(__name__)

_Name = TypeVar("_Name")
_Record = TypeVar("_Record", SessionRecord, SenderKeyRecord)

SenderKeyName = tuple[str, str]
"""Group JID as text, and the Signal address of the sending device."""


class Changes:
    """What one unit of work changed; `writes` is taken once, just before the commit."""

    __slots__ = (
        "_forgotten",
        "_identities",
        "_lids",
        "_pns",
        "_sender_keys",
        "_sessions",
        "_writes",
        "account",
        "renewed",
        "used_prekeys",
    )

    def __init__(self, account: str) -> None:
        self.account = account
        self.used_prekeys: set[int] = set()
        self.renewed: set[str] = set()
        """Addresses whose known identity another one replaced."""
        self._sessions: dict[str, SessionRecord] = {}
        self._sender_keys: dict[SenderKeyName, SenderKeyRecord] = {}
        self._identities: dict[str, bytes] = {}
        self._forgotten: set[str] = set()
        self._pns: dict[str, str] = {}
        self._lids: dict[str, str] = {}
        self._writes: list[Write] = []

    def add(self, *writes: Write) -> None:
        self._writes += writes

    def session(self, address: str, record: SessionRecord) -> None:
        self._sessions[address] = record

    def sender_key(self, name: SenderKeyName, record: SenderKeyRecord) -> None:
        self._sender_keys[name] = record

    def forget_sender_key(self, name: SenderKeyName) -> None:
        self._sender_keys.pop(name, None)
        self.add(DropSenderKey(self.account, *name))

    def identity(self, address: str, public: bytes) -> None:
        self._identities[address] = public

    def known_identity(self, address: str) -> bytes | None:
        return self._identities.get(address)

    def forget_user(self, prefix: str) -> None:
        """Sessions and identities of all devices of a user (`addresses.signal_user`) go away."""
        for records in (self._sessions, self._identities):
            for address in [at for at in records if at.startswith(f"{prefix}:")]:
                del records[address]
        self._forgotten.add(prefix)
        self.add(DropSessionsOf(self.account, prefix), DropIdentitiesOf(self.account, prefix))

    def is_forgotten(self, address: str) -> bool:
        """Whether what the store still holds of this device is on its way out."""
        return address.partition(":")[0] in self._forgotten

    def link(self, lid_user: str, pn_user: str) -> None:
        """LID and PN are one person, and neither is anybody else any more."""
        self._pns.pop(self._lids.pop(pn_user, ""), None)
        self._lids.pop(self._pns.pop(lid_user, ""), None)
        self._pns[lid_user] = pn_user
        self._lids[pn_user] = lid_user
        self._writes.append(PutLid(self.account, lid_user, pn_user))

    def pn_of(self, lid_user: str) -> str | None:
        return self._pns.get(lid_user)

    def lid_of(self, pn_user: str) -> str | None:
        return self._lids.get(pn_user)

    @property
    def moved(self) -> Collection[str]:
        """The addresses whose sessions changed."""
        return self._sessions.keys()

    def writes(self) -> list[Write]:
        """Every change as writes: each record once, in its present state."""
        account = self.account
        found = list(self._writes)
        found += [DropPreKey(account, used) for used in self.used_prekeys]
        found += [PutIdentity(account, at, public) for at, public in self._identities.items()]
        found += [PutSession(account, at, record.dump()) for at, record in self._sessions.items()]
        found += [
            PutSenderKey(account, group, sender, record.dump())
            for (group, sender), record in self._sender_keys.items()
        ]
        return found


class Sessions:
    """Decoded sessions and sender keys.

    `identity_epoch` moves when any identity changes; `generation` when a commit failed and all
    decoded records were forgotten: changes that were begun before are void.
    """

    def __init__(
        self,
        account: str,
        store: EngineStore,
        local: Callable[[], LocalIdentity],
        random: Callable[[int], bytes],
    ) -> None:
        self._account = account
        self._store = store
        self._local = local
        self._random = random
        self._sessions: dict[str, SessionRecord] = {}
        self._sender_keys: dict[SenderKeyName, SenderKeyRecord] = {}
        self._unsaved: Changes | None = None
        self._waiting: list[Callable[[], None]] = []
        self.identity_epoch = 0
        self.generation = 0

    @property
    def in_memory(self) -> tuple[int, int]:
        """How many sessions and sender keys are decoded."""
        return len(self._sessions), len(self._sender_keys)

    def reset(self) -> None:
        """Forget every decoded record: the store is the truth again (after a failed commit)."""
        self._sessions.clear()
        self._sender_keys.clear()
        self.identity_epoch += 1
        self.generation += 1
        self._go_on()

    def receiving(self, changes: Changes) -> None:
        """Received messages are decrypted into `changes`, which are not submitted yet."""
        self._unsaved = changes

    def received(self) -> None:
        """Those changes are submitted, or void and `reset`."""
        self._unsaved = None
        self._go_on()

    def when_saved(self, changes: Changes, step: Callable[[], None]) -> None:
        """Call `step`, which submits `changes`: now, or as soon as what was received by the same
        sessions is submitted.

        A session must not become durable ahead of a message that moved it: after a crash the
        message would come again and be taken for an old one.
        """
        unsaved = self._unsaved.moved if self._unsaved is not None else ()
        if any(address in unsaved for address in changes.moved):
            self._waiting.append(step)
        else:
            step()

    def _go_on(self) -> None:
        waiting, self._waiting = self._waiting, []
        for step in waiting:
            step()

    def trim(self) -> None:
        """Let go of the oldest records beyond the bounds.

        One that was changed and is not on its way into the store yet stays: read again it would
        use its counters a second time.
        """
        account, store = self._account, self._store
        _trim(self._sessions, MAX_SESSIONS, lambda at: store.find_session(account, at))
        _trim(self._sender_keys, MAX_SENDER_KEYS, lambda at: store.find_sender_key(account, *at))

    def has_session(self, device: Jid, changes: Changes) -> bool:
        return not self._record(device, changes).is_empty

    def decrypt(self, device: Jid, data: bytes, changes: Changes, *, is_prekey: bool) -> bytes:
        """The padded plaintext of a `msg` or `pkmsg` of `device`. Raises SignalFailure.

        A new identity of the device is accepted and replaces the old one.
        """
        address = signal_address(device)
        record = self._record(device, changes, address)
        if not is_prekey:
            plaintext = decrypt_message(self._local(), record, data)
            changes.session(address, record)
            return plaintext
        prekeys = _PreKeys(self._store, self._account, changes)
        plaintext, used = decrypt_prekey_message(self._local(), record, data, prekeys)
        self._keep(address, record, changes)
        if used is not None:
            changes.used_prekeys.add(used)
        self._learn_identity(address, record, changes)
        return plaintext

    def encrypt(self, device: Jid, padded: bytes, changes: Changes) -> Ciphertext:
        """Raises NoSession when there is none."""
        record = self._record(device, changes)
        ciphertext = encrypt(self._local(), record, padded, self._random)
        changes.session(signal_address(device), record)
        return ciphertext

    def start(self, device: Jid, bundle: PreKeyBundle, changes: Changes) -> None:
        """A new session with `device` by its prekeys. Raises SignalFailure."""
        record = self._record(device, changes)
        address = signal_address(device)
        start_session(self._local(), bundle, record, self._random)
        self._keep(address, record, changes)
        self._learn_identity(address, record, changes)

    def forget_user(self, prefix: str, changes: Changes) -> None:
        """Drop the sessions with all devices of a user (`addresses.signal_user`)."""
        changes.forget_user(prefix)
        for address in [at for at in self._sessions if at.startswith(f"{prefix}:")]:
            del self._sessions[address]
        self.identity_epoch += 1

    def sender_key(self, group: Jid, device: Jid, changes: Changes) -> SenderKeyRecord:
        """The sender key states of `device` in `group`; a new empty record when unknown, or when
        the stored one is damaged."""
        name = (str(group), signal_address(device))
        record = self._sender_keys.pop(name, None)
        if record is None:
            record = self._stored_sender_key(name)
            if not record.states:
                record = self._adopt_sender_key(group, device, changes)
        self._sender_keys[name] = record
        return record

    def _stored_sender_key(self, name: SenderKeyName) -> SenderKeyRecord:
        data = self._store.find_sender_key(self._account, *name)
        if data is None:
            return SenderKeyRecord()
        try:
            return SenderKeyRecord.load(data)
        except SignalFailure:
            # An own one is made anew and handed out again; another's comes with the next retry.
            _log.warning("sender_key_unreadable")
            return SenderKeyRecord()

    def changed_sender_key(self, group: Jid, device: Jid, changes: Changes) -> None:
        name = (str(group), signal_address(device))
        changes.sender_key(name, self._sender_keys[name])

    def drop_sender_key(self, group: Jid, device: Jid, changes: Changes) -> None:
        """Begin with an empty record at once: the old one is in the store until the commit."""
        name = (str(group), signal_address(device))
        self._sender_keys.pop(name, None)
        self._sender_keys[name] = SenderKeyRecord()
        changes.forget_sender_key(name)

    def fingerprint(self, address: str, key_id: int, identity: bytes | None = None) -> int:
        """A number for a sender key in the hands of a device with its present identity (or
        `identity`, where that is not stored yet)."""
        if identity is None:
            identity = self._store.find_identity(self._account, address) or b""
        return zlib.crc32(identity, key_id & 0xFFFFFFFF)

    def _record(self, device: Jid, changes: Changes, address: str = "") -> SessionRecord:
        """The record of a device; where there is none, a new one that is not kept yet."""
        address = address or signal_address(device)
        record = self._sessions.pop(address, None)
        if record is not None:
            self._sessions[address] = record
            return record
        record = self._stored(address)
        if record.is_empty:
            record = self._adopt(device, changes)
        if not record.is_empty:
            self._sessions[address] = record
        return record

    def _stored(self, address: str) -> SessionRecord:
        data = self._store.find_session(self._account, address)
        if not data:
            return SessionRecord()
        try:
            return SessionRecord.load(data)
        except SignalFailure:
            # A new session replaces it: the retry receipt brings what was lost.
            _log.warning("session_unreadable")
            return SessionRecord()

    def _adopt(self, device: Jid, changes: Changes) -> SessionRecord:
        """The session that was made under another address: the phone-number one, before the LID
        was known, or that of a hosted device."""
        for former in self._formers(device, changes):
            record = self._sessions.pop(former, None) or self._stored(former)
            if not record.is_empty:
                changes.add(DropSession(self._account, former))
                changes.session(signal_address(device), record)
                return record
        return SessionRecord()

    def _adopt_sender_key(self, group: Jid, device: Jid, changes: Changes) -> SenderKeyRecord:
        """The sender key that came under the phone-number address before the LID was known."""
        pn = self._pn_of(device, changes)
        if pn is None:
            return SenderKeyRecord()
        name = (str(group), signal_address(pn))
        record = self._sender_keys.pop(name, None)
        if record is None:
            record = self._stored_sender_key(name)
        if record.states:
            changes.forget_sender_key(name)
            changes.sender_key((name[0], signal_address(device)), record)
        return record

    def _formers(self, device: Jid, changes: Changes) -> Iterator[str]:
        """The addresses under which the session of a device may lie, from earlier times."""
        pn = self._pn_of(device, changes)
        if pn is not None:
            yield signal_address(pn)
        for address in (device, pn) if device.device else ():
            if address is not None:
                yield f"{hosted_user(address)}:{device.device}"

    def _pn_of(self, device: Jid, changes: Changes) -> Jid | None:
        """The phone-number address of a device that is known by its LID."""
        if device.home.server != LID_SERVER:
            return None
        pn_user = changes.pn_of(device.user)
        if pn_user is None:
            pn_user = self._store.find_pn_user(self._account, device.user)
        return Jid(pn_user, PN_SERVER, device.device) if pn_user else None

    def _keep(self, address: str, record: SessionRecord, changes: Changes) -> None:
        self._sessions[address] = record
        changes.session(address, record)

    def _learn_identity(self, address: str, record: SessionRecord, changes: Changes) -> None:
        public = record.remote_identity
        if public is None:
            return
        known = changes.known_identity(address)
        if known is None and not changes.is_forgotten(address):
            known = self._store.find_identity(self._account, address)
        if known != public:
            record.states = [at for at in record.states if at.remote_identity == public]
            changes.identity(address, public)
            if known is not None:
                changes.renewed.add(address)
            self.identity_epoch += 1


class _PreKeys:
    """Our prekeys as a session may use them: a one-time prekey only once."""

    def __init__(self, store: EngineStore, account: str, changes: Changes) -> None:
        self._store = store
        self._account = account
        self._changes = changes

    def find_prekey(self, prekey_id: int) -> PreKey | None:
        if prekey_id in self._changes.used_prekeys:
            return None
        return self._store.find_prekey(self._account, prekey_id)

    def find_signed_prekey(self, prekey_id: int) -> SignedPreKey | None:
        return self._store.find_signed_prekey(self._account, prekey_id)


def _trim(records: dict[_Name, _Record], cap: int, stored: Callable[[_Name], bytes | None]) -> None:
    excess = len(records) - cap
    if excess <= 0:
        return
    for name, record in list(records.items())[:excess]:
        if (stored(name) or b"") == (b"" if record.is_empty else record.dump()):
            del records[name]
