"""A device that speaks Signal with another one, for tests: keys, a session record, no network."""

import random

from wigwag.wire.errors import SignalFailure
from wigwag.wire.signal.curve import generate_key_pair
from wigwag.wire.signal.keys import (
    LocalIdentity,
    PreKey,
    PreKeyBundle,
    SignedPreKey,
    make_signed_prekey,
)
from wigwag.wire.signal.session import (
    Ciphertext,
    SessionRecord,
    decrypt_message,
    decrypt_prekey_message,
    encrypt,
    start_session,
)

SIGNED_ID = 9


class Device:
    """One of two devices. Its record is dumped and loaded again after every step."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed).randbytes
        self.local = LocalIdentity(generate_key_pair(self.random), 1_000_000 + seed)
        self.signed = make_signed_prekey(self.local.identity, SIGNED_ID, self.random)
        self.prekeys: dict[int, PreKey] = {}
        self.made_prekeys = 0
        self.record = SessionRecord()

    def find_prekey(self, prekey_id: int, /) -> PreKey | None:
        return self.prekeys.get(prekey_id)

    def find_signed_prekey(self, prekey_id: int, /) -> SignedPreKey | None:
        return self.signed if prekey_id == SIGNED_ID else None

    def bundle(self, *, one_time: bool = True) -> PreKeyBundle:
        """What the server would hand out, with a new one-time key or without one."""
        prekey = None
        if one_time:
            self.made_prekeys += 1
            prekey = PreKey(self.made_prekeys, generate_key_pair(self.random))
            self.prekeys[prekey.id] = prekey
        return PreKeyBundle(
            self.local.registration_id,
            self.local.identity.public,
            self.signed.id,
            self.signed.pair.public,
            self.signed.signature,
            prekey.id if prekey else None,
            prekey.pair.public if prekey else None,
        )

    def start(self, bundle: PreKeyBundle) -> None:
        start_session(self.local, bundle, self.record, self.random)
        self.store()

    def send(self, plaintext: bytes) -> Ciphertext:
        sent = encrypt(self.local, self.record, plaintext, self.random)
        self.store()
        return sent

    def receive(self, sent: Ciphertext) -> bytes:
        """Decrypt; a failure must leave the record as it was."""
        before = self.record.dump()
        try:
            plaintext = self.decrypt(sent)
        except SignalFailure:
            assert self.record.dump() == before
            raise
        self.store()
        return plaintext

    def decrypt(self, sent: Ciphertext) -> bytes:
        if sent.kind == "msg":
            return decrypt_message(self.local, self.record, sent.data)
        plaintext, used = decrypt_prekey_message(self.local, self.record, sent.data, self)
        if used is not None:
            del self.prekeys[used]
        return plaintext

    def store(self) -> None:
        self.record = SessionRecord.load(self.record.dump())


def connected(*, one_time: bool = True) -> tuple[Device, Device]:
    """Two devices whose session both have used."""
    alice, bob = Device(1), Device(2)
    alice.start(bob.bundle(one_time=one_time))
    bob.receive(alice.send(b"hello"))
    alice.receive(bob.send(b"hello yourself"))
    return alice, bob
