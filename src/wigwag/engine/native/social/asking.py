"""Requests of an account's actions, with refusals as errors that a caller can act on."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

from wigwag.engine.common.errors import RequestFailed
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.model.errors import (
    Conflict,
    Forbidden,
    Gone,
    InvalidInput,
    NotApplicable,
    NotFound,
    WigwagError,
)
from wigwag.wire.errors import MalformedNode
from wigwag.wire.mex import NAMESPACE, MexRefused, mex_query, read_mex_result
from wigwag.wire.nodes import Node

TIMEOUT_S: Final = 75.0

_NOT_TAKEN: Final = "WhatsApp does not take that."
_REFUSALS: Final[dict[int, Callable[[], WigwagError]]] = {
    400: lambda: InvalidInput(_NOT_TAKEN),
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    406: lambda: NotApplicable(_NOT_TAKEN),  # whom it does not know, or what is full
    409: Conflict,
    410: Gone,
}


async def ask(link: Link, request: Node) -> Node:
    """The answer to an iq.

    Raises InvalidInput (NotApplicable is one), Forbidden, NotFound, Conflict, Gone, RequestFailed
    (all other codes), RequestTimeout, NotConnected.
    """
    try:
        return await link.connection.request(request, TIMEOUT_S)
    except RequestFailed as error:
        if error.server_code not in _REFUSALS:
            raise
        raise refused(error.server_code) from error


async def ask_mex(link: Link, query_id: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The data of an answer of w:mex. Raises as `ask`, and MalformedNode."""
    request = iq(NAMESPACE, "get", [mex_query(query_id, variables)])
    try:
        return read_mex_result(await ask(link, request))
    except MexRefused as error:
        raise refused(error.server_code) from error


@contextmanager
def saying(sentence: str) -> Generator[None]:
    """Says what it is that WhatsApp does not know."""
    try:
        yield
    except NotFound as error:
        raise NotFound(sentence) from error


def refused(server_code: int) -> WigwagError:
    """A refusal as an error that says what to do: one of those of `ask`."""
    refusal = _REFUSALS.get(server_code)
    return refusal() if refusal is not None else RequestFailed(server_code)


async def ask_for(link: Link, request: Node, tag: str) -> Node:
    """The element `tag` of the answer. Raises as `ask`, and MalformedNode when it is missing."""
    found = (await ask(link, request)).child(tag)
    if found is None:
        raise MalformedNode(f"an answer has no <{tag}>")
    return found
