"""What an engine cannot is said with the word for programs and the next step for people."""

import pytest

from wigwag.model.capability import EVERYTHING, Capability
from wigwag.model.errors import NotSupportedByEngine


@pytest.mark.parametrize("capability", Capability)
def test_a_capability_reads_as_the_end_of_a_sentence(capability: Capability) -> None:
    assert capability == capability.value == Capability(capability.value)
    assert capability.what[0].islower()
    assert not capability.what.endswith(".")
    assert capability in EVERYTHING


def test_the_error_names_what_is_missing_why_and_what_to_do() -> None:
    error = NotSupportedByEngine(Capability.MEDIA_RETRY, "The library does not offer it.")
    assert error.detail == (
        "The engine of this account cannot ask the phone to upload a file again. The library does "
        "not offer it. Take the native engine for it (docs/howto/engines.md)."
    )
    assert (error.status, error.code) == (501, "not_supported_by_engine")
    assert error.facts == {"capability": "media_retry"}
    assert "  " not in NotSupportedByEngine(Capability.COUNTERS).detail
