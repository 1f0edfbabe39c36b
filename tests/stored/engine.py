"""An engine in memory: honours `ports.Engine`, keeps what it was given, fails as told."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from stored.assemblies import StoredCommunities, StoredGroups, StoredNewsletters
from stored.social import StoredCalls, StoredPresence, StoredProfile
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.appstate import AppStateChange, CollectionStatus, TimedChange
from wigwag.model.archived import HistoryAnchor
from wigwag.model.capability import EVERYTHING, EngineKind
from wigwag.model.content import MediaKind, MediaRef, MessageKey
from wigwag.model.errors import MediaGone, NotConnected
from wigwag.model.event import AppStateChanged, MediaRetryAnswered
from wigwag.model.jid import PN_SERVER, Jid
from wigwag.model.media import MediaAnswer, RetryResult
from wigwag.model.message import Outgoing, Sent
from wigwag.ports import NO_COUNTERS, Counters, EngineSink, NumberCheck

OWN = Jid("491700000099", "s.whatsapp.net")
MEDIA_KEY = b"k" * 32
OWN_LID = Jid("99000000000001", "lid")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


class StoredPhone:
    """The phone's part: `requests` has what it was asked for. It answers nothing by itself."""

    def __init__(self, engine: "StoredEngine") -> None:
        self._engine = engine
        self.requests: list[tuple[MessageKey, bool]] = []
        self.on_request: Callable[[], None] = lambda: None

    async def request_again(self, key: MessageKey, media_key: bytes, *, by_pn: bool) -> None:
        assert media_key == MEDIA_KEY
        self.on_request()
        if self._engine.state.state != ConnectionState.CONNECTED:
            raise NotConnected
        self.requests.append((key, by_pn))


def read_answer(answer: MediaRetryAnswered, media_key: bytes) -> MediaAnswer:
    """Opens the answers of `answered`."""
    if not answer.sealed:
        return MediaAnswer(result=RetryResult.NOT_FOUND)
    if not answer.sealed.startswith(media_key):
        return MediaAnswer(result=RetryResult.UNREADABLE)
    return msgspec.msgpack.decode(answer.sealed.removeprefix(media_key), type=MediaAnswer)


def answered(
    key: MessageKey, result: RetryResult, path: str = "", media_key: bytes = MEDIA_KEY
) -> MediaRetryAnswered:
    answer = MediaAnswer(result=result, direct_path=path)
    return MediaRetryAnswered(key=key, sealed=media_key + msgspec.msgpack.encode(answer), iv=b"iv")


