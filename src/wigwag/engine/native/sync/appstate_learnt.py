"""What the mutations of app state say, put together for one batch."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from wigwag.engine.native.people.audience import STATUS_AUDIENCE
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.store.writes import PutNote
from wigwag.model.appstate import ContactNamed, PushNameSet, TimedChange
from wigwag.model.event import AppStateChanged
from wigwag.model.jid import Jid
from wigwag.wire.appstate_actions import LidLearnt, UnknownAction
from wigwag.wire.appstate_mutation import Mutation

MAX_CHANGES: Final = 500
"""Changes in one event."""

_encode_jids = msgspec.msgpack.Encoder().encode
_decode_jids = msgspec.msgpack.Decoder(list[Jid]).decode


def latest(mutations: Iterable[Mutation]) -> list[Mutation]:
    """Of all mutations of one index the last one, in their order."""
    last: dict[bytes, Mutation] = {}
    for mutation in mutations:
        last.pop(mutation.index_mac, None)
        last[mutation.index_mac] = mutation
    return list(last.values())


class Learnt:
    """The changes of one answer of the server, on their way into a batch."""

    def __init__(self, collection: str, epoch: str, *, first: bool) -> None:
        self._collection = collection
        self._epoch = epoch
        self._first = first
        self._events: list[AppStateChanged] = []
        self._links: list[tuple[Jid, Jid]] = []
        self._audience: dict[Jid, bool] = {}
        self.push_name = ""
        self.ignored: Counter[str] = Counter()
        """Mutations that mean nothing to us, by name."""

    def take(self, version: int, mutations: Sequence[Mutation]) -> None:
        """The mutations that bring the collection to `version`."""
        changes: list[TimedChange] = []
        for mutation in mutations:
            action = mutation.meaning
            match action:
                case UnknownAction(name=name):
                    self.ignored[name] += 1
                    continue
                case LidLearnt(lid=lid, pn=pn):
                    self._links.append((lid, pn))
                    continue
                case ContactNamed():
                    self._contact(action)
                case PushNameSet(name=name):
                    self.push_name = name
                case _:
                    pass
            changes.append(TimedChange(change=action, at=mutation.timestamp))
        for part, at in enumerate(range(0, len(changes), MAX_CHANGES)):
            self._events.append(
                AppStateChanged(
                    collection=self._collection,
                    version=version,
                    epoch=self._epoch,
                    part=part,
                    changes=tuple(changes[at : at + MAX_CHANGES]),
                    first=self._first,
                )
            )

    def _contact(self, contact: ContactNamed) -> None:
        self._audience[contact.jid] = bool(contact.full_name or contact.first_name)
        if contact.alt is not None:
            self._links.append((contact.jid, contact.alt))

    def record(self, batch: Batch) -> None:
        """Put it into the batch: links, changes, and who sees our status updates."""
        for one, other in self._links:
            batch.link(one, other)
        for event in self._events:
            batch.record("app_state", event)
        if self._audience:
            note = batch.store.find_note(batch.account, STATUS_AUDIENCE)
            audience = dict.fromkeys(_decode_jids(note) if note is not None else [])
            for jid, is_contact in self._audience.items():
                if is_contact:
                    audience[jid] = None
                else:
                    audience.pop(jid, None)
            batch.changes.add(PutNote(batch.account, STATUS_AUDIENCE, _encode_jids([*audience])))
