"""Every target under a few hundred small changes of its seeds; many more in the profile `fuzz`."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.registry import load_all
from fuzz.target import Target

TARGETS = load_all()

LONG = 30
"""How many times the examples of a test the profile `fuzz` has."""


def _is_long() -> bool:
    return settings.get_current_profile_name() == "fuzz"


@pytest.fixture(params=list(TARGETS.values()), ids=list(TARGETS))
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    yield request.param
    request.param.close()


def test_a_target_takes_its_seeds(target: Target) -> None:
    for seed in target.seeds():
        target(seed)


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Bytes of any kind, and seeds that were changed some times."""
    seeds = list(target.seeds())

    def changed(at: int, seed: int, times: int) -> bytes:
        data, chance = seeds[at], random.Random(seed)
        for _ in range(times):
            data = target.mutate(data, chance)
        return data

    mutated = st.builds(
        changed, st.integers(0, len(seeds) - 1), st.integers(0, 2**32), st.integers(1, 6)
    )
    return st.one_of(mutated, mutated, mutated, st.binary(max_size=300))


def test_a_target_takes_anything(target: Target) -> None:
    @settings(
        max_examples=target.examples * (LONG if _is_long() else 1),
        derandomize=not _is_long(),
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(inputs(target))
    def takes(data: bytes) -> None:
        target(data)

    takes()
