"""What is remembered of each collection beside its version and MACs, over restarts."""

from typing import Any, Final

import msgspec

from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.store.writes import PutNote
from wigwag.model.value import Value

STANDING_NOTE: Final = "appstate_standing"

_encode = msgspec.msgpack.Encoder().encode


class Standing(Value):
    """Where a collection stands; times in Unix seconds, 0 for never.

    `epoch` tells one fetch from the beginning from another, `first` is set until the first one is
    complete. `recovering`: its hashes do not fit, and nothing is fetched until the phone sends a
    copy, which was asked for at `asked_at`.
    """

    epoch: str = ""
    first: bool = True
    waiting_since: float = 0.0
    recovering: bool = False
    asked_at: float = 0.0
    error: str = ""


_decode = msgspec.msgpack.Decoder(dict[str, Standing]).decode


class Standings:
    """The standing of every collection of one account."""

    def __init__(self, link: Link) -> None:
        self._link = link
        note = link.store.find_note(link.account, STANDING_NOTE)
        self._all: dict[str, Standing] = _decode(note) if note is not None else {}

    def of(self, name: str) -> Standing:
        return self._all.get(name, Standing())

    def record(self, batch: Batch, name: str, **changes: Any) -> None:
        """Change it with a batch: durable, and in force, when that is."""
        after = msgspec.structs.replace(self.of(name), **changes)
        batch.changes.add(self._note({**self._all, name: after}))
        batch.afterwards.append(lambda: self._all.update({name: after}))

    def keep(self, name: str, **changes: Any) -> None:
        """Change it now; durable before long."""
        after = msgspec.structs.replace(self.of(name), **changes)
        if after != self.of(name):
            self._all[name] = after
            self._link.store.defer([self._note(self._all)])

    def _note(self, standings: dict[str, Standing]) -> PutNote:
        return PutNote(self._link.account, STANDING_NOTE, _encode(standings))
