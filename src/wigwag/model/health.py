"""How well the server is, check by check."""

from collections.abc import Iterable
from enum import StrEnum

from wigwag.model.value import Value


class CheckState(StrEnum):
    """`degraded`: messages flow, and something else does not. `failed`: messages do not flow."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


class Check(Value):
    """One thing that was looked at. `code` is a stable word, `detail` a sentence that says more;
    both are empty when all is well."""

    name: str
    state: CheckState = CheckState.OK
    code: str = ""
    detail: str = ""
    account: str = ""


def worst(checks: Iterable[Check]) -> CheckState:
    """What the checks come to, all in all."""
    states = {check.state for check in checks}
    for state in (CheckState.FAILED, CheckState.DEGRADED):
        if state in states:
            return state
    return CheckState.OK
