"""The Signal keys, sessions and sender keys of one emulated device."""

from collections.abc import Callable, Iterable

from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire.errors import NoSenderKey, NoSession
from wigwag.wire.padding import pad, unpad
from wigwag.wire.signal import sender_keys as groups
from wigwag.wire.signal import session as sessions
from wigwag.wire.signal.curve import generate_key_pair
from wigwag.wire.signal.keys import (
    LocalIdentity,
    PreKey,
    PreKeyBundle,
    SignedPreKey,
    make_signed_prekey,
)
from wigwag.wire.signal.sender_keys import SenderKeyRecord
from wigwag.wire.signal.session import Ciphertext, SessionRecord

Random = Callable[[int], bytes]

MAX_SESSIONS = 10_000
MAX_SENDER_KEYS = 10_000
MAX_PREKEYS = 1_000
"""What one device keeps; the oldest leaves first."""


class SavedSession(Value):
    device: Jid
    record: bytes


class SavedSenderKey(Value):
    """`sender` is None for the key that this device sends with; `shared` are its holders."""

    group: Jid
    sender: Jid | None
    record: bytes
    shared: tuple[Jid, ...] = ()


class SavedKeyring(Value):
    """A keyring as it is saved."""

    local: LocalIdentity
    signed: SignedPreKey
    prekeys: tuple[PreKey, ...]
    next_prekey_id: int
    sessions: tuple[SavedSession, ...]
    sender_keys: tuple[SavedSenderKey, ...]


