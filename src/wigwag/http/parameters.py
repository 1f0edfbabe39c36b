"""Which parameters a query may have.

Any other is a mistake, as an unknown field of a body is: a misspelt filter would let through all
that it was to keep out, and a delete could do more than was meant.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import BaseRoute

from wigwag.model.errors import InvalidInput

STRICT: Final = ("/v1/", "/sandbox")
"""Where queries are looked at. The classic endpoints take what they always took; to the other paths
monitors and browsers add words of their own."""


class Parameters:
    """The names that the query of a route may have, as callers write them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)

    def check(self, asked: Iterable[str]) -> None:
        """Raises InvalidInput for a name that is none of these."""
        for name in asked:
            if name not in self.names:
                raise InvalidInput(f"There is no parameter {name[:64]!a} here; {self._known}.")

    @property
    def _known(self) -> str:
        match self.names:
            case ():
                return "this route takes none"
            case (name,):
                return f"the only one is {name}"
            case _:
                return f"there are {', '.join(self.names)}"


def parameters_of(route: BaseRoute) -> Parameters | None:
    """Those that a route declares; None for one that takes any."""
    if not isinstance(route, APIRoute) or not route.path.startswith(STRICT):
        return None
    return Parameters(dict.fromkeys(_names_of(route.dependant)))


def names_in(model: type[BaseModel]) -> tuple[str, ...]:
    """The names of a query that is read as one model."""
    return tuple(info.alias or name for name, info in model.model_fields.items())


def _names_of(wanted: Dependant) -> Iterator[str]:
    for field in wanted.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from names_in(kind)
        else:
            yield field.alias
    for dependency in wanted.dependencies:
        yield from _names_of(dependency)
