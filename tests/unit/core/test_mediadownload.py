"""What becomes of a file whose download failed."""

import pytest

from wigwag.core.mediadownload import after_failure
from wigwag.model.errors import MediaCorrupt, MediaGone, MediaTransferFailed, NotConnected
from wigwag.model.record import MediaState


@pytest.mark.parametrize(
    ("error", "attempts", "outcome"),
    [
        (NotConnected(), 3, (MediaState.PENDING, 3, 5)),
        (MediaGone(), 0, (MediaState.GONE, 1, 0)),
        (MediaCorrupt(), 1, (MediaState.PENDING, 2, 10)),
        (MediaCorrupt(), 2, (MediaState.FAILED, 3, 0)),
        (MediaTransferFailed(), 0, (MediaState.PENDING, 1, 2)),
        (ValueError(), 7, (MediaState.FAILED, 8, 0)),
    ],
)
def test_what_a_failure_makes_of_a_file(
    error: Exception, attempts: int, outcome: tuple[MediaState, int, int]
) -> None:
    assert after_failure(error, attempts) == outcome