class Keyring:
    """All the Signal state of one device; sessions by the LID address of the other device."""

    def __init__(self, local: LocalIdentity, signed: SignedPreKey, random: Random) -> None:
        self.local = local
        self.signed = signed
        self._random = random
        self._prekeys: dict[int, PreKey] = {}
        self._next_prekey_id = 1
        self._sessions: dict[Jid, SessionRecord] = {}
        self._stale: set[Jid] = set()
        self._sender_keys: dict[tuple[Jid, Jid], SenderKeyRecord] = {}
        self._own_keys: dict[Jid, SenderKeyRecord] = {}
        self._shared: dict[Jid, set[Jid]] = {}

    @classmethod
    def create(cls, random: Random) -> "Keyring":
        identity = generate_key_pair(random)
        registration_id = int.from_bytes(random(4), "big") | 1
        local = LocalIdentity(identity, registration_id)
        return cls(local, make_signed_prekey(identity, 1, random), random)

    # Prekeys.

    def make_prekeys(self, count: int) -> list[PreKey]:
        """`count` new one-time prekeys, kept until they are used."""
        made: list[PreKey] = []
        for _ in range(count):
            prekey = PreKey(self._next_prekey_id, generate_key_pair(self._random))
            self._next_prekey_id = self._next_prekey_id % 0xFFFFFE + 1
            self._prekeys[prekey.id] = prekey
            made.append(prekey)
        while len(self._prekeys) > MAX_PREKEYS:
            del self._prekeys[next(iter(self._prekeys))]
        return made

    def find_prekey(self, prekey_id: int, /) -> PreKey | None:
        return self._prekeys.get(prekey_id)

    def find_signed_prekey(self, prekey_id: int, /) -> SignedPreKey | None:
        return self.signed if prekey_id == self.signed.id else None

    # Pairwise sessions.

    def has_session(self, device: Jid) -> bool:
        """Whether a message to `device` can be encrypted as things stand."""
        return device in self._sessions and device not in self._stale

    def open_session(self, device: Jid, bundle: PreKeyBundle) -> None:
        """Begin a session with the prekeys of `device`; an earlier one still decrypts."""
        record = self._sessions.get(device) or SessionRecord()
        sessions.start_session(self.local, bundle, record, self._random)
        self._keep_session(device, record)
        self._stale.discard(device)

    def forget_session(self, device: Jid) -> None:
        self._sessions.pop(device, None)
        self._stale.discard(device)

    def sessions_with(self, user: Jid) -> list[Jid]:
        """The devices of `user` with which there is a session."""
        return [device for device in self._sessions if device.bare == user.bare]

    def forget_user(self, user: Jid) -> None:
        """The user has a new identity: every session and sender key of it is void."""
        for device in self.sessions_with(user):
            self.forget_session(device)
        for group, shared in self._shared.items():
            if any(device.bare == user.bare for device in shared):
                self._shared[group] = {one for one in shared if one.bare != user.bare}

    def encrypt(self, device: Jid, plaintext: bytes) -> Ciphertext:
        record = self._sessions.get(device)
        if record is None:
            raise NoSession
        return sessions.encrypt(self.local, record, self.pad(plaintext), self._random)

    def decrypt(self, device: Jid, kind: str, data: bytes) -> bytes:
        """Decrypt a `msg` or `pkmsg` of `device`. Raises SignalFailure or MalformedProtobuf."""
        record = self._sessions.get(device)
        if kind == "msg":
            if record is None:
                raise NoSession
            return unpad(sessions.decrypt_message(self.local, record, data))
        record = record or SessionRecord()
        plaintext, used = sessions.decrypt_prekey_message(self.local, record, data, self)
        self._keep_session(device, record)
        if used is not None:
            self._prekeys.pop(used, None)
        return unpad(plaintext)

    def pad(self, plaintext: bytes) -> bytes:
        return pad(plaintext, self._random(1)[0])

    def _keep_session(self, device: Jid, record: SessionRecord) -> None:
        self._sessions[device] = record
        if len(self._sessions) > MAX_SESSIONS:
            self.forget_session(next(iter(self._sessions)))

    # Groups.

    def devices_without_key(self, group: Jid, devices: Iterable[Jid]) -> list[Jid]:
        """Those of `devices` that lack this device's sender key for `group`.

        When somebody who holds the key is no longer among them, the key is thrown away first.
        """
        wanted = list(devices)
        shared = self._shared.setdefault(group, set())
        if not shared.issubset(wanted):
            self.rotate_sender_key(group)
            shared = self._shared.setdefault(group, set())
        return [device for device in wanted if device not in shared]

    def mark_shared(self, group: Jid, devices: Iterable[Jid]) -> None:
        self._shared.setdefault(group, set()).update(devices)

    def rotate_sender_key(self, group: Jid) -> None:
        self._own_keys.pop(group, None)
        self._shared.pop(group, None)

    def distribution(self, group: Jid) -> bytes:
        """The distribution message of the own sender key, from where its chain stands."""
        record = self._own_keys.setdefault(group, SenderKeyRecord())
        return groups.create_distribution(record, self._random)

    def group_encrypt(self, group: Jid, plaintext: bytes) -> bytes:
        record = self._own_keys.get(group)
        if record is None:
            raise NoSenderKey
        return groups.group_encrypt(record, self.pad(plaintext))

    def accept_distribution(self, group: Jid, sender: Jid, data: bytes) -> None:
        record = self._sender_keys.get((group, sender)) or SenderKeyRecord()
        groups.process_distribution(record, data)
        self._sender_keys[group, sender] = record
        if len(self._sender_keys) > MAX_SENDER_KEYS:
            del self._sender_keys[next(iter(self._sender_keys))]

    def group_decrypt(self, group: Jid, sender: Jid, data: bytes) -> bytes:
        record = self._sender_keys.get((group, sender))
        if record is None:
            raise NoSenderKey
        return unpad(groups.group_decrypt(record, data))

    # Saving.

    def export(self) -> SavedKeyring:
        own = [
            SavedSenderKey(
                group=group,
                sender=None,
                record=record.dump(),
                shared=tuple(self._shared.get(group, ())),
            )
            for group, record in self._own_keys.items()
        ]
        others = [
            SavedSenderKey(group=group, sender=sender, record=record.dump())
            for (group, sender), record in self._sender_keys.items()
        ]
        return SavedKeyring(
            local=self.local,
            signed=self.signed,
            prekeys=tuple(self._prekeys.values()),
            next_prekey_id=self._next_prekey_id,
            sessions=tuple(
                SavedSession(device=device, record=record.dump())
                for device, record in self._sessions.items()
            ),
            sender_keys=(*own, *others),
        )

    @classmethod
    def restore(cls, saved: SavedKeyring, random: Random, *, clean: bool) -> "Keyring":
        """A keyring from its saved form.

        When it was not saved at a clean stop, its counters may lie behind those that the other
        side has seen: then it still reads with the old sessions and sender keys, but begins new
        ones before it sends, since a reused counter would be dropped as a duplicate.
        """
        keyring = cls(saved.local, saved.signed, random)
        keyring._prekeys = {prekey.id: prekey for prekey in saved.prekeys}
        keyring._next_prekey_id = saved.next_prekey_id
        for entry in saved.sessions:
            keyring._sessions[entry.device] = SessionRecord.load(entry.record)
        for entry in saved.sender_keys:
            record = SenderKeyRecord.load(entry.record)
            if entry.sender is not None:
                keyring._sender_keys[entry.group, entry.sender] = record
            elif clean:
                keyring._own_keys[entry.group] = record
                keyring._shared[entry.group] = set(entry.shared)
        if not clean:
            keyring._stale = set(keyring._sessions)
        return keyring
