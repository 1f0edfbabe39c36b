"""The whatsmeow engine: one account over the package neonize, in a process of its own."""

import asyncio
import importlib.util
import os
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

import structlog
from msgspec.structs import replace

from wigwag.engine.common.announcer import Announcer
from wigwag.engine.common.device import DEVICE
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.common.errors import AlreadyPaired
from wigwag.engine.common.machine import Signal
from wigwag.engine.common.phones import parse_phone
from wigwag.engine.common.statebook import StateBook
from wigwag.engine.whatsmeow.absent import MISSING, NoAppState, NoHistory, NoMediaRetry
from wigwag.engine.whatsmeow.asks import CheckNumbers, LogOut, MarkRead, NumberAnswer, PairCode
from wigwag.engine.whatsmeow.calls import Callers, Calls
from wigwag.engine.whatsmeow.facts import ConnectedSign, MeSign, PresenceSign, QrSign, Sign
from wigwag.engine.whatsmeow.folder import SESSION_NAME
from wigwag.engine.whatsmeow.frames import Start
from wigwag.engine.whatsmeow.greeting import Greeting
from wigwag.engine.whatsmeow.groups import Communities, Groups
from wigwag.engine.whatsmeow.line import Line
from wigwag.engine.whatsmeow.media import Downloads, Files
from wigwag.engine.whatsmeow.newsletters import Newsletters
from wigwag.engine.whatsmeow.presence import Presence
from wigwag.engine.whatsmeow.process import child_environment
from wigwag.engine.whatsmeow.profile import Profile
from wigwag.engine.whatsmeow.pump import Pump
from wigwag.engine.whatsmeow.reading import FactReader
from wigwag.engine.whatsmeow.sending import Sender
from wigwag.engine.whatsmeow.supervisor import ChildPolicy, Supervisor
from wigwag.model.account import AccountState
from wigwag.model.capability import EVERYTHING, Capability, EngineKind
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import (
    ConfigError,
    NotConnected,
    WigwagError,
)
from wigwag.model.event import EngineEvent, PairingCode, PairingQr, PresenceChanged, StateChanged
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.ports import NO_COUNTERS, Clock, Counters, EngineSink, LinkingActions, NumberCheck
from wigwag.wire import claims
from wigwag.wire.certificates import WHATSAPP_ROOT

CAPABILITIES: Final = EVERYTHING - MISSING
_FIRST_CODE_S: Final = 60
_CODE_S: Final = 20
"""How long codes hold (whatsmeow qrchan.go)."""
_OFFER_S: Final = 30.0
_LOGOUT_LIMIT_S: Final = 15.0
_PAIR_CODE_LIMIT_S: Final = 30.0

_log = structlog.get_logger(__name__)


def check_installed() -> None:
    """Raises ConfigError where this engine cannot run."""
    if os.name != "posix":
        raise ConfigError("the whatsmeow engine runs on Linux and macOS only")
    if importlib.util.find_spec("neonize") is None:
        raise ConfigError(
            "the whatsmeow engine needs the package neonize: pip install 'wigwag[whatsmeow]'"
        )


