"""Sender keys: one sender's messages to one group.

A sender hands its current chain key and signing key to every member over their sessions (the
*distribution*) and then encrypts each message once. A record belongs to one (group, sender
device); the own record of a group is the one with a private signing key. Everything is computed
before anything is assigned: when a function raises, the record is as it was.
"""

import os
from typing import Final, Self

import msgspec

from wigwag.wire.errors import DuplicateMessage, InvalidMessage, NoSenderKey, SignalFailure
from wigwag.wire.signal.curve import RandomBytes, generate_key_pair, sign, verify
from wigwag.wire.signal.messages import (
    Distribution,
    read_distribution,
    read_sender_key_message,
    write_distribution,
    write_group_signed_part,
)
from wigwag.wire.signal.ratchet import (
    MAX_JUMP,
    MAX_SKIPPED,
    chain_step,
    decrypt_body,
    encrypt_body,
    group_keys,
    skip_to,
)
from wigwag.wire.signal.records import FORMAT_VERSION, Key, Position, Uint32, forget_oldest

MAX_STATES: Final = 5
"""How many keys of one sender are kept, as in libsignal."""


class SenderKeyState(msgspec.Struct, array_like=True):
    """One key of the sender. `iteration` is that of the next message.

    `skipped` has the seeds of messages that have not come yet, by iteration, oldest first.
    """

    key_id: Uint32
    iteration: Position
    chain_key: Key
    signing_public: Key
    signing_private: Key | None
    skipped: dict[Uint32, Key]

    def __repr__(self) -> str:
        return f"SenderKeyState(key_id={self.key_id}, iteration={self.iteration})"


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[SenderKeyState])


class SenderKeyRecord:
    """The keys of one sender in one group, newest first. Changed in place by this module."""

    __slots__ = ("states",)

    def __init__(self, states: list[SenderKeyState] | None = None) -> None:
        self.states: list[SenderKeyState] = states or []

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The record that `dump` wrote. Raises SignalFailure for anything else."""
        if data[:1] != FORMAT_VERSION:
            raise SignalFailure("The stored sender key has an unknown format.")
        try:
            return cls(_DECODER.decode(memoryview(data)[1:]))
        except msgspec.DecodeError as exc:
            raise SignalFailure("The stored sender key is damaged.") from exc

    def dump(self) -> bytes:
        """The record as bytes, for the store."""
        return FORMAT_VERSION + _ENCODER.encode(self.states)

    def copy(self) -> Self:
        """An independent copy."""
        return self.load(self.dump())

    @property
    def is_empty(self) -> bool:
        return not self.states

    def find_state(self, key_id: int) -> SenderKeyState | None:
        """The key with this id."""
        for state in self.states:
            if state.key_id == key_id:
                return state
        return None

    def add(self, state: SenderKeyState) -> None:
        """Make `state` the newest key, in place of one with its id."""
        others = [known for known in self.states if known.key_id != state.key_id]
        self.states = [state, *others[: MAX_STATES - 1]]


def create_distribution(record: SenderKeyRecord, random: RandomBytes = os.urandom) -> bytes:
    """The own sender key at its current position, for a member; made first if there is none.

    A new record is a new key: so a member who has left is locked out.
    """
    state = record.states[0] if record.states else None
    if state is None or state.signing_private is None:
        state = _generate(random)
        record.add(state)
    return write_distribution(
        Distribution(state.key_id, state.iteration, state.chain_key, state.signing_public)
    )


def process_distribution(record: SenderKeyRecord, data: bytes) -> None:
    """Take in a sender key that its owner has sent. Raises InvalidMessage or InvalidKey.

    Many clients send it with every message. A key that is known stays where it is, so that late
    messages can still be read, unless the new position is out of its reach.
    """
    new = read_distribution(data)
    state = record.find_state(new.key_id)
    if state is None or state.signing_public != new.signing_public:
        record.add(
            SenderKeyState(new.key_id, new.iteration, new.chain_key, new.signing_public, None, {})
        )
        return
    if state.signing_private is None and new.iteration - state.iteration > MAX_JUMP:
        state.iteration, state.chain_key = new.iteration, new.chain_key
    if record.states[0] is not state:
        record.add(state)


def group_encrypt(
    record: SenderKeyRecord, plaintext: bytes, random: RandomBytes = os.urandom
) -> bytes:
    """Encrypt and sign a message with the own sender key.

    Raises NoSenderKey where `create_distribution` has not made one.
    """
    state = record.states[0] if record.states else None
    if state is None or state.signing_private is None or state.iteration > 0xFFFFFFFF:
        raise NoSenderKey("There is no own sender key for this group.")
    seed, next_key = chain_step(state.chain_key)
    key, iv = group_keys(seed)
    signed = write_group_signed_part(
        state.key_id, state.iteration, encrypt_body(key, iv, plaintext)
    )
    signature = sign(state.signing_private, signed, random)
    state.chain_key = next_key
    state.iteration += 1
    return signed + signature


def group_decrypt(record: SenderKeyRecord, data: bytes) -> bytes:
    """Verify and decrypt a message of the sender.

    Raises NoSenderKey, DuplicateMessage or InvalidMessage; the record is then unchanged.
    """
    message = read_sender_key_message(data)
    state = record.find_state(message.key_id)
    if state is None:
        raise NoSenderKey
    if not verify(state.signing_public, message.signed, message.signature):
        raise InvalidMessage("The signature of the group message is wrong.")
    iteration = message.iteration
    if iteration < state.iteration:
        seed = state.skipped.get(iteration)
        if seed is None:
            raise DuplicateMessage
        plaintext = decrypt_body(*group_keys(seed), message.body)
        del state.skipped[iteration]
        return plaintext
    chain_key, skipped = skip_to(state.chain_key, state.iteration, iteration)
    seed, next_key = chain_step(chain_key)
    plaintext = decrypt_body(*group_keys(seed), message.body)
    state.chain_key = next_key
    state.iteration = iteration + 1
    if skipped:
        state.skipped.update(skipped)
        forget_oldest(state.skipped, len(state.skipped) - MAX_SKIPPED)
    return plaintext


def _generate(random: RandomBytes) -> SenderKeyState:
    """A new key: an id of 31 bits, as libsignal makes it, a chain key and a signing pair."""
    key_id = int.from_bytes(random(4), "big") >> 1
    chain_key = random(32)
    pair = generate_key_pair(random)
    return SenderKeyState(key_id, 0, chain_key, pair.public, pair.private, {})
