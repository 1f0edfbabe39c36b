"""A whole server: everything put together, started and stopped."""

import contextlib
import os
import sys
from collections.abc import AsyncGenerator

import structlog
from fastapi import APIRouter

from wigwag.app.core import open_core, start_webhooks
from wigwag.app.engines import Engines
from wigwag.app.identities import Identities
from wigwag.app.keys import open_keys
from wigwag.app.networks import check_network, local_network
from wigwag.app.services import open_services
from wigwag.app.signals import stop_signal
from wigwag.app.stores import ENGINE, make_folder
from wigwag.config import Settings
from wigwag.core.keys import KeyRing
from wigwag.core.roster import Roster
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.storelock import StoreLock
from wigwag.http.access import AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.server import HttpServer, bind
from wigwag.logs import configure_logs
from wigwag.model.capability import EngineKind
from wigwag.terminal import Terminal

log = structlog.get_logger(__name__)


async def serve(settings: Settings) -> None:
    """Runs the server until SIGINT or SIGTERM."""
    configure_logs(settings.log_level, settings.log_format)
    os.umask(0o077)
    async with stop_signal() as stopped, running_server(settings) as server:
        host, port = server.address
        shown = f"[{host}]" if ":" in host else host
        Terminal(sys.stdout).say(f"wigwag listens on http://{shown}:{port} (docs at /docs)")
        await stopped.wait()


@contextlib.asynccontextmanager
async def running_server(settings: Settings) -> AsyncGenerator[HttpServer]:
    """A whole server, from an exclusive store to a listening port; stopped in reverse order."""
    async with contextlib.AsyncExitStack() as stack:
        store = settings.store.resolve()
        make_folder(store)
        make_folder(settings.outbox)
        stack.enter_context(StoreLock(store))
        listener = stack.enter_context(bind(settings.host, settings.port))
        terminal = Terminal(sys.stdout, show_qr=not settings.sandbox)

        core = await open_core(settings, store, stack)
        engine_store = EngineStore.open(store / ENGINE)
        stack.callback(engine_store.close)
        core.sending.storage_trouble = lambda: core.archive.trouble or engine_store.trouble
        identities = Identities(store, engine_store)
        check_network(settings, store, identities)
        local = await local_network(settings, store, stack)
        engines = Engines(
            settings,
            core,
            engine_store,
            identities,
            local=local,
            terminal=terminal,
            stack=stack,
        )
        roster = Roster(
            core.accounts,
            core.archive,
            engines,
            fixed=settings.accounts,
            default=EngineKind(settings.engine),
        )
        await roster.load()
        await core.start(stack)

        keys = await open_keys(settings, core.archive, terminal)
        services = await open_services(
            core,
            roster=roster,
            pairings=engines.pairings,
            keys=keys,
            webhooks=await start_webhooks(settings, core, stack),
            vitals=core.vital_signs(store, engine_store),
        )
        routers: list[APIRouter] = [local.control] if local else []
        http = HttpServer(create_api(services, _policy(settings, keys.ring), routers), listener)
        await http.start()
        stack.push_async_callback(http.stop)
        stack.callback(core.feed.close)  # ends the streams, for which the stop would wait
        yield http
        log.info("server.stopping")


def _policy(settings: Settings, ring: KeyRing) -> AccessPolicy:
    return AccessPolicy(
        hosts=frozenset(host.lower() for host in (*settings.allowed_hosts, settings.host)),
        any_address=not settings.is_loopback,
        keys=ring if settings.asks_for_keys else None,
        classic_open=settings.classic_open,
        rate_limit=settings.rate_limit,
        max_media_bytes=settings.max_media_bytes,
    )
