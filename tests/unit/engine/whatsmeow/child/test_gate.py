"""What the library may be asked, and when: over every order of events."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.engine.whatsmeow.asks import Ask, ListGroups, LogOut, PairCode
from wigwag.engine.whatsmeow.child.gate import Happening, Stage, after, may_ask, may_disconnect

ASKS: list[Ask] = [ListGroups(), LogOut(), PairCode(phone="1")]


def stage_after(happenings: list[Happening]) -> Stage:
    stage = Stage.NEW
    for happening in happenings:
        stage = after(stage, happening)
    return stage


@given(st.lists(st.sampled_from(Happening), max_size=8))
def test_nothing_is_asked_before_the_first_word_or_after_the_end(
    happenings: list[Happening],
) -> None:
    stage = stage_after(happenings)
    spoke = Happening.CODE in happenings or Happening.CONNECTED in happenings
    if Happening.END in happenings:
        assert stage is Stage.CLOSED
    if not spoke or Happening.END in happenings:
        assert not any(may_ask(stage, ask) for ask in ASKS)
        assert not may_disconnect(stage)


@pytest.mark.parametrize(
    ("happenings", "allowed"),
    [
        ([], []),
        ([Happening.START], []),
        ([Happening.START, Happening.CODE], [PairCode]),
        ([Happening.START, Happening.CONNECTED], [ListGroups, LogOut]),
        ([Happening.START, Happening.CODE, Happening.CONNECTED], [ListGroups, LogOut]),
        ([Happening.START, Happening.CONNECTED, Happening.END], []),
    ],
)
def test_each_stage_has_its_calls(
    happenings: list[Happening], allowed: list[type[msgspec.Struct]]
) -> None:
    stage = stage_after(happenings)
    assert [type(ask) for ask in ASKS if may_ask(stage, ask)] == allowed


def test_a_client_that_pairs_is_not_told_to_disconnect() -> None:
    assert not may_disconnect(Stage.PAIRING)
    assert may_disconnect(Stage.LINKED)