class StoredAppState:
    """Takes every change, and tells it as the network would."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.changes: list[AppStateChange] = []
        self.errors: list[Exception] = []
        self.sink: EngineSink | None = None

    async def change(self, changes: Sequence[AppStateChange]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.changes += changes
        if self.sink is not None:
            told = AppStateChanged(
                collection="all",
                version=len(self.changes),
                epoch="stored",
                part=0,
                changes=tuple(TimedChange(change=one, at=SINCE) for one in changes),
            )
            await self.sink(self.account, [told])

    def statuses(self) -> tuple[CollectionStatus, ...]:
        return ()

    def ignored(self) -> dict[str, int]:
        return {}


class StoredHistory:
    """What the phone was asked for; the next calls raise `errors`, one each."""

    def __init__(self) -> None:
        self.asked: list[tuple[HistoryAnchor, int, str]] = []
        self.errors: list[Exception] = []

    async def request(self, before: HistoryAnchor, count: int, request_id: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.asked.append((before, count, request_id))


class StoredEngine:
    """`sent` has every call of `send` in order. `errors` are raised by the next calls, one each.

    `numbers` and `lids` are what the server knows of numbers; of others it knows all
    (`default_number`) or none.

    `read` is what was marked as read or played.

    `rename` gives a message the id that it gets on its way.

    `hold` keeps acknowledgements back until `release`. `on_state` is what ingest would tell.
    """

    def __init__(
        self, account: str = "default", *, own: Jid | None = OWN, connected: bool = True
    ) -> None:
        self.account = account
        self.kind = EngineKind.NATIVE
        self.capabilities = EVERYTHING
        self.appstate = StoredAppState(account)
        self.own = own
        self.sent: list[Outgoing] = []
        self.rename: Callable[[str], str] = lambda message_id: message_id
        self.errors: list[Exception] = []
        self.files: dict[str, bytes] = {}
        self.uploads = 0
        self.downloads: list[str] = []
        self.download_errors: list[Exception] = []
        self.on_state: Callable[[str, AccountState], None] = lambda _account, _state: None
        self.numbers: dict[str, Jid | None] = {}
        self.lids: dict[str, Jid] = {}
        self.default_number = True
        self.number_errors: list[Exception] = []
        self.checked: list[str] = []
        self.media = StoredPhone(self)
        self.stopped = False
        self.read: list[tuple[Jid, Jid, tuple[str, ...], bool]] = []
        self.history = StoredHistory()
        self.presence = StoredPresence()
        self.calls = StoredCalls()
        self.groups = StoredGroups(account, OWN)
        self.communities = StoredCommunities(self.groups)
        self.newsletters = StoredNewsletters(account)
        self.profile = StoredProfile()
        self._gate = asyncio.Event()
        self._gate.set()
        self._state = ConnectionState.CONNECTED if connected else ConnectionState.CONNECTING

    @property
    def state(self) -> AccountState:
        return AccountState(state=self._state, since=SINCE, jid=self.own, lid=OWN_LID)

    @property
    def counters(self) -> Counters:
        return NO_COUNTERS

    def turn(self, state: ConnectionState) -> None:
        self._state = state
        self.on_state(self.account, self.state)

    def hold(self) -> None:
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()

    @property
    def linking(self) -> "StoredEngine":
        return self

    async def pair(self, *, anew: bool = False) -> None:
        del anew
        self.turn(ConnectionState.PAIRING)

    async def restart(self) -> None:
        self.turn(ConnectionState.CONNECTED)

    async def start(self) -> None:
        self.turn(ConnectionState.CONNECTED)

    async def stop(self) -> None:
        self.stopped = True
        self.turn(ConnectionState.STOPPED)

    async def logout(self) -> None:
        self.turn(ConnectionState.LOGGED_OUT)

    async def pair_code(self, phone: str) -> str:
        raise NotConnected(phone)

    async def send(self, message: Outgoing) -> Sent:
        if self._state != ConnectionState.CONNECTED:
            raise NotConnected
        self.sent.append(message)
        if self.errors:
            raise self.errors.pop(0)
        await self._gate.wait()
        message_id = self.rename(message.id)
        return Sent(id=message_id, chat=message.to, timestamp=message.timestamp)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        if self._state != ConnectionState.CONNECTED:
            raise NotConnected
        self.uploads += 1
        return self.offer(source.read(), f"/v/{kind.value}/{self.uploads}")

    def offer(self, data: bytes, direct_path: str) -> MediaRef:
        """Have a file on the media host."""
        self.files[direct_path] = data
        return MediaRef(
            direct_path=direct_path,
            media_key=MEDIA_KEY,
            file_sha256=hashlib.sha256(data).digest(),
            file_enc_sha256=b"e" * 32,
            size_bytes=len(data),
        )

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        del kind
        self.downloads.append(ref.direct_path)
        if self._state != ConnectionState.CONNECTED:
            raise NotConnected
        if self.download_errors:
            raise self.download_errors.pop(0)
        await self._gate.wait()
        data = self.files.get(ref.direct_path)
        if data is None:
            raise MediaGone
        await asyncio.to_thread(target.write_bytes, data)

    async def check_numbers(self, phones: Sequence[str]) -> list[NumberCheck]:
        if self.number_errors:
            raise self.number_errors.pop(0)
        self.checked.extend(phones)
        answers: list[NumberCheck] = []
        for phone in phones:
            default = Jid(phone, PN_SERVER) if self.default_number else None
            jid = self.numbers.get(phone, default)
            answers.append(NumberCheck(phone=phone, jid=jid, lid=self.lids.get(phone)))
        return answers

    async def mark_read(
        self, chat: Jid, sender: Jid, ids: Sequence[str], *, played: bool = False
    ) -> None:
        if self._state != ConnectionState.CONNECTED:
            raise NotConnected
        self.read.append((chat, sender, tuple(ids), played))
