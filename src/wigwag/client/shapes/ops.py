# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of the server's health."""

from __future__ import annotations

from typing import Literal, TypedDict


class Check(TypedDict):
    """`code` is a stable word, `detail` a sentence; both are empty when all is well.
    `account` says whose connection it is.
    """

    name: str
    state: CheckState
    code: str
    detail: str
    account: str


CheckState = Literal["ok", "degraded", "failed"]
"""`degraded`: messages flow, and something else does not. `failed`: messages do not flow."""


class Live(TypedDict):
    """Live."""

    status: str


class Readiness(TypedDict):
    """`state` is that of the worst check. `problems` has a sentence for each that failed,
    `warnings` one for each that is degraded.
    """

    ready: bool
    state: CheckState
    problems: list[str]
    warnings: list[str]
    checks: list[Check]
