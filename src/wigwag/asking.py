"""`wigwag call`: a running server is asked from the command line, by the Python client."""

import contextlib
import difflib
import os
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import BinaryIO

from wigwag.model.errors import ConfigError, WigwagError

try:
    from wigwag.client import ApiError, Client, ConnectionFailed
    from wigwag.client.command import WrongWords, arguments, call, operations
except ModuleNotFoundError as error:
    if error.name != "httpx":
        raise
    raise ConfigError("to ask a server: pip install 'wigwag[client]'") from error


def listed() -> str:
    """All operations, and what each is for."""
    return "\n".join(f"{one.usage}\n    {one.summary}" for one in operations().values())


def ask(name: str, words: Sequence[str], *, url: str, key: str, output: Path | None) -> None:
    """Do it, and write what is answered. Raises WigwagError."""
    known = operations()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `wigwag call` lists all"
        raise WigwagError(f"there is no operation {name!r}{hint}")
    with _in_our_words(url, output):
        given = arguments(known[name], words)
        with Client(url, key) as client, _writing(output) as out:
            for piece in call(client, known[name], given):
                out.write(piece)
                out.flush()


@contextlib.contextmanager
def _in_our_words(url: str, output: Path | None) -> Generator[None]:
    try:
        yield
    except WrongWords as error:
        raise WigwagError(str(error)) from error
    except ApiError as error:
        raise WigwagError(f"{error.code}: {error.detail}") from error
    except ConnectionFailed as error:
        raise WigwagError(f"{url} is not reached; does the server run? ({error})") from error
    except BrokenPipeError:
        # Nobody reads on, as with `| head`: nothing is written when Python ends, either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except FileExistsError as error:
        raise WigwagError(f"{output} is there already; choose another file") from error
    except OSError as error:
        raise WigwagError(f"the answer cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _writing(output: Path | None) -> Generator[BinaryIO]:
    """Standard output, or a new file, which goes again if it does not become whole."""
    if output is None:
        yield sys.stdout.buffer
        return
    out = output.open("xb")
    try:
        with out:
            yield out
    except BaseException:
        output.unlink()
        raise
