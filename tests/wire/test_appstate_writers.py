"""Two writers of one collection and a server between them: whatever they do, both end equal."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from values.appstate import times
from wigwag.model.appstate import ChatArchived, ChatPinned
from wigwag.model.jid import Jid
from wigwag.wire.appstate import (
    EMPTY_STATE,
    Applied,
    CollectionState,
    Patch,
    apply_patch,
    make_patch,
    number_patch,
)
from wigwag.wire.appstate_actions import Action
from wigwag.wire.appstate_mutation import Change, KeyRing, Mutation, Operation
from wigwag.wire.appstate_recovery import PlainRecord, Recovery, format_recovery
from wigwag.wire.lthash import EMPTY, update_hash

NAME = "regular_low"
KEYS = {b"\0\0key1": b"1" * 32, b"\0\0key2": b"2" * 32}
CHATS = [Jid(f"1555000000{n}", "s.whatsapp.net") for n in range(4)]

actions = st.one_of(
    st.builds(ChatPinned, chat=st.sampled_from(CHATS), pinned=st.booleans()),
    st.builds(ChatArchived, chat=st.sampled_from(CHATS), archived=st.booleans()),
)
changes = st.lists(
    st.builds(
        Change,
        action=actions,
        timestamp=times,
        operation=st.sampled_from((Operation.SET, Operation.SET, Operation.REMOVE)),
    ),
    min_size=1,
    max_size=3,
)
writers = st.integers(0, 1)


@dataclass
class Writer:
    """A device: what it knows of the collection."""

    state: CollectionState = EMPTY_STATE
    macs: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    values: dict[bytes, Mutation] = field(default_factory=dict[bytes, Mutation])

    def take(self, applied: Applied) -> None:
        self.state = applied.state
        for mutation in applied.mutations:
            self.values[mutation.index_mac] = mutation
        for index in applied.removed_macs:
            self.macs.pop(index, None)
            self.values.pop(index, None)
        self.macs.update(applied.set_macs)

    def meanings(self) -> dict[bytes, Action]:
        return {index: mutation.action for index, mutation in self.values.items()}


class TwoWriters(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ring = KeyRing(KEYS.get)
        self.patches: list[bytes] = []
        self.writers = [Writer(), Writer()]

    def follow(self, writer: Writer, at_most: int) -> None:
        for raw in self.patches[writer.state.version :][:at_most]:
            writer.take(apply_patch(NAME, writer.state, Patch(raw), self.ring, writer.macs.get))

    @rule(who=writers, made=changes, key_id=st.sampled_from(sorted(KEYS)))
    def write(self, who: int, made: list[Change], key_id: bytes) -> None:
        """The server takes a patch on top of the newest version; else it is a conflict."""
        writer = self.writers[who]
        for _ in range(2):
            patch = make_patch(
                NAME, writer.state, made, key_id, self.ring, find_mac=writer.macs.get
            )
            if writer.state.version == len(self.patches):
                self.patches.append(number_patch(patch.raw, len(self.patches) + 1))
                return
            self.follow(writer, len(self.patches))

    @rule(who=writers, at_most=st.integers(1, 3))
    def read(self, who: int, at_most: int) -> None:
        self.follow(self.writers[who], at_most)

    @rule(who=writers)
    def begin_anew(self, who: int) -> None:
        self.writers[who] = Writer()

    @precondition(lambda self: self.patches)
    @rule(who=writers)
    def recover(self, who: int) -> None:
        """One device takes over the whole collection of the other, in the clear."""
        other = self.writers[1 - who]
        records = [
            PlainRecord(data=one.data, key_id=one.key_id, value_mac=one.value_mac)
            for one in other.values.values()
        ]
        raw = format_recovery(NAME, other.state, records)
        self.writers[who] = Writer()
        self.writers[who].take(Recovery(raw, compressed=True).apply(self.ring))

    @invariant()
    def every_hash_is_of_its_values(self) -> None:
        for writer in self.writers:
            assert writer.state.hash == update_hash(EMPTY, (), writer.macs.values())
            assert writer.macs.keys() == writer.values.keys()

    def teardown(self) -> None:
        one, other = self.writers
        for writer in self.writers:
            self.follow(writer, len(self.patches))
        assert (one.state, one.macs, one.meanings()) == (other.state, other.macs, other.meanings())
        assert one.state.version == len(self.patches)


TestTwoWriters = TwoWriters.TestCase
TestTwoWriters.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
