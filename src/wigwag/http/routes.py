"""Which route a request is for, found by the words of its path.

FastAPI tries its routes one after the other, and those of included routers twice. Here a path leads
word by word to the routes that fit it best: `/messages/read` is that, and no message called `read`.
"""

from collections.abc import Callable, Iterator, Sequence

from fastapi import APIRouter
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Receive, Scope, Send


class _Place:
    """Where the words of a path lead to; `other` is for a word that is a parameter."""

    __slots__ = ("other", "routes", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Place] = {}
        self.other: _Place | None = None
        self.routes: list[RouteContext] = []

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
        for context in iter_route_contexts(router.routes):
            if context.path and context.methods:
                place = self._root
                for word in context.path.split("/"):
                    place = place.step(word)
                place.routes.append(context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises HTTPException (405) with all methods that the path has."""
        if scope["type"] != "http" or scope.get("root_path"):
            await self._search(scope, receive, send)
            return
        for contexts in _fitting(self._root, scope["path"].split("/")):
            allowed: set[str] = set()
            for context in contexts:
                route = context.original_route
                match, found = route.matches(scope)
                if match is Match.FULL:
                    if id(route) not in self._direct:
                        await self._search(scope, receive, send)
                        return
                    scope.update(found, router=self._router)
                    await route.handle(scope, receive, send)
                    return
                if match is Match.PARTIAL:
                    allowed.update(context.methods or ())
            if allowed:
                raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
        await self._search(scope, receive, send)


def add_routes(router: APIRouter, more: APIRouter, name: Callable[[APIRoute], str]) -> None:
    """The routes of `more`, which know all that concerns them, as routes of `router`; `name` makes
    the id of an operation."""
    for context in iter_route_contexts(more.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            route.unique_id = name(route)
        router.routes.append(route)


def _fitting(place: _Place, words: Sequence[str], at: int = 0) -> Iterator[list[RouteContext]]:
    """The routes of each place that the words lead to, the best first."""
    if at == len(words):
        if place.routes:
            yield place.routes
        return
    known = place.words.get(words[at])
    if known is not None:
        yield from _fitting(known, words, at + 1)
    if place.other is not None and words[at]:
        yield from _fitting(place.other, words, at + 1)
