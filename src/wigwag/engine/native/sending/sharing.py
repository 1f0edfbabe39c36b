"""Which devices have our sender key of which group, so that each gets it once."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from wigwag.engine.native.link import Link
from wigwag.engine.native.people.sessions import Changes, Sessions
from wigwag.engine.native.store.writes import PutShared
from wigwag.model.jid import Jid

MAX_CACHED: Final = 512
_UNKNOWN: Final = -(2**32) - 1
"""Who may have a key, and whether he has is not known: no number of a key, under way or not."""


class Sharing:
    """The holders of our sender keys, by Signal address.

    What is remembered of a holder is a number that depends on the key and on the holder's identity,
    so that a new key, or a device that was set up anew, counts as not shared. While the message
    that brings the key is not acknowledged it is the complement of that number: after a stop nobody
    knows whether such a message arrived, so its readers may have the key, and get it again.
    """

    def __init__(self, link: Link, sessions: Sessions) -> None:
        self._link = link
        self._sessions = sessions
        self._holders: OrderedDict[Jid, dict[str, int]] = OrderedDict()
        self._generation = sessions.generation

    def has_left(self, group: Jid, addresses: Iterable[str]) -> bool:
        """Whether a device that has our key is not among those that a message is for."""
        return not self._load(group).keys() <= set(addresses)

    def lacking(
        self, group: Jid, key_id: int, devices: Sequence[tuple[Jid, str]]
    ) -> list[tuple[Jid, str]]:
        """Those devices (with their Signal addresses) that do not have the key `key_id`."""
        holders = self._load(group)
        fingerprint = self._sessions.fingerprint
        return [
            (device, address)
            for device, address in devices
            if not _is(holders.get(address), fingerprint(address, key_id))
        ]

    def mark(
        self, group: Jid, key_id: int, addresses: Iterable[str], changes: Changes
    ) -> dict[str, int]:
        """These devices get the key `key_id` with the message that `changes` belongs to; what to
        `confirm` when it is acknowledged."""
        holders = self._load(group)
        marks: dict[str, int] = {}
        for address in addresses:
            known = changes.known_identity(address)
            mark = marks[address] = self._sessions.fingerprint(address, key_id, known)
            if holders.get(address) != mark:
                holders[address] = ~mark
        self._save(group, holders, changes)
        return marks

    def confirm(self, group: Jid, marks: Mapping[str, int], changes: Changes) -> None:
        """The message that brought the key to these devices is acknowledged."""
        holders = self._load(group)
        news = {at: mark for at, mark in marks.items() if holders.get(at) == ~mark}
        if news:
            holders |= news
            self._save(group, holders, changes)

    def unmark(self, group: Jid, addresses: Iterable[str], changes: Changes) -> None:
        """Whether these devices have the key is not known any more."""
        holders = self._load(group)
        for address in addresses:
            holders.pop(address, None)
        self._save(group, holders, changes)

    def renew(self, group: Jid, changes: Changes) -> None:
        """Forget the key itself: whoever left the group must not read on."""
        self._sessions.drop_sender_key(group, self._link.own_lid, changes)
        self._holders[group] = {}
        self._save(group, {}, changes)

    def _load(self, group: Jid) -> dict[str, int]:
        if self._generation != self._sessions.generation:
            self._generation = self._sessions.generation
            self._holders.clear()
        holders = self._holders.get(group)
        if holders is None:
            stored = self._link.store.find_shared(self._link.account, str(group))
            holders = {at: mark if mark >= 0 else _UNKNOWN for at, mark in stored.items()}
            self._holders[group] = holders
            while len(self._holders) > MAX_CACHED:
                self._holders.popitem(last=False)
        self._holders.move_to_end(group)
        return holders

    def _save(self, group: Jid, holders: dict[str, int], changes: Changes) -> None:
        changes.add(PutShared(self._link.account, str(group), dict(holders)))


def _is(known: int | None, mark: int) -> bool:
    """Whether a holder has this key, or it is under way to him."""
    return known is not None and known in (mark, ~mark)
