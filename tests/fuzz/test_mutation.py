"""Changes are the same for the same chance, bounded, and mostly leave the form intact."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import pytest

from fuzz.limits import MAX_BYTES
from fuzz.mutation import Mutate, mutate_bytes, mutate_node, mutate_protobuf
from fuzz.nodes import seeds as node_seeds
from fuzz.samples import raw_contents
from wigwag.wire.errors import WireError
from wigwag.wire.nodes import decode_node
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse

KINDS = [
    (mutate_bytes, [b"", b"abc", bytes(MAX_BYTES)]),
    (mutate_protobuf, raw_contents()),
    (mutate_node, node_seeds()),
]


@pytest.mark.parametrize(("mutate", "seeds"), KINDS)
def test_the_same_chance_makes_the_same_change(mutate: Mutate, seeds: Sequence[bytes]) -> None:
    for seed in seeds:
        for number in range(30):
            changed = mutate(seed, Random(number))
            assert changed == mutate(seed, Random(number))
            assert len(changed) <= MAX_BYTES


def test_most_changes_of_a_stanza_are_stanzas() -> None:
    assert _share(mutate_node, node_seeds(), decode_node) > 0.6


def test_most_changes_of_a_message_are_messages() -> None:
    assert _share(mutate_protobuf, raw_contents(), partial(parse, e2e_pb2.Message)) > 0.6


def _share(mutate: Mutate, seeds: Sequence[bytes], read: Callable[[bytes], object]) -> float:
    """How many changes can be read and are others than the seed."""
    changes = [(seed, mutate(seed, Random(number))) for seed in seeds for number in range(40)]
    good = sum(changed != seed and _reads(read, changed) for seed, changed in changes)
    return good / len(changes)


def _reads(read: Callable[[bytes], object], data: bytes) -> bool:
    try:
        read(data)
    except WireError:
        return False
    return True
