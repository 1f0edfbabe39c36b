"""What is kept of the sessions with one device, and its stored form.

The stored form is a version byte and the states as MessagePack arrays: new fields go to the end
of a struct, with a default, and older records stay readable.
"""

from itertools import islice
from typing import Annotated, Final, Self

import msgspec

from wigwag.wire.errors import SignalFailure
from wigwag.wire.signal.ratchet import MAX_SKIPPED

MAX_STATES: Final = 40
"""How many sessions with one device are kept, as in libsignal."""
MAX_CHAINS: Final = 5
"""How many receiving chains of a session are kept, as in libsignal."""

FORMAT_VERSION: Final = b"\x01"

Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Uint32 = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)]
Position = Annotated[int, msgspec.Meta(ge=0, le=1 << 32)]
"""The counter of the next message of a chain."""


class Chain(msgspec.Struct, array_like=True):
    """A receiving chain: messages under one ratchet key of the peer.

    `skipped` has the seeds of messages that have not come yet, by counter, oldest first.
    """

    ratchet: Key
    key: Key
    index: Position
    skipped: dict[Uint32, Key]

    def __repr__(self) -> str:
        return f"Chain(index={self.index}, skipped={len(self.skipped)})"


class Pending(msgspec.Struct, array_like=True, frozen=True):
    """The peer's prekeys that we used; told in every message until the peer has answered."""

    signed_id: Uint32
    one_time_id: Uint32 | None


class State(msgspec.Struct, array_like=True):
    """One session. All keys are 32 bytes.

    `base_key` is the initiator's ephemeral key and names the session. `chains` has the newest
    chain last. Without `send_key`, the peer's newest ratchet key has not been answered yet: the
    next message sent makes a new ratchet pair and sending chain (the deferred form of section 6
    of the Double Ratchet specification).
    """

    base_key: Key
    remote_identity: Key
    remote_registration_id: Uint32
    root: Key
    ratchet_private: Key
    ratchet_public: Key
    send_key: Key | None
    send_index: Position
    previous: Uint32
    chains: list[Chain]
    pending: Pending | None

    def __repr__(self) -> str:
        return f"State(chains={self.chains}, send_index={self.send_index}, pending={self.pending})"

    def find_chain(self, ratchet: bytes) -> Chain | None:
        """The receiving chain under this ratchet key."""
        for chain in reversed(self.chains):
            if chain.ratchet == ratchet:
                return chain
        return None


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[State])


class SessionRecord:
    """All sessions with one device, newest first. Changed in place by `wire.signal.session`."""

    __slots__ = ("states",)

    def __init__(self, states: list[State] | None = None) -> None:
        self.states: list[State] = states or []

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The record that `dump` wrote. Raises SignalFailure for anything else."""
        if data[:1] != FORMAT_VERSION:
            raise SignalFailure("The stored session has an unknown format.")
        try:
            return cls(_DECODER.decode(memoryview(data)[1:]))
        except msgspec.DecodeError as exc:
            raise SignalFailure("The stored session is damaged.") from exc

    def dump(self) -> bytes:
        """The record as bytes, for the store."""
        return FORMAT_VERSION + _ENCODER.encode(self.states)

    def copy(self) -> Self:
        """An independent copy."""
        return self.load(self.dump())

    @property
    def is_empty(self) -> bool:
        return not self.states

    @property
    def remote_identity(self) -> bytes | None:
        """The identity key (32 bytes) that the next message is encrypted to."""
        return self.states[0].remote_identity if self.states else None

    @property
    def remote_registration_id(self) -> int | None:
        """The registration id that the device had when the newest session began."""
        return self.states[0].remote_registration_id if self.states else None

    def find_state(self, base_key: bytes) -> State | None:
        """The session that began with this base key."""
        for state in self.states:
            if state.base_key == base_key:
                return state
        return None

    def add(self, state: State) -> None:
        """Make `state` the newest session; those beyond MAX_STATES are forgotten."""
        self.states.insert(0, state)
        del self.states[MAX_STATES:]

    def promote(self, state: State) -> None:
        """Make a known session the newest one again: the peer uses it."""
        if self.states[0] is not state:
            self.states.remove(state)
            self.states.insert(0, state)

    def trim_skipped(self) -> None:
        """Forget the oldest skipped messages beyond MAX_SKIPPED, oldest sessions first."""
        excess = -MAX_SKIPPED
        for state in self.states:
            for chain in state.chains:
                excess += len(chain.skipped)
        if excess <= 0:
            return
        for state in reversed(self.states):
            for chain in state.chains:
                excess -= forget_oldest(chain.skipped, excess)
                if excess <= 0:
                    return


def forget_oldest(skipped: dict[int, bytes], count: int) -> int:
    """Delete up to `count` entries from the front; how many were deleted."""
    oldest = list(islice(skipped, max(count, 0)))
    for counter in oldest:
        del skipped[counter]
    return len(oldest)
