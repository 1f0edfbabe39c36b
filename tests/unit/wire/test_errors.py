"""The errors of the room."""

import inspect

from wigwag.model.errors import WigwagError
from wigwag.wire import errors


def test_every_error_has_a_code_of_its_own_and_a_sentence():
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.WireError)
    ]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(issubclass(kind, WigwagError) and kind.__doc__ for kind in kinds)


def test_an_error_tells_its_sentence():
    assert errors.NoSession().detail == "There is no session with this device yet."
    assert errors.PairingFailure("no").detail == "no"
    assert errors.PairingFailure().reply_code == 500
    assert errors.AppStateKeyMissing(b"\x01").key_id == b"\x01"
