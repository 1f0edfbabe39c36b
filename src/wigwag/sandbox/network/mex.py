"""Queries of w:mex: each document that clients ask for by its number is answered by its noun."""

import binascii
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from wigwag.model.errors import InvalidInput
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.network.stanzas import iq_result
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.mex import mex_refusal, mex_result, read_mex_query
from wigwag.wire.nodes import Node

Json = dict[str, Any]

MexAnswer = Callable[[Device, Json], Json]
"""The data that answers the variables of a query. Raises MexRefusal, InvalidInput,
msgspec.ValidationError, binascii.Error."""


class MexRefusal(Exception):
    """A query that is answered with an error of GraphQL."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class MexRequests:
    """Answers the namespace w:mex."""

    def __init__(self, board: Switchboard, answers: Mapping[str, MexAnswer]) -> None:
        self._board = board
        self._answers = answers

    def answer(self, device: Device, iq: Node) -> Node:
        asked = iq.child("query")
        number, variables = read_mex_query(asked) if asked is not None else ("", {})
        answer = self._answers.get(number)
        if answer is None:
            self._board.counters["unknown_mex"] += 1
            return iq_result(iq, mex_refusal(400))
        try:
            return iq_result(iq, mex_result(answer(device, variables)))
        except MexRefusal as error:
            return iq_result(iq, mex_refusal(error.code))
        except (msgspec.ValidationError, InvalidInput, binascii.Error):
            self._board.counters["malformed_mex"] += 1
            return iq_result(iq, mex_refusal(400))
