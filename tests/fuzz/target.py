"""What a fuzz target is: a function of bytes, and what may come of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fuzz.mutation import Mutate, mutate_bytes


def _nothing() -> None:
    """Where nothing is open between inputs."""


@dataclass(frozen=True)
class Target:
    """`run` takes any bytes; it ends, raises one of `allowed`, or has found a defect.

    `seeds` are inputs that lead far inside, `mutate` changes one in its own terms.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    allowed: tuple[type[Exception], ...] = ()
    mutate: Mutate = mutate_bytes
    share: int = 1
    """Of the time of a run, beside those of the others."""
    examples: int = 40
    """Inputs in the short form of the tests."""
    close: Callable[[], None] = _nothing
    """Give back what stays open between inputs; the next input opens it anew."""

    def __call__(self, data: bytes) -> None:
        try:
            self.run(data)
        except self.allowed:
            return
