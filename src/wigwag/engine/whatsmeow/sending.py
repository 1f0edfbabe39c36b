"""Sending through the library: in order within a chat, and never a second time by itself."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Final

from wigwag.engine.common.errors import RequestFailed, RequestTimeout
from wigwag.engine.common.refusals import message_refused
from wigwag.engine.whatsmeow.asks import SendMessage, SentAnswer
from wigwag.engine.whatsmeow.line import Line
from wigwag.model.content import Poll, PollVote, Reaction, Unsupported
from wigwag.model.errors import InvalidInput, SendUnknown
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.wire import claims
from wigwag.wire.content import encode_content
from wigwag.wire.errors import WireError

SEND_LIMIT_S: Final = 100.0
"""The library itself waits 75 s for an acknowledgement (whatsmeow send.go)."""
_WITHOUT_SECRET: Final = (Reaction, PollVote, Unsupported)


class Sender:
    """Sends the messages of one account."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._turns: dict[Jid, asyncio.Lock] = {}
        self._users: Counter[Jid] = Counter()
        """How many messages of a chat wait or are under way."""

    async def send(self, message: Outgoing) -> Sent:
        """See ports.Engine.send. `Sent.id` is the library's. Raises SendUnknown where it is not
        known whether the message left; the same id is refused so from then on."""
        chat = message.to.bare
        try:
            content = encode_content(
                message.content, secret=_secret_of(message), timestamp=message.timestamp
            )
        except WireError as error:
            raise InvalidInput("This message cannot be sent: " + error.detail) from error
        ask = SendMessage(id=message.id, to=str(chat), content=content)
        try:
            async with self._turn(chat):
                told = await self._line.ask(ask, SentAnswer, SEND_LIMIT_S)
        except RequestTimeout as error:
            raise SendUnknown from error
        except RequestFailed as error:
            raise message_refused(chat, error.server_code) from error
        return Sent(
            id=claims.identifier(told.id) or message.id,
            chat=chat,
            timestamp=claims.moment(told.timestamp_s),
            server_id=max(told.server_id, 0),
        )

    @contextlib.asynccontextmanager
    async def _turn(self, chat: Jid) -> AsyncGenerator[None]:
        """The library sends one message of a chat after the other only if it is asked so."""
        self._users[chat] += 1
        try:
            async with self._turns.setdefault(chat, asyncio.Lock()):
                yield
        finally:
            self._users[chat] -= 1
            if not self._users[chat]:
                del self._users[chat], self._turns[chat]


def _secret_of(message: Outgoing) -> bytes:
    """What the message can be reported by, and what is sealed for it."""
    content = message.content
    if isinstance(content, _WITHOUT_SECRET):
        return b""
    return (content.secret if isinstance(content, Poll) else b"") or message.secret
