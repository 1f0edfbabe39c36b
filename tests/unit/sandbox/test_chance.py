"""Randomness: from a seed the same, over restarts never the same but for the server's keys."""

from wigwag.sandbox.chance import Chance
from wigwag.sandbox.saving.network_state import SavedNetwork
from wigwag.sandbox.saving.saved_state import FORMAT, SavedSandbox


def saved(chance: Chance) -> SavedSandbox:
    network = SavedNetwork(accounts=(), groups=(), collections=())
    return SavedSandbox(
        format=FORMAT, clean=True, boots=chance.boots, secret=chance.secret, network=network
    )


def test_a_seed_decides() -> None:
    assert Chance(1).stream("a")(8) == Chance(1).stream("a")(8)
    assert Chance(1).stream("a")(8) != Chance(1).stream("b")(8)
    assert Chance(1).stream("a")(8) != Chance(2).stream("a")(8)
    assert Chance(1).generator("a").random() == Chance(1).generator("a").random()


def test_without_a_seed_nothing_repeats() -> None:
    assert Chance(None).stream("a")(8) != Chance(None).stream("a")(8)
    assert Chance(None).lasting_stream("a")(8) != Chance(None).lasting_stream("a")(8)


def test_a_restart_goes_on() -> None:
    for seed in (1, None):
        first = Chance(seed)
        second = Chance(seed, saved(first))
        assert second.boots == 2
        assert first.stream("a")(8) != second.stream("a")(8)
        assert first.lasting_stream("server")(32) == second.lasting_stream("server")(32)
