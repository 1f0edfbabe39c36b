"""Which methods a path has, whichever routers they come from: what a 405 names in `Allow`."""

from collections import defaultdict
from collections.abc import Iterable
from re import Pattern

from fastapi import APIRouter
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import compile_path


class Methods:
    """The methods of every path of these routers."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        found: defaultdict[Pattern[str], set[str]] = defaultdict(set)
        names: dict[Pattern[str], int] = {}
        for router in routers:
            for route in iter_route_contexts(router.routes):
                if isinstance(route.original_route, APIRoute):
                    pattern, _, places = compile_path(route.path or "")
                    found[pattern].update(route.methods or ())
                    names[pattern] = len(places)
        self._paths = sorted(found.items(), key=lambda item: names[item[0]])

    def of(self, path: str) -> frozenset[str]:
        """Of the path that fits best: `/messages/read` is that, and no message called `read`."""
        for pattern, methods in self._paths:
            if pattern.match(path):
                return frozenset(methods)
        return frozenset()
