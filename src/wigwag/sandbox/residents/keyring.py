"""The Signal keys, sessions and sender keys of one emulated device."""

from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.residents.groupkeys import GroupKeys, Random, SavedSenderKey
from wigwag.wire.errors import NoSession
from wigwag.wire.padding import unpad
from wigwag.wire.signal import session as sessions
from wigwag.wire.signal.curve import generate_key_pair
from wigwag.wire.signal.keys import (
    LocalIdentity,
    PreKey,
    PreKeyBundle,
    SignedPreKey,
    make_signed_prekey,
)
from wigwag.wire.signal.session import Ciphertext, SessionRecord

MAX_SESSIONS = 10_000
MAX_PREKEYS = 1_000
"""What one device keeps; the oldest leaves first."""


class SavedSession(Value):
    device: Jid
    record: bytes


class SavedKeyring(Value):
    """A keyring as it is saved."""

    local: LocalIdentity
    signed: SignedPreKey
    prekeys: tuple[PreKey, ...]
    next_prekey_id: int
    sessions: tuple[SavedSession, ...]
    sender_keys: tuple[SavedSenderKey, ...]


class Keyring(GroupKeys):
    """All the Signal state of one device; sessions by the LID address of the other device."""

    def __init__(self, local: LocalIdentity, signed: SignedPreKey, random: Random) -> None:
        super().__init__(random)
        self.local = local
        self.signed = signed
        self._prekeys: dict[int, PreKey] = {}
        self._next_prekey_id = 1
        self._sessions: dict[Jid, SessionRecord] = {}
        self._stale: set[Jid] = set()

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
        self.forget_holder(user)

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

    def _keep_session(self, device: Jid, record: SessionRecord) -> None:
        self._sessions[device] = record
        if len(self._sessions) > MAX_SESSIONS:
            self.forget_session(next(iter(self._sessions)))

    # Saving.

    def export(self) -> SavedKeyring:
        return SavedKeyring(
            local=self.local,
            signed=self.signed,
            prekeys=tuple(self._prekeys.values()),
            next_prekey_id=self._next_prekey_id,
            sessions=tuple(
                SavedSession(device=device, record=record.dump())
                for device, record in self._sessions.items()
            ),
            sender_keys=self.export_sender_keys(),
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
        keyring.restore_sender_keys(saved.sender_keys, with_own=clean)
        if not clean:
            keyring._stale = set(keyring._sessions)
        return keyring
