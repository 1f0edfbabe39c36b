"""Which network the engines talk with: WhatsApp itself, or the sandbox in this process."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import APIRouter
from msgspec.structs import replace

from wigwag.app.identities import Identities
from wigwag.app.stores import make_folder
from wigwag.config import Settings
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.engine.common.device import DEVICE
from wigwag.engine.common.endpoint import Endpoint
from wigwag.engine.native.options import EngineOptions
from wigwag.engine.native.version import VersionBook, parse_version
from wigwag.model.errors import ConfigError
from wigwag.terminal import Terminal

SANDBOX_FOLDER: Final = "sandbox"
"""Where a store keeps the emulated network; a store without it belongs to another one."""


class LocalNetwork(NamedTuple):
    """An emulated network in this process. `scan` has a phone scan a QR code; `control` are the
    routes for whoever plays its people."""

    endpoint: Endpoint
    proxy_url: str
    scan: Callable[[str], object]
    control: APIRouter


def check_network(settings: Settings, store: Path, identities: Identities) -> None:
    """Keeps an identity from another network than its own, which would end it: a stranger's
    login is answered with `logged out`. Raises ConfigError."""
    if not any(map(identities.find_any, settings.accounts)):
        return
    is_sandboxs = (store / SANDBOX_FOLDER).is_dir()
    if settings.sandbox and not is_sandboxs:
        raise ConfigError(
            f"the store {store} is linked to a WhatsApp account, which the sandbox would unlink; "
            "choose another --store for the sandbox"
        )
    if is_sandboxs and not settings.sandbox and not settings.noise_root:
        raise ConfigError(
            f"the store {store} is linked to an account of the sandbox, which WhatsApp does not "
            "know; choose another --store, or start with --sandbox"
        )


async def local_network(
    settings: Settings, store: Path, stack: contextlib.AsyncExitStack
) -> LocalNetwork | None:
    """The emulated network in this process, where the settings ask for one."""
    if not settings.sandbox:
        return None
    # It is eighty modules, which a server on WhatsApp itself does without.
    from wigwag.app.emulated import start_network  # noqa: PLC0415

    folder = store / SANDBOX_FOLDER
    make_folder(folder)
    return await start_network(folder, settings.sandbox_port, stack)


def endpoint_of(settings: Settings, terminal: Terminal) -> Endpoint:
    """The network that the settings name; one that is not WhatsApp's own is announced."""
    endpoint = Endpoint(ws_url=settings.ws_url, ca_file=settings.ca_file)
    if not settings.noise_root:
        return endpoint
    root = bytes.fromhex(settings.noise_root)
    if root != endpoint.noise_root:
        terminal.say(
            "WARNING: WIGWAG_NOISE_ROOT is not WhatsApp's own root key. Whoever holds that key "
            "can read and change everything; this is for emulated networks only."
        )
    return replace(endpoint, noise_root=root)


def versions_of(settings: Settings) -> VersionBook:
    """What all accounts announce, and whether a newer version is looked for."""
    version = parse_version(settings.wa_version) if settings.wa_version else None
    return VersionBook(SYSTEM_CLOCK, version, looks_up=settings.wa_version_lookup)


def engine_options(settings: Settings) -> EngineOptions:
    return EngineOptions(device=replace(DEVICE, full_history=settings.full_history))
