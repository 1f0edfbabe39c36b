"""By what address somebody called."""

from wigwag.engine.whatsmeow.calls import MOST, Callers
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid

ANN, ANN_LID = Jid("15550100002", PN_SERVER), Jid("222", LID_SERVER)
BOB = Jid("15550100003", PN_SERVER)


def test_a_caller_is_named_as_they_called() -> None:
    callers = Callers()
    callers.hear("C1", ANN_LID.with_device(3), ANN)
    callers.hear("C2", ANN, None)
    assert callers.called_as("C1", ANN) == callers.called_as("C1", ANN_LID) == ANN_LID
    assert callers.called_as("C2", ANN) == ANN
    assert callers.called_as("C1", BOB) == BOB, "it is not his call"
    assert callers.called_as("C3", ANN) == ANN, "nothing is known of it"


def test_the_latest_calls_are_remembered() -> None:
    callers = Callers()
    for number in range(MOST + 1):
        callers.hear(f"C{number}", ANN_LID, ANN)
    assert callers.called_as("C0", ANN) == ANN
    assert callers.called_as(f"C{MOST}", ANN) == ANN_LID
