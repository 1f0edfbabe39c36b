"""App-state keys and single mutations: encryption, index and value MACs.

The formulas are those of whatsmeow appstate/keys.go, hash.go and decode.go.
"""

import hmac
import os
from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.appstate_actions import (
    Action,
    format_index,
    parse_index,
    read_action,
    read_removal,
)
from wigwag.wire.appstate_writing import write_action
from wigwag.wire.errors import (
    AppStateFailure,
    AppStateKeyMissing,
    AppStateMacMismatch,
    MalformedProtobuf,
)
from wigwag.wire.proto import syncd_pb2
from wigwag.wire.protobuf import parse

VALUE_MAC_BYTES: Final = 32
_INDEX_MAC_BYTES: Final = 32
_IV_BYTES: Final = 16
_BLOCK: Final = 16
_RING_LIMIT: Final = 1_024


class Operation(IntEnum):
    """As numbered on the wire."""

    SET = 0
    REMOVE = 1


class AppStateKeys(Value):
    """What an app-state key becomes; each has 32 bytes."""

    index: bytes
    value: bytes
    value_mac: bytes
    snapshot_mac: bytes
    patch_mac: bytes

    def __repr__(self) -> str:
        return "AppStateKeys(...)"


def expand_key(key_data: bytes) -> AppStateKeys:
    info = b"WhatsApp Mutation Keys"
    keys = HKDF(algorithm=SHA256(), length=160, salt=None, info=info).derive(key_data)
    return AppStateKeys(
        index=keys[:32],
        value=keys[32:64],
        value_mac=keys[64:96],
        snapshot_mac=keys[96:128],
        patch_mac=keys[128:160],
    )


class KeyRing:
    """Expanded keys by their id; `find` gives the 32 bytes of a key, or None."""

    def __init__(self, find: Callable[[bytes], bytes | None]) -> None:
        self._find = find
        self._expanded: dict[bytes, AppStateKeys] = {}

    def keys(self, key_id: bytes) -> AppStateKeys:
        """Raises AppStateKeyMissing."""
        known = self._expanded.get(key_id)
        if known is not None:
            return known
        key_data = self._find(key_id)
        if key_data is None:
            raise AppStateKeyMissing(key_id)
        if len(self._expanded) >= _RING_LIMIT:
            self._expanded.clear()
        expanded = self._expanded[key_id] = expand_key(key_data)
        return expanded


class Mutation(Value):
    """One decrypted change of a collection; `data` is the serialised SyncActionData."""

    operation: Operation
    index: tuple[str, ...]
    action: Action
    timestamp: datetime
    version: int
    index_mac: bytes
    value_mac: bytes
    key_id: bytes
    data: bytes

    @property
    def meaning(self) -> Action:
        """What is so from now on: the action, or that it is undone."""
        return self.action if self.operation is Operation.SET else read_removal(self.index)


class Change(Value):
    """One change to make. A REMOVE names the value that goes by the same action."""

    action: Action
    timestamp: datetime
    operation: Operation = Operation.SET


def encrypt_change(
    change: Change,
    key_id: bytes,
    keys: AppStateKeys,
    random: Callable[[int], bytes] = os.urandom,
) -> syncd_pb2.SyncdMutation:
    """Raises AppStateFailure for an unknown action."""
    written = write_action(change.action, change.timestamp)
    index = format_index(written.index)
    data = syncd_pb2.SyncActionData(index=index, padding=b"", version=written.version)
    data.value.MergeFromString(written.value)
    data.value.timestamp = claims.outgoing_ms(change.timestamp)
    iv = random(_IV_BYTES)
    encrypted = iv + _encrypt(keys.value, iv, data.SerializeToString())
    mutation = syncd_pb2.SyncdMutation()
    mutation.operation = (
        syncd_pb2.SyncdMutation.SET
        if change.operation is Operation.SET
        else syncd_pb2.SyncdMutation.REMOVE
    )
    record = mutation.record
    record.index.blob = hmac.digest(keys.index, index, "sha256")
    record.value.blob = encrypted + _value_mac(change.operation, encrypted, key_id, keys.value_mac)
    record.keyID.ID = key_id
    return mutation


def decrypt_mutation(
    operation: Operation, record: syncd_pb2.SyncdRecord, ring: KeyRing
) -> Mutation:
    """Verify and decrypt one mutation.

    Raises AppStateKeyMissing, AppStateMacMismatch, or AppStateFailure for what is malformed.
    """
    key_id, blob, index_mac = record.keyID.ID, record.value.blob, record.index.blob
    keys = ring.keys(key_id)
    if len(blob) < _IV_BYTES + _BLOCK + VALUE_MAC_BYTES or len(index_mac) != _INDEX_MAC_BYTES:
        raise AppStateFailure("a mutation is too short")
    encrypted, value_mac = blob[:-VALUE_MAC_BYTES], blob[-VALUE_MAC_BYTES:]
    expected = _value_mac(operation, encrypted, key_id, keys.value_mac)
    if not hmac.compare_digest(expected, value_mac):
        raise AppStateMacMismatch("the value MAC of a mutation is wrong")
    mutation = read_mutation(operation, _decrypt(keys.value, encrypted), key_id, keys, value_mac)
    if not hmac.compare_digest(mutation.index_mac, index_mac):
        raise AppStateMacMismatch("the index MAC of a mutation is wrong")
    return mutation


def read_mutation(
    operation: Operation, data: bytes, key_id: bytes, keys: AppStateKeys, value_mac: bytes
) -> Mutation:
    """A mutation from its serialised SyncActionData. Raises AppStateFailure."""
    try:
        parsed = parse(syncd_pb2.SyncActionData, data)
    except MalformedProtobuf as error:
        raise AppStateFailure("the content of a mutation cannot be parsed") from error
    index = parse_index(parsed.index)
    return Mutation(
        operation=operation,
        index=index,
        action=read_action(index, parsed.value),
        timestamp=claims.moment_ms(parsed.value.timestamp),
        version=parsed.version,
        index_mac=hmac.digest(keys.index, parsed.index, "sha256"),
        value_mac=value_mac,
        key_id=key_id,
        data=data,
    )


def _value_mac(operation: Operation, encrypted: bytes, key_id: bytes, key: bytes) -> bytes:
    data = bytes([operation + 1]) + key_id + encrypted + (len(key_id) + 1).to_bytes(8, "big")
    return hmac.digest(key, data, "sha512")[:VALUE_MAC_BYTES]


def _encrypt(key: bytes, iv: bytes, plain: bytes) -> bytes:
    missing = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(plain + bytes([missing]) * missing) + encryptor.finalize()


def _decrypt(key: bytes, encrypted: bytes) -> bytes:
    if len(encrypted) % _BLOCK:
        raise AppStateFailure("a mutation does not end with a whole block")
    decryptor = Cipher(AES(key), CBC(encrypted[:_IV_BYTES])).decryptor()
    padded = decryptor.update(encrypted[_IV_BYTES:]) + decryptor.finalize()
    padding = padded[-1]
    if not 1 <= padding <= _BLOCK:
        raise AppStateFailure("the padding of a mutation is wrong")
    return padded[:-padding]
