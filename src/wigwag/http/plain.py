"""Routes that want their caller's key, their path and their query alone, called straight.

For each request FastAPI works out anew what a route wants, in contexts that close what was opened
for it; that takes several times as long as to read a message. What a plain route wants is worked
out once, at the start. FastAPI documents it like any other, and calls those that want more.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol, get_args, get_origin

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from wigwag.http.callers import Gate
from wigwag.http.parameters import parameters_of
from wigwag.http.problems import KNOWN_ERRORS, error_response

Errors = list[dict[str, Any]]


class _Field(Protocol):
    """A parameter as FastAPI keeps it; what it finds wrong is told as FastAPI tells it."""

    name: str
    field_info: FieldInfo

    @property
    def alias(self) -> str: ...

    def get_default(self) -> Any: ...

    def validate(
        self, value: Any, values: dict[str, Any] = ..., *, loc: tuple[int | str, ...] = ...
    ) -> tuple[Any, Errors]: ...


class _Word(NamedTuple):
    """A parameter that is one word of the path, or one of the query."""

    field: _Field
    name: str
    alias: str
    loc: tuple[str, str]

    @property
    def is_text(self) -> bool:
        """Whether any text is right, as it is."""
        return self.field.field_info.annotation is str and not self.field.field_info.metadata

    def read(self, given: Mapping[str, str]) -> tuple[Any, Errors]:
        text = given.get(self.alias)
        if text is None:
            return self.field.get_default(), []
        return self.field.validate(text, {}, loc=self.loc)


class _Model(NamedTuple):
    """A query that is read as one model. `names` are its fields as callers write them, each with
    whether it may be repeated; of any other the last one counts."""

    field: _Field
    name: str
    names: tuple[tuple[str, bool], ...]

    def read(self, given: Mapping[str, str]) -> tuple[Any, Errors]:
        found: dict[str, Any] = {}
        if isinstance(given, QueryParams):
            for name, is_list in self.names:
                if name in given:
                    found[name] = given.getlist(name) if is_list else given[name]
        return self.field.validate(found, {}, loc=("query",))


class PlainRoute:
    """A route with all that it wants, worked out."""

    def __init__(
        self,
        route: APIRoute,
        gates: Mapping[Gate, str | None],
        path: tuple[_Word, ...],
        query: tuple[_Word | _Model, ...],
    ) -> None:
        self.route = route
        self._endpoint: Callable[..., Awaitable[Response]] = route.endpoint
        self._gates = tuple(gates.items())
        self._texts = tuple((word.name, word.alias) for word in path if word.is_text)
        self._words = tuple(word for word in path if not word.is_text)
        self._query = query
        self._parameters = parameters_of(route)
        unasked = {part.name: part.read({}) for part in query}
        self._unasked = {name: value for name, (value, _) in unasked.items()}
        """What a query stands for that asks for nothing; endpoints change none of it."""
        self._unasked_errors = [error for _, wrong in unasked.values() for error in wrong]
        self._request = route.dependant.request_param_name

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> Response:
        """The answer to the request, whose `path_params` are in the scope; what is wrong with it,
        too."""
        try:
            values = await self._values(scope)
            if self._request is not None:
                values[self._request] = Request(scope, receive, send)
            return await self._endpoint(**values)
        except KNOWN_ERRORS as error:
            return error_response(error, Request(scope, receive, send))

    async def _values(self, scope: Scope) -> dict[str, Any]:
        """What the endpoint is called with. Raises InvalidInput (a parameter that there is not),
        ScopeMissing, NotFound, and RequestValidationError of all that is wrong with path and query.
        """
        asked: bytes = scope["query_string"]
        query = QueryParams(asked) if asked else None
        if query is not None and self._parameters is not None:
            self._parameters.check(query)
        values: dict[str, Any] = {}
        for gate, name in self._gates:
            key = await gate.admit(scope)
            if name is not None:
                values[name] = key
        errors: Errors = []
        path: Mapping[str, str] = scope["path_params"]
        for name, alias in self._texts:
            values[name] = path[alias]
        for word in self._words:
            values[word.name], wrong = word.read(path)
            errors += wrong
        if query is not None:
            for part in self._query:
                values[part.name], wrong = part.read(query)
                errors += wrong
        else:
            values |= self._unasked
            errors += self._unasked_errors
        if errors:
            raise RequestValidationError(errors)
        return values


def plain_route(route: APIRoute) -> PlainRoute | None:
    """The route as a plain one; None for one that wants more, or may read a body, or answers with
    a stream or with no response."""
    wanted = route.dependant
    gates = _gates_of(wanted)
    query = _query_of(wanted)
    if (
        gates is None
        or query is None
        or not _has_plain_wants(wanted)
        or (wanted.request_param_name and route.methods != {"GET"})
        or not _answers_itself(route.endpoint)
    ):
        return None
    path = tuple(_word(field, "path") for field in wanted.path_params)
    return PlainRoute(route, gates, path, query)


def _answers_itself(endpoint: Callable[..., Any]) -> bool:
    answer = inspect.signature(endpoint, eval_str=True).return_annotation
    return inspect.iscoroutinefunction(endpoint) and answer in (Response, JSONResponse)


def _has_plain_wants(wanted: Dependant) -> bool:
    return not (
        wanted.header_params
        or wanted.cookie_params
        or wanted.body_params
        or wanted.http_connection_param_name
        or wanted.response_param_name
        or wanted.background_tasks_param_name
        or wanted.security_scopes_param_name
    )


def _gates_of(wanted: Dependant) -> dict[Gate, str | None] | None:
    """The gates, and under which name the endpoint wants the key; one that is named twice asks
    once. None where it depends on anything else."""
    gates: dict[Gate, str | None] = {}
    for dependency in wanted.dependencies:
        gate = dependency.call
        if not isinstance(gate, Gate):
            return None
        gates[gate] = dependency.name or gates.get(gate)
    return gates


def _query_of(wanted: Dependant) -> tuple[_Word | _Model, ...] | None:
    """None where a query is of a shape that only FastAPI knows."""
    found: list[_Word | _Model] = []
    for field in wanted.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            model = _model_of(field, kind)
            if model is None or len(wanted.query_params) > 1:
                return None
            found.append(model)
        elif field.field_info.is_required() or _is_list(kind):
            return None
        else:
            found.append(_word(field, "query"))
    return tuple(found)


def _word(field: _Field, place: str) -> _Word:
    return _Word(field, field.name, field.alias, (place, field.alias))


def _model_of(field: _Field, kind: type[BaseModel]) -> _Model | None:
    known = {"title"}  # other settings may let names be written in other ways, or more of them
    if set(kind.model_config) - known or any(
        info.validation_alias not in (None, info.alias) for info in kind.model_fields.values()
    ):
        return None
    names = tuple(
        (info.alias or name, _is_list(info.annotation)) for name, info in kind.model_fields.items()
    )
    return _Model(field, field.name, names)


def _is_list(annotation: Any) -> bool:
    """Whether a value is a list, or may be one."""
    kinds = (annotation, get_origin(annotation), *map(get_origin, get_args(annotation)))
    return any(kind in _LISTS for kind in kinds)


_LISTS = frozenset({list, tuple, set, frozenset})
