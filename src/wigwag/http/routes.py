"""Which route a request is for, found by the words of its path.

FastAPI tries its routes one after the other, and those of included routers twice. Here a path leads
word by word to the routes that fit it best: `/messages/read` is that, and no message called `read`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from fastapi import APIRouter
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from wigwag.http.parameters import Parameters, parameters_of
from wigwag.http.plain import PlainRoute, plain_route

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
"""A word that is a parameter as a whole, and may be any."""
_SLASH: Final = b"%2f"
_HELD: Final = "\ud82f"
"""What stands for a slash within a word while a router looks at a path: half of a surrogate pair,
which no path has."""


class _PlainPath(NamedTuple):
    """A plain route, and which words of its path are parameters."""

    route: PlainRoute
    parameters: tuple[tuple[str, int], ...]


class _Place:
    """Where the words of a path lead to; `other` is for a word that is a parameter. `plain` are
    those of the routes that are, by method."""

    __slots__ = ("other", "plain", "routes", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Place] = {}
        self.other: _Place | None = None
        self.routes: list[RouteContext] = []
        self.plain: Mapping[str, _PlainPath | None] = {}

    def step(self, word: str) -> "_Place":
        """The next place, made where there is none yet. `word` is one of a route's path."""
        if "{" not in word:
            return self.words.setdefault(word, _Place())
        if self.other is None:
            self.other = _Place()
        return self.other


class RouteIndex:
    """Stands in for the search of a router that has all its routes; what no route fits, and what is
    no HTTP request, is the router's own."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._search = router.middleware_stack
        self._root = _Place()
        self._direct = frozenset(map(id, router.routes))
        self._parameters: dict[int, Parameters] = {}
        found: dict[int, _Place] = {}
        for context in iter_route_contexts(router.routes):
            if context.path and context.methods:
                place = self._root
                for word in context.path.split("/"):
                    place = place.step(word)
                place.routes.append(context)
                if (parameters := parameters_of(context.original_route)) is not None:
                    self._parameters[id(context.original_route)] = parameters
                found[id(place)] = place
        for place in found.values():
            place.plain = self._plain_of(place.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises HTTPException (405) with all methods that the path has, and InvalidInput for a
        parameter of the query that the route has not."""
        if scope["type"] != "http" or scope.get("root_path"):
            await self._search(scope, receive, send)
            return
        words = _words_of(scope)
        path = "/".join(word.replace("/", _HELD) for word in words)
        has_slash = _HELD in path
        looked_at = {**scope, "path": path} if has_slash else scope
        for place in _fitting(self._root, words):
            allowed: set[str] = set()
            for context in place.routes:
                route = context.original_route
                match, found = route.matches(looked_at)
                if match is Match.FULL:
                    self._check(route, scope)
                    if id(route) not in self._direct:
                        await self._look(scope, receive, send, has_slash=has_slash)
                        return
                    scope.update(_with_slashes(found) if has_slash else found, router=self._router)
                    await route.handle(scope, receive, send)
                    return
                if match is Match.PARTIAL:
                    allowed.update(context.methods or ())
            if allowed:
                raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
        await self._look(scope, receive, send, has_slash=has_slash)

    async def _look(self, scope: Scope, receive: Receive, send: Send, *, has_slash: bool) -> None:
        """Have the router search. Raises HTTPException (404) where a word has a slash, at which the
        router would part it."""
        if has_slash:
            raise HTTPException(404)
        await self._search(scope, receive, send)

    def _check(self, route: BaseRoute, scope: Scope) -> None:
        """Raises InvalidInput, with the route in the scope, where it is counted."""
        parameters, asked = self._parameters.get(id(route)), scope["query_string"]
        if parameters is not None and asked:
            scope["route"] = route
            parameters.check(QueryParams(asked))

    def find_plain(self, scope: Scope) -> PlainRoute | None:
        """The route of an HTTP request if it is a plain one, whose parameters are then in the
        scope."""
        if scope.get("root_path"):
            return None
        words = _words_of(scope)
        for place in _fitting(self._root, words):
            found = place.plain.get(scope["method"])
            if found is None:
                return None
            scope["path_params"] = {name: words[at] for name, at in found.parameters}
            scope["route"] = found.route.route
            return found.route
        return None

    def _plain_of(self, contexts: Sequence[RouteContext]) -> Mapping[str, _PlainPath | None]:
        """By method, None for a route that is not plain; nothing where one looks closer at the
        words of its path than these do."""
        found: dict[str, _PlainPath | None] = {}
        for context in contexts:
            words = (context.path or "").split("/")
            parameters = [
                (parameter[1], at)
                for at, word in enumerate(words)
                if (parameter := _PARAMETER.fullmatch(word))
            ]
            if sum("{" in word for word in words) != len(parameters):
                return {}
            route = context.original_route
            plain = None
            if isinstance(route, APIRoute) and id(route) in self._direct:
                plain = plain_route(route)
            for method in context.methods or ():
                path = _PlainPath(plain, tuple(parameters)) if plain is not None else None
                found.setdefault(method, path)
        return found


def add_routes(router: APIRouter, more: APIRouter, name: Callable[[APIRoute], str]) -> None:
    """The routes of `more`, which know all that concerns them, as routes of `router`; `name` makes
    the id of an operation."""
    for context in iter_route_contexts(more.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            route.unique_id = name(route)
        router.routes.append(route)


def _words_of(scope: Scope) -> list[str]:
    """The words of a path, each decoded by itself: whoever sent a message chose its id, and a slash
    in that leads to no other message."""
    raw: bytes = scope.get("raw_path") or b""
    if _SLASH not in raw.lower():
        return scope["path"].split("/")
    return [unquote(word) for word in raw.decode("ascii", "replace").split("/")]


def _with_slashes(found: Scope) -> Scope:
    """What a route found in a path, with the slashes that were held back."""
    named: Mapping[str, Any] = found["path_params"]
    freed = {
        name: value.replace(_HELD, "/") if isinstance(value, str) else value
        for name, value in named.items()
    }
    return {**found, "path_params": freed}


def _fitting(root: _Place, words: Sequence[str]) -> list[_Place]:
    """The places with routes that the words lead to, the best first."""
    place: _Place | None = root
    for word in words:  # mostly there is one way alone
        known = place.words.get(word)
        if known is not None and place.other is not None:
            break
        place = known if known is not None or not word else place.other
        if place is None:
            return []
    else:
        return [place] if place.routes else []
    places = [root]
    for word in words:
        further: list[_Place] = []
        for place in places:
            known = place.words.get(word)
            if known is not None:
                further.append(known)
            if place.other is not None and word:
                further.append(place.other)
        places = further
    return [place for place in places if place.routes]
