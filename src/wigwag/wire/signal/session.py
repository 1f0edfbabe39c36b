"""Sessions with one device: the Double Ratchet, with several sessions side by side.

Both devices may begin a session at the same time, and messages come late, twice or never, so a
record keeps earlier sessions: a message is read by whichever session fits, and that session is
the one that answers. Everything is computed before anything is assigned: when a function raises,
the record is as it was.
"""

import os
from typing import Final, Literal

from wigwag.model.value import Value
from wigwag.wire.errors import DuplicateMessage, InvalidMessage, NoSession, SignalFailure
from wigwag.wire.signal.agreement import initiate, respond
from wigwag.wire.signal.curve import RandomBytes, agree, generate_key_pair, load_private
from wigwag.wire.signal.keys import LocalIdentity, PreKeyBundle, PreKeySource
from wigwag.wire.signal.messages import (
    SignalMessage,
    read_prekey_message,
    read_signal_message,
    write_prekey_message,
    write_signed_part,
)
from wigwag.wire.signal.ratchet import (
    MAX_JUMP,
    chain_step,
    message_mac,
    next_root,
    seal,
    skip_to,
    unseal,
)
from wigwag.wire.signal.records import MAX_CHAINS, Chain, SessionRecord, State

__all__ = [
    "Ciphertext",
    "SessionRecord",
    "decrypt_message",
    "decrypt_prekey_message",
    "encrypt",
    "prekey_message_identity",
    "start_session",
]

_WORK: Final = 10_000
"""How many chain steps one message may cost over all sessions; an agreement counts as 32."""


class Ciphertext(Value, kw_only=False):
    """An encrypted message and the type that its stanza must have."""

    kind: Literal["pkmsg", "msg"]
    data: bytes


def start_session(
    local: LocalIdentity,
    bundle: PreKeyBundle,
    record: SessionRecord,
    random: RandomBytes = os.urandom,
) -> None:
    """Begin a new session with the owner of `bundle`; earlier ones are kept for late messages.

    Raises InvalidKey when the bundle is not properly signed.
    """
    record.add(initiate(local, bundle, random))


def encrypt(
    local: LocalIdentity,
    record: SessionRecord,
    plaintext: bytes,
    random: RandomBytes = os.urandom,
) -> Ciphertext:
    """Encrypt in the newest session; a `pkmsg` until the device has answered in it.

    Raises NoSession.
    """
    if not record.states:
        raise NoSession
    state = record.states[0]
    if state.send_key is None:
        _turn(state, random)
    chain_key, counter = state.send_key, state.send_index
    if chain_key is None or counter > 0xFFFFFFFF:
        raise NoSession("The session is used up; begin a new one.")
    seed, next_key = chain_step(chain_key)
    body, mac_key = seal(seed, plaintext)
    signed = write_signed_part(state.ratchet_public, counter, state.previous, body)
    own_identity = local.identity.public
    data = signed + message_mac(mac_key, own_identity, state.remote_identity, signed)
    state.send_key = next_key
    state.send_index = counter + 1
    pending = state.pending
    if pending is None:
        return Ciphertext("msg", data)
    wrapped = write_prekey_message(
        registration_id=local.registration_id,
        one_time_id=pending.one_time_id,
        signed_id=pending.signed_id,
        base_key=state.base_key,
        identity=own_identity,
        message=data,
    )
    return Ciphertext("pkmsg", wrapped)


def decrypt_message(local: LocalIdentity, record: SessionRecord, data: bytes) -> bytes:
    """Decrypt a `msg` in whichever session fits, and make that the newest one.

    Raises NoSession, DuplicateMessage, InvalidMessage or InvalidKey; the record is then unchanged.
    """
    message = read_signal_message(data)
    if not record.states:
        raise NoSession
    duplicate = False
    for state in _candidates(record, message):
        try:
            return _decrypt_in(local, record, state, message)
        except DuplicateMessage:
            duplicate = True
        except SignalFailure:
            continue
    raise DuplicateMessage if duplicate else InvalidMessage


