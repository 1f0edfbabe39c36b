"""The composition root: the only place that chooses the parts and knows them all."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import structlog
from fastapi import APIRouter

from wigwag.archive import SqliteArchive
from wigwag.config import Settings
from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.ingest import Ingest
from wigwag.core.media import MediaFetcher
from wigwag.core.sending import MediaPolicy, Sending
from wigwag.engine.native.endpoint import Endpoint
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.store import EngineStore
from wigwag.engine.native.storelock import StoreLock
from wigwag.http.access import AccessPolicy, digest_of
from wigwag.http.api import create_api
from wigwag.http.server import HttpServer, bind
from wigwag.http.services import Services
from wigwag.logs import configure_logs
from wigwag.mediastore import LocalMediaStore
from wigwag.model.event import EngineEvent, PairingQr
from wigwag.sandbox.control import sandbox_router, standalone_app
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions
from wigwag.terminal import Terminal

log = structlog.get_logger(__name__)

STOP_LIMIT_S = 9.0


async def serve(settings: Settings) -> None:
    """Runs the server until SIGINT or SIGTERM."""
    configure_logs(settings.log_level, settings.log_format)
    async with stop_signal() as stopped, running_server(settings) as server:
        host, port = server.address
        shown = f"[{host}]" if ":" in host else host
        Terminal(sys.stdout).say(f"wigwag listens on http://{shown}:{port} (docs at /docs)")
        await stopped.wait()


async def serve_sandbox(
    port: int, network_port: int, directory: Path | None, *, populate: bool
) -> None:
    """Runs the emulated network alone, with its control interface on `port`."""
    configure_logs("info", "console")
    terminal = Terminal(sys.stdout)
    async with contextlib.AsyncExitStack() as stack:
        stopped = await stack.enter_async_context(stop_signal())
        listener = bind("127.0.0.1", port)
        sandbox = await Sandbox.start(SandboxOptions(port=network_port, directory=directory))
        stack.push_async_callback(sandbox.stop)
        if populate:
            sandbox.populate()
        http = HttpServer(standalone_app(sandbox), listener)
        await http.start()
        stack.push_async_callback(http.stop)
        terminal.say(f"sandbox network: {sandbox.ws_url}")
        terminal.say(f"proxy for clients: {sandbox.proxy_url}")
        terminal.say(f"control: http://127.0.0.1:{http.address[1]}/sandbox")
        await stopped.wait()


@contextlib.asynccontextmanager
async def running_server(settings: Settings) -> AsyncIterator[HttpServer]:
    """A whole server, from an exclusive store to a listening port; stopped in reverse order."""
    async with contextlib.AsyncExitStack() as stack:
        store = settings.store.resolve()
        _make_folder(store)
        _make_folder(settings.outbox)
        stack.enter_context(StoreLock(store))
        listener = stack.enter_context(bind(settings.host, settings.port))
        terminal = Terminal(sys.stdout, show_qr=not settings.sandbox)

        archive = await SqliteArchive.open(store / "messages.db")
        stack.push_async_callback(archive.close)
        files = LocalMediaStore(store)
        accounts = Accounts()
        media = MediaFetcher(archive, files, accounts)
        policy = MediaPolicy(
            roots=settings.effective_media_roots, max_bytes=settings.max_media_bytes
        )
        sending = Sending(archive, files, accounts, policy=policy)
        ingest = Ingest(archive)
        ingest.on_state = accounts.state_changed
        ingest.on_media = media.wake

        sandbox = await _start_sandbox(settings, store, stack) if settings.sandbox else None

        async def sink(account: str, events: Sequence[EngineEvent]) -> None:
            await ingest.ingest(account, events)
            terminal.show(account, events)
            if sandbox is not None:
                _scan(sandbox, events)

        await _add_engines(settings, store, accounts, sink, sandbox, stack)
        services = Services(
            accounts=accounts,
            sending=sending,
            media=media,
            storage_trouble=lambda: archive.trouble,
        )
        routers: list[APIRouter] = [sandbox_router(sandbox)] if sandbox else []
        http = HttpServer(create_api(services, access_policy(settings), routers), listener)
        await media.start()
        stack.push_async_callback(media.stop)
        await sending.start()
        stack.push_async_callback(sending.stop)
        await accounts.start_all()
        stack.push_async_callback(accounts.stop_all)
        await http.start()
        stack.push_async_callback(http.stop)
        yield http
        log.info("server.stopping")


def access_policy(settings: Settings) -> AccessPolicy:
    return AccessPolicy(
        hosts=frozenset(host.lower() for host in (*settings.allowed_hosts, settings.host)),
        any_address=not settings.is_loopback,
        key_digest=digest_of(settings.api_key) if settings.api_key else None,
    )