class WhatsmeowEngine:
    """Implements ports.Engine. `folder` is the account's own; it is made when it is missing."""

    def __init__(
        self,
        account: str,
        *,
        folder: Path,
        sink: EngineSink,
        http: HttpPool,
        clock: Clock,
        endpoint: Endpoint | None = None,
        full_history: bool = False,
        environment: Mapping[str, str] | None = None,
        policy: ChildPolicy | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        endpoint = endpoint or Endpoint()
        jitter = jitter or random.Random()
        # the mode of parents would be another one
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        self._account = account
        self._announcer = Announcer(account, sink, clock)
        self._clock = clock
        self._book = StateBook(clock, self._announcer.tell)
        self._callers = Callers()
        self._reader = FactReader(lambda: self._line.own, self._callers)
        self._gap_since: datetime | None = None
        self._pump = Pump(
            account, reader=self._reader, sink=sink, clock=clock, on_gap=self._mark_gap
        )
        emulated = endpoint.noise_root != WHATSAPP_ROOT
        self.supervisor = Supervisor(
            account,
            start_frame=Start(
                folder=str(folder),
                device_os=DEVICE.os,
                full_history=full_history,
                proxy=endpoint.proxy,
                noise_root=endpoint.noise_root if emulated else b"",
            ),
            environment=child_environment(
                os.environ if environment is None else environment, endpoint.ca_file
            ),
            pump=self._pump,
            book=self._book,
            clock=clock,
            policy=policy or ChildPolicy(),
            on_sign=self._on_sign,
            jitter=jitter,
        )
        self._line = Line(
            account,
            channel=lambda: self.supervisor.channel,
            state=lambda: self._book.current,
            sink=sink,
            clock=clock,
        )
        self._sender = Sender(self._line)
        self._files = Files(self._line, Downloads(http, endpoint, folder, clock, jitter))
        self.presence = Presence(self._line, folder)
        self.groups = Groups(self._line)
        self.communities = Communities(self._line)
        self.newsletters = Newsletters(self._line)
        self.profile = Profile(self._line)
        self.calls = Calls(self._line, self._callers)
        self.appstate = NoAppState()
        self.history = NoHistory()
        self.media = NoMediaRetry()
        self._greeting = Greeting(self._line, folder / SESSION_NAME, self.presence, self.groups)
        self._calls_lock = asyncio.Lock()

    # -- ports.Engine ----------------------------------------------------------------------

    @property
    def account(self) -> str:
        return self._account

    @property
    def kind(self) -> EngineKind:
        return EngineKind.WHATSMEOW

    @property
    def capabilities(self) -> frozenset[Capability]:
        return CAPABILITIES

    @property
    def state(self) -> AccountState:
        return replace(
            self._book.current,
            catch_up=self._reader.catch_up,
            last_message_at=self._pump.last_message_at,
            gap_since=self._gap_since,
        )

    @property
    def counters(self) -> Counters:
        return NO_COUNTERS

    @property
    def linking(self) -> LinkingActions:
        return self

    async def start(self) -> None:
        async with self._calls_lock:
            self.supervisor.begin()

    async def stop(self) -> None:
        async with self._calls_lock:
            await self._halt("")
            await self._announcer.close()

    async def restart(self) -> None:
        async with self._calls_lock:
            await self._halt("restarted by request")
            self.supervisor.begin()

    async def pair(self, *, anew: bool = False) -> None:
        """Begin to pair, out of every state; see `ports.LinkingActions`."""
        async with self._calls_lock:
            if self._book.current.jid is not None:
                if not anew:
                    raise AlreadyPaired
                await self._unlink_quietly()
            self.supervisor.begin()

    async def logout(self) -> None:
        """Unlink this device and forget it. Raises NotPaired, NotConnected, RequestTimeout."""
        async with self._calls_lock:
            await self._line.do(LogOut(), _LOGOUT_LIMIT_S)
            await self._give_up("unlinked by request")

    async def pair_code(self, phone: str) -> str:
        """Eight characters to type on the phone with this number, as XXXX-XXXX.

        Raises AlreadyPaired, InvalidInput, NotConnected, RequestTimeout.
        """
        if self._book.current.jid is not None:
            raise AlreadyPaired
        jid = parse_phone(phone)
        await self.start()
        channel = self.supervisor.channel if await self.supervisor.pairing(_OFFER_S) else None
        if channel is None:
            raise NotConnected
        code = await channel.call(PairCode(phone=jid.user), str, _PAIR_CODE_LIMIT_S)
        self._announcer.tell(PairingCode(code=code))
        return code

    async def send(self, message: Outgoing) -> Sent:
        return await self._sender.send(message)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        return await self._files.upload(source, kind)

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        await self._files.download(ref, kind, target)

    async def check_numbers(self, phones: Sequence[str]) -> list[NumberCheck]:
        told = await self._line.ask(CheckNumbers(phones=tuple(phones)), tuple[NumberAnswer, ...])
        found = {one.phone: one for one in told if one.there}
        return [_checked(phone, found.get(phone)) for phone in phones]

    async def mark_read(
        self, chat: Jid, sender: Jid, ids: Sequence[str], *, played: bool = False
    ) -> None:
        # the library joins them by spaces: of one with a space in it nothing can be told
        told = tuple(message_id for message_id in ids if " " not in message_id)
        if not told:
            return
        ask = MarkRead(
            ids=told,
            chat=str(chat.bare),
            sender=str(sender.bare),
            timestamp_s=int(self._clock.now().timestamp()),
            played=played,
        )
        await self._line.do(ask)

    # -- parts -----------------------------------------------------------------------------

    async def _halt(self, reason: str) -> None:
        await self.supervisor.halt()
        self._greeting.end()
        self._book.signal(Signal.STOP, reason)

    async def _give_up(self, reason: str) -> None:
        """No more connections of this identity, and nothing of it in the folder."""
        await self.supervisor.halt()
        await self.supervisor.forget(reason)
        self._greeting.forget()
        self._book.signal(Signal.UNLINK, reason)

    async def _unlink_quietly(self) -> None:
        """Tell the server if that is possible, and forget the identity in any case."""
        try:
            await self._line.do(LogOut(), _LOGOUT_LIMIT_S)
        except WigwagError as error:
            _log.info("unlinking_not_told", account=self._account, code=error.code)
        await self._give_up("unlinked to pair anew")

    def _on_sign(self, sign: Sign) -> None:
        match sign:
            case MeSign():
                self._know(sign)
            case QrSign():
                self._announcer.tell(self._qr(sign))
            case ConnectedSign():
                self._greeting.begin()
            case PresenceSign():
                self._announcer.tell(*_presence(sign))
            case _:
                pass

    def _know(self, me: MeSign) -> None:
        jid, lid = claims.find_jid(me.jid), claims.find_jid(me.lid)
        if jid is None:
            return
        self.supervisor.me = me
        self._book.know(jid, lid, claims.name(me.push_name))

    def _qr(self, sign: QrSign) -> PairingQr:
        holds_s = _FIRST_CODE_S if sign.sequence == 1 else _CODE_S
        expires_at = self._clock.now() + timedelta(seconds=holds_s)
        return PairingQr(code=sign.code, expires_at=expires_at, sequence=sign.sequence)

    def _mark_gap(self, since: datetime) -> StateChanged:
        _log.warning("possible_gap", account=self._account)
        self._gap_since = since
        return StateChanged(state=replace(self._book.current, gap_since=since))


def _checked(phone: str, told: NumberAnswer | None) -> NumberCheck:
    if told is None:
        return NumberCheck(phone=phone, jid=None, lid=None)
    lid = claims.find_jid(told.lid)
    return NumberCheck(phone=phone, jid=claims.find_jid(told.pn) or lid, lid=lid)


def _presence(sign: PresenceSign) -> list[EngineEvent]:
    jid = claims.find_jid(sign.jid)
    if jid is None:
        return []
    last_seen = claims.moment(sign.last_seen_s) if sign.last_seen_s > 0 else None
    return [PresenceChanged(jid=jid, available=sign.available, last_seen=last_seen)]
