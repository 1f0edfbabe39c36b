"""What is documented of events: every type, and nothing that passes for another."""

from stored.telling import mistakes_of
from wigwag.http.models.eventdata import EVENTS
from wigwag.model.record import EventType


def test_every_type_is_documented() -> None:
    assert set(EVENTS) == set(EventType)


def test_a_field_too_many_or_too_few_is_a_mistake() -> None:
    assert mistakes_of(EventType.PAIRING_CODE, {"code": "ABCD1234"}) == []
    assert mistakes_of(EventType.PAIRING_CODE, {})
    assert mistakes_of(EventType.PAIRING_CODE, {"code": "ABCD1234", "more": 1})
