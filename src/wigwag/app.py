"""The composition root: the only place that chooses the parts and knows them all."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from fastapi import APIRouter, FastAPI
from msgspec.structs import replace

from wigwag.archive import SqliteArchive
from wigwag.config import Settings, child_environment
from wigwag.core.accounts import Accounts
from wigwag.core.changing import Changing
from wigwag.core.channels import Channels
from wigwag.core.chatstate import ChatState
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.contactbook import ContactBook
from wigwag.core.diskroom import DiskRoom
from wigwag.core.erasing import Erasing
from wigwag.core.exports import Exports
from wigwag.core.feed import Feed
from wigwag.core.forwarding import Forwarding
from wigwag.core.gaps import GapPolicy, Gaps
from wigwag.core.grouping import Grouping
from wigwag.core.ingest import Ingest
from wigwag.core.keys import KeyRing, Keys
from wigwag.core.library import Library
from wigwag.core.marking import Marking
from wigwag.core.measures import Measures
from wigwag.core.media import MediaFetcher
from wigwag.core.older import OlderMessages
from wigwag.core.ownprofile import OwnProfile
from wigwag.core.pairings import Pairings
from wigwag.core.presences import Presences
from wigwag.core.retention import Retention
from wigwag.core.roster import Roster
from wigwag.core.schedule import Schedule
from wigwag.core.sending import MediaPolicy, Sending
from wigwag.core.uploads import Uploads
from wigwag.core.vitals import VitalSigns
from wigwag.core.votes import Votes
from wigwag.core.webhooks import Webhooks
from wigwag.deliver.couriers import Couriers
from wigwag.deliver.guard import Guard
from wigwag.deliver.postman import Postman
from wigwag.engine.native.connection.turns import Turns
from wigwag.engine.native.endpoint import Endpoint, HttpPool
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.media.retries import open_answer
from wigwag.engine.native.options import DEVICE, EngineOptions
from wigwag.engine.native.social.ballots import NativeBallots
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.storelock import StoreLock
from wigwag.engine.native.version import VersionBook, parse_version
from wigwag.http.access import AccessMiddleware, AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.server import HttpServer, bind
from wigwag.http.services import Services
from wigwag.logs import configure_logs
from wigwag.mediastore import LocalMediaStore, LocalUploads
from wigwag.mediawork.workshop import Workshop
from wigwag.model.errors import ConfigError, WigwagError
from wigwag.model.event import EngineEvent, PairingQr
from wigwag.model.key import Scope
from wigwag.ports import Engine
from wigwag.sandbox.control.interface import sandbox_router, standalone_app
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions
from wigwag.terminal import Terminal
from wigwag.upkeep import disk_room, retention, vital_signs

log = structlog.get_logger(__name__)

_BALLOTS: Final = NativeBallots()
_SANDBOX_FOLDER: Final = "sandbox"
"""Where a store keeps the emulated network; a store without it belongs to another one."""


async def serve(settings: Settings) -> None:
    """Runs the server until SIGINT or SIGTERM."""
    configure_logs(settings.log_level, settings.log_format)
    os.umask(0o077)
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
        http = HttpServer(guarded_control(sandbox), listener)
        await http.start()
        stack.push_async_callback(http.stop)
        terminal.say(f"sandbox network: {sandbox.ws_url}")
        terminal.say(f"proxy for clients: {sandbox.proxy_url}")
        terminal.say(f"control: http://127.0.0.1:{http.address[1]}/sandbox")
        await stopped.wait()


def guarded_control(sandbox: Sandbox) -> FastAPI:
    """The control interface alone. It reads files: no page of a stranger may call it."""
    control = standalone_app(sandbox)
    control.add_middleware(AccessMiddleware, policy=AccessPolicy())
    return control


@contextlib.asynccontextmanager
async def running_server(settings: Settings) -> AsyncGenerator[HttpServer]:
    """A whole server, from an exclusive store to a listening port; stopped in reverse order."""
    async with contextlib.AsyncExitStack() as stack:
        store = settings.store.resolve()
        _make_folder(store)
        _make_folder(settings.outbox)
        stack.enter_context(StoreLock(store))
        listener = stack.enter_context(bind(settings.host, settings.port))
        terminal = Terminal(sys.stdout, show_qr=not settings.sandbox)

        core = await _open_core(settings, store, stack)
        engine_store = EngineStore.open(store / "whatsapp.db")
        stack.callback(engine_store.close)
        _check_network(settings, store, engine_store)
        sandbox = await _start_sandbox(settings, store, stack) if settings.sandbox else None

        pairings = Pairings()
        codes: set[asyncio.Task[None]] = set()
        stack.callback(_cancel, codes)

        async def sink(account: str, events: Sequence[EngineEvent]) -> None:
            await core.ingest.ingest(account, events)
            pairings.see(account, events)
            terminal.show(account, events)
            if sandbox is not None and account in settings.accounts:
                _scan(sandbox, events)
            if settings.pair_phone and _begins_pairing(events):
                offer = _offer_code(core.accounts.get(account), settings.pair_phone, terminal)
                task = asyncio.create_task(offer, name="pair-code")
                codes.add(task)
                task.add_done_callback(codes.discard)

        endpoint = _sandbox_endpoint(sandbox) if sandbox else _endpoint(settings, terminal)
        pool, turns, versions = HttpPool(), Turns(), _versions(settings)
        stack.push_async_callback(pool.close)

        def make_engine(name: str) -> NativeEngine:
            return NativeEngine(
                name,
                store=engine_store,
                sink=sink,
                http=pool,
                clock=SYSTEM_CLOCK,
                endpoint=replace(endpoint, proxy=settings.proxy_of(name)),
                turns=turns,
                versions=versions,
                options=_engine_options(settings),
            )

        roster = Roster(core.accounts, core.archive, make_engine, fixed=settings.accounts)
        await roster.load()

        core.sending.storage_trouble = lambda: core.archive.trouble or engine_store.trouble
        await core.start(stack)
        webhooks = await _start_webhooks(settings, core, stack)
        keys = await _open_keys(settings, core.archive, terminal)
        library = Library(core.archive)
        uploads = Uploads(LocalUploads(store), settings.max_media_bytes, disk=core.disk)
        await uploads.start()
        vitals = core.vital_signs(store, engine_store)
        services = Services(
            accounts=core.accounts,
            roster=roster,
            pairings=pairings,
            keys=keys,
            library=library,
            feed=core.feed,
            webhooks=webhooks,
            sending=core.sending,
            changing=(changing := Changing(library, core.accounts, core.sending)),
            schedule=core.schedule,
            forwarding=Forwarding(core.sending, core.media),
            chat_state=ChatState(library, core.accounts),
            marking=Marking(core.archive, library, core.accounts),
            presences=Presences(library, core.accounts),
            contact_book=ContactBook(core.archive, library, core.accounts),
            own_profile=OwnProfile(core.accounts, ChatState(library, core.accounts)),
            older=core.older,
            votes=Votes(library, core.accounts, changing, _BALLOTS),
            exports=Exports(core.archive, library, LocalMediaStore(store)),
            grouping=Grouping(library, core.accounts),
            channels=Channels(library, core.accounts),
            media=core.media,
            uploads=uploads,
            health=vitals.health,
            erasing=Erasing(core.archive, library, core.retention),
            vitals=vitals,
        )
        policy = access_policy(settings, keys.ring)
        routers: list[APIRouter] = [sandbox_router(sandbox)] if sandbox else []
        http = HttpServer(create_api(services, policy, routers), listener)
        await http.start()
        stack.push_async_callback(http.stop)
        stack.callback(core.feed.close)  # ends the streams, for which the stop would wait
        yield http
        log.info("server.stopping")


@dataclass(frozen=True, kw_only=True)
class _Core:
    """The use cases over their storage."""

    archive: SqliteArchive
    feed: Feed
    accounts: Accounts
    media: MediaFetcher
    sending: Sending
    schedule: Schedule
    ingest: Ingest
    older: OlderMessages
    gaps: Gaps
    workshop: Workshop
    disk: DiskRoom
    retention: Retention
    measures: Measures

    async def start(self, stack: contextlib.AsyncExitStack) -> None:
        """Starts what runs; the stack stops it in reverse order, connections first."""
        stack.push_async_callback(self.gaps.stop)
        for part in (self.retention, self.media, self.sending, self.schedule, self.older):
            await part.start()
            stack.push_async_callback(part.stop)
        await self.accounts.start_all()
        stack.push_async_callback(self.accounts.stop_all)

    def vital_signs(self, store: Path, engine_store: EngineStore) -> VitalSigns:
        return vital_signs(
            store=store,
            archive=self.archive,
            engine_store=engine_store,
            accounts=self.accounts,
            disk=self.disk,
            measures=self.measures,
            queues={
                "outbox": lambda: self.sending.waiting,
                "media_running": lambda: self.media.running,
                "media_work": lambda: self.workshop.jobs,
            },
        )


async def _open_core(settings: Settings, store: Path, stack: contextlib.AsyncExitStack) -> _Core:
    archive = await SqliteArchive.open(store / "messages.db")
    stack.push_async_callback(archive.close)
    files = LocalMediaStore(store)
    accounts = Accounts()
    disk, measures = disk_room(store, settings.disk_low_bytes), Measures()
    media = MediaFetcher(archive, files, accounts, disk=disk, measures=measures)
    policy = MediaPolicy(roots=settings.effective_media_roots, max_bytes=settings.max_media_bytes)
    workshop = Workshop(child_environment(os.environ))
    sending = Sending(
        archive,
        files,
        accounts,
        policy=policy,
        workshop=workshop,
        disk=disk,
        measures=measures,
        ballots=_BALLOTS,
    )
    ingest = Ingest(archive)
    ingest.ballots = _BALLOTS
    ingest.on_state = accounts.state_changed
    ingest.on_media = media.wake
    ingest.read_media_answer = open_answer
    older = OlderMessages(archive, accounts)
    ingest.on_history = older.wake
    gaps = Gaps(archive, older, policy=GapPolicy(enabled=settings.fill_gaps))
    ingest.on_caught_up = gaps.caught_up
    feed = Feed(archive)
    return _Core(
        archive=archive,
        feed=feed,
        accounts=accounts,
        media=media,
        sending=sending,
        schedule=Schedule(archive, files, accounts, sending),
        ingest=ingest,
        older=older,
        gaps=gaps,
        workshop=workshop,
        disk=disk,
        retention=retention(settings, archive, files),
        measures=measures,
    )


async def _start_webhooks(
    settings: Settings, core: _Core, stack: contextlib.AsyncExitStack
) -> Webhooks:
    webhooks = Webhooks(core.archive, core.feed)
    couriers = Couriers(
        core.archive,
        core.feed,
        Postman(Guard(settings.webhook_allow)),
        measures=core.measures,
    )
    webhooks.on_change = couriers.changed
    stack.push_async_callback(couriers.stop)
    await couriers.start()
    return webhooks


async def _open_keys(settings: Settings, archive: SqliteArchive, terminal: Terminal) -> Keys:
    """The keys of the store; the first start that asks for one makes one, and tells it once."""
    keys = Keys(archive)
    await keys.load(settings.api_key)
    if settings.asks_for_keys and (secret := await keys.create_first()):
        terminal.say(f"API key of this server, shown this once: {secret}")
        terminal.say("Send it as 'Authorization: Bearer <key>'; make others at /v1/keys.")
    return keys


async def make_key(settings: Settings, name: str, scopes: Collection[Scope]) -> str:
    """The secret of a new key in the store of a server that does not run. Raises StoreInUse."""
    store = settings.store.resolve()
    _make_folder(store)
    with StoreLock(store):
        archive = await SqliteArchive.open(store / "messages.db")
        try:
            keys = Keys(archive)
            await keys.load()
            return (await keys.create(name, scopes))[1]
        finally:
            await archive.close()


def access_policy(settings: Settings, ring: KeyRing) -> AccessPolicy:
    return AccessPolicy(
        hosts=frozenset(host.lower() for host in (*settings.allowed_hosts, settings.host)),
        any_address=not settings.is_loopback,
        keys=ring if settings.asks_for_keys else None,
        classic_open=settings.classic_open,
        rate_limit=settings.rate_limit,
        max_media_bytes=settings.max_media_bytes,
    )


def _check_network(settings: Settings, store: Path, engine_store: EngineStore) -> None:
    """Keeps an identity from another network than its own, which would end it: a stranger's
    login is answered with `logged out`. Raises ConfigError."""
    paired = [engine_store.find_device(account) for account in settings.accounts]
    if not any(device is not None and device.jid is not None for device in paired):
        return
    is_sandboxs = (store / _SANDBOX_FOLDER).is_dir()
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


async def _start_sandbox(
    settings: Settings, store: Path, stack: contextlib.AsyncExitStack
) -> Sandbox:
    """The network in this process, populated at its first start, kept in the store."""
    _make_folder(store / _SANDBOX_FOLDER)
    options = SandboxOptions(port=settings.sandbox_port, directory=store / _SANDBOX_FOLDER)
    sandbox = await Sandbox.start(options)
    stack.push_async_callback(sandbox.stop)
    sandbox.populate()
    return sandbox


def _scan(sandbox: Sandbox, events: Sequence[EngineEvent]) -> None:
    """The demo phone scans the first code of a pairing by itself; for accounts that are made while
    the server runs, somebody says which phone scans."""
    for event in events:
        if isinstance(event, PairingQr) and event.sequence == 1:
            sandbox.scan(event.code)


def _begins_pairing(events: Sequence[EngineEvent]) -> bool:
    return any(isinstance(event, PairingQr) and event.sequence == 1 for event in events)


async def _offer_code(engine: Engine, phone: str, terminal: Terminal) -> None:
    """Asks for a pairing code; the engine announces it, and the QR codes go on beside it."""
    try:
        await engine.pair_code(phone)
    except WigwagError as error:
        terminal.say(f"No pairing code: {error.detail}")


def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


def _sandbox_endpoint(sandbox: Sandbox) -> Endpoint:
    return Endpoint(
        ws_url=sandbox.ws_url, ca_file=str(sandbox.ca_file), noise_root=sandbox.noise_root
    )


def _endpoint(settings: Settings, terminal: Terminal) -> Endpoint:
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


def _versions(settings: Settings) -> VersionBook:
    """What all accounts announce, and whether a newer version is looked for."""
    version = parse_version(settings.wa_version) if settings.wa_version else None
    return VersionBook(SYSTEM_CLOCK, version, looks_up=settings.wa_version_lookup)


def _engine_options(settings: Settings) -> EngineOptions:
    return EngineOptions(device=replace(DEVICE, full_history=settings.full_history))


def _make_folder(folder: Path) -> None:
    """A private folder. Raises ConfigError with the path when it cannot be made or written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the folder {folder}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"cannot write to the folder {folder}; check its owner and mode")


@contextlib.asynccontextmanager
async def stop_signal() -> AsyncGenerator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows: KeyboardInterrupt ends the runner instead
            break
    try:
        yield stopped
    finally:
        for number in signals:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
