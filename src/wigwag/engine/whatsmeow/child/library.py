"""The library of neonize, without its client classes.

Only the C interface and the message classes are imported: the package itself brings an image
decoder, HTTP clients and a log of its own, may download a binary, and looks for libmagic.
"""

import ctypes
import importlib
import importlib.util
import os
import platform
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

VERSION: Final = "0.5.2"
"""What all this was found out of; another library may have other calls."""

_NO_CLIENT: Final = ("Stop", "StopAll", "SetForceActiveDeliveryReceipts")
"""These return nothing, which neonize takes for a pointer to free."""
_MACHINES: Final = {"aarch64": "arm64", "x86_64": "amd64"}
_ENDINGS: Final = {"windows": "dll", "darwin": "dylib"}


class LibraryMissing(Exception):
    """The package is not installed, or is another version of it."""


class Library:
    """The C interface (`go`) and the messages (`pb`, `e2e`, `reg`) of neonize."""

    def __init__(self) -> None:
        """Raises LibraryMissing."""
        os.environ["NEONIZE_BOT_TAG"] = "off"
        self._binder: Any = _import_lean()
        self.go: Any = self._binder.gocode
        for name in _NO_CLIENT:
            function = getattr(self.go, name)
            function.errcheck = _as_it_is
            function.restype = None
        self.pb: Any = importlib.import_module("neonize.proto.Neonize_pb2")
        self.e2e: Any = importlib.import_module("neonize.proto.waE2E.WAWebProtobufsE2E_pb2")
        self.reg: Any = importlib.import_module(
            "neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2"
        )

    @property
    def path(self) -> str:
        """The shared library."""
        return str(self.go._name)  # noqa: SLF001 - ctypes has no other name for it

    def text_callback(self, told: Callable[[bytes], None]) -> Any:
        """For QR codes and words about the pairing. Keep what this returns."""

        def called(_uuid: int, text: int) -> None:
            told(ctypes.string_at(text))

        return self._binder.func_string(called)

    def event_callback(self, told: Callable[[int, bytes], None]) -> Any:
        """For events: their code and message. Keep what this returns."""

        def called(_uuid: bytes, data: int, size: int, code: int) -> None:
            told(code, ctypes.string_at(data, size))

        return self._binder.func_callback_bytes(called)

    def log_callback(self) -> Any:
        """For the library's log, which names people: it is not read."""

        def called(_data: int, _size: int) -> None:
            """Nothing."""

        return self._binder.func_callback_bytes2(called)

    def proxy(self, url: str) -> Any:
        """Everything goes through this proxy; None without one."""
        if not url:
            return None
        settings = self._binder.ProxySettings(proxy_address=url)
        return ctypes.byref(settings._to_c_struct())  # noqa: SLF001 - it has no public form


def _import_lean() -> Any:
    """`neonize._binder`, with empty packages around it."""
    spec = importlib.util.find_spec("neonize")
    places = spec.submodule_search_locations if spec is not None else None
    if not places:
        raise LibraryMissing("neonize is not installed")
    folder = Path(next(iter(places)))
    _put("neonize", folder)
    _put("neonize.utils", folder / "utils")
    _put("neonize.utils.platform").generated_name = _library_name
    download = _put("neonize.download")
    download.__GONEONIZE_VERSION__ = VERSION
    download.download = _refuse_download
    try:
        return importlib.import_module("neonize._binder")
    except (OSError, RuntimeError, ImportError, AttributeError) as error:
        raise LibraryMissing("neonize's library cannot be loaded") from error


def _put(name: str, folder: Path | None = None) -> Any:
    """An empty module of this name; a package when it has a folder."""
    module: Any = types.ModuleType(name)
    if folder is not None:
        module.__path__ = [str(folder)]
    sys.modules[name] = module
    return module


def _library_name() -> str:
    """The name of the shared library, as `neonize.utils.platform` makes it without a shell."""
    system = platform.system().lower()
    machine = platform.machine().lower()
    return f"neonize-{system}-{_MACHINES.get(machine, machine)}.{_ENDINGS.get(system, 'so')}"


def _refuse_download() -> None:
    raise LibraryMissing(f"the library is not that of neonize {VERSION}")


def _as_it_is(result: object, function: object, arguments: object) -> object:
    """An errcheck that checks nothing."""
    del function, arguments
    return result