def decrypt_prekey_message(
    local: LocalIdentity, record: SessionRecord, data: bytes, prekeys: PreKeySource
) -> tuple[bytes, int | None]:
    """Decrypt a `pkmsg`: the plaintext, and the one-time prekey that is used up by it.

    A known base key leads to its session; otherwise a new session begins. The caller deletes the
    one-time prekey together with storing the record, and afterwards compares
    `record.remote_identity` with the identity that it trusts (`prekey_message_identity` tells it
    beforehand).

    Raises DuplicateMessage, InvalidMessage or InvalidKey; the record is then unchanged.
    """
    first = read_prekey_message(data)
    state = record.find_state(first.base_key)
    if state is not None:
        if state.remote_identity != first.identity:
            raise InvalidMessage("The message claims another identity than its session has.")
        return _decrypt_in(local, record, state, first.message), None
    state = respond(local, first, prekeys)
    plaintext = _receive(local, state, first.message)
    record.add(state)
    record.trim_skipped()
    return plaintext, first.one_time_id


def prekey_message_identity(data: bytes) -> bytes:
    """The identity key (32 bytes) that a `pkmsg` claims, before anything is decrypted.

    Raises InvalidMessage or InvalidKey.
    """
    return read_prekey_message(data).identity


def _candidates(record: SessionRecord, message: SignalMessage) -> list[State]:
    """The sessions that may have sent `message`, within the bound of work.

    A ratchet key that is known belongs to the sessions that know it. For an unknown one every
    session would have to try an agreement and all the steps up to the counter.
    """
    knowing = [state for state in record.states if state.find_chain(message.ratchet)]
    if knowing:
        return knowing
    if message.counter > MAX_JUMP:
        return []
    return record.states[: max(1, _WORK // (message.counter + 32))]


def _decrypt_in(
    local: LocalIdentity, record: SessionRecord, state: State, message: SignalMessage
) -> bytes:
    plaintext = _receive(local, state, message)
    record.promote(state)
    record.trim_skipped()
    return plaintext


def _receive(local: LocalIdentity, state: State, message: SignalMessage) -> bytes:
    """Decrypt in one session, which moves on only when the message is authentic."""
    chain = state.find_chain(message.ratchet)
    if chain is not None:
        plaintext = _read(local, state, chain, message)
    else:
        shared = agree(load_private(state.ratchet_private), message.ratchet)
        root, chain_key = next_root(state.root, shared)
        chain = Chain(message.ratchet, chain_key, 0, {})
        plaintext = _read(local, state, chain, message)
        state.root = root
        state.chains.append(chain)
        del state.chains[:-MAX_CHAINS]
        state.send_key = None
    state.pending = None
    return plaintext


def _read(local: LocalIdentity, state: State, chain: Chain, message: SignalMessage) -> bytes:
    """Decrypt in one chain, which moves on only when the message is authentic."""
    counter = message.counter
    if counter < chain.index:
        seed = chain.skipped.get(counter)
        if seed is None:
            raise DuplicateMessage
        plaintext = unseal(seed, message, state.remote_identity, local.identity.public)
        del chain.skipped[counter]
        return plaintext
    chain_key, skipped = skip_to(chain.key, chain.index, counter)
    seed, next_key = chain_step(chain_key)
    plaintext = unseal(seed, message, state.remote_identity, local.identity.public)
    chain.key = next_key
    chain.index = counter + 1
    if skipped:
        chain.skipped.update(skipped)
    return plaintext


def _turn(state: State, random: RandomBytes) -> None:
    """Answer the peer's newest ratchet key with a new one of ours and a new sending chain."""
    if not state.chains:
        raise NoSession("The stored session is damaged; begin a new one.")
    pair = generate_key_pair(random)
    shared = agree(load_private(pair.private), state.chains[-1].ratchet)
    state.root, state.send_key = next_root(state.root, shared)
    state.ratchet_private, state.ratchet_public = pair.private, pair.public
    state.previous = max(state.send_index - 1, 0)
    state.send_index = 0
