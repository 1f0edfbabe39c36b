"""The sender keys of one emulated device: its own per group, and those of others."""

from collections.abc import Callable, Iterable

from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire.errors import NoSenderKey
from wigwag.wire.padding import pad, unpad
from wigwag.wire.signal import sender_keys as groups
from wigwag.wire.signal.sender_keys import SenderKeyRecord

Random = Callable[[int], bytes]

MAX_SENDER_KEYS = 10_000
"""Keys of others that one device keeps; the oldest leaves first."""


class SavedSenderKey(Value):
    """`sender` is None for the key that this device sends with; `shared` are its holders."""

    group: Jid
    sender: Jid | None
    record: bytes
    shared: tuple[Jid, ...] = ()


class GroupKeys:
    """Sender keys by group, and who holds the own ones."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._sender_keys: dict[tuple[Jid, Jid], SenderKeyRecord] = {}
        self._own_keys: dict[Jid, SenderKeyRecord] = {}
        self._shared: dict[Jid, set[Jid]] = {}

    def pad(self, plaintext: bytes) -> bytes:
        return pad(plaintext, self._random(1)[0])

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

    def forget_holder(self, user: Jid) -> None:
        """The user lost the keys that it held: it is to be given them again."""
        for group, shared in self._shared.items():
            if any(device.bare == user.bare for device in shared):
                self._shared[group] = {one for one in shared if one.bare != user.bare}

    # Saving.

    def export_sender_keys(self) -> tuple[SavedSenderKey, ...]:
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
        return (*own, *others)

    def restore_sender_keys(self, saved: Iterable[SavedSenderKey], *, with_own: bool) -> None:
        """Take saved keys back; without the own ones new ones are made when they are needed."""
        for entry in saved:
            record = SenderKeyRecord.load(entry.record)
            if entry.sender is not None:
                self._sender_keys[entry.group, entry.sender] = record
            elif with_own:
                self._own_keys[entry.group] = record
                self._shared[entry.group] = set(entry.shared)
