"""What can be asked of a client: one function for each Ask."""

from collections.abc import Callable
from typing import Any, Final

from wigwag.engine.whatsmeow.asks import (
    Ask,
    CheckNumbers,
    LogOut,
    MarkRead,
    NumberAnswer,
    PairCode,
    RejectCall,
    SendMessage,
    SentAnswer,
    SetActivity,
    SetAvailable,
    Subscribe,
    Upload,
    UploadAnswer,
)
from wigwag.engine.whatsmeow.child.callee import Callee
from wigwag.engine.whatsmeow.child.calls_groups import group_calls
from wigwag.engine.whatsmeow.child.calls_newsletters import newsletter_calls
from wigwag.engine.whatsmeow.child.calls_profile import profile_calls
from wigwag.engine.whatsmeow.child.reading import jid_text, seconds
from wigwag.engine.whatsmeow.child.spool import Spool
from wigwag.engine.whatsmeow.child.troubles import CallFailed, send_failure
from wigwag.engine.whatsmeow.facts import MeSign
from wigwag.engine.whatsmeow.frames import Trouble, encode_value

DISPLAY: Final = "Chrome (Linux)"
"""The server takes only common browsers and systems, in this form."""
_CHROME: Final = 1
_PAUSED: Final = 1
_AUDIO: Final = 1
_LID: Final = "@lid"

Doing = Callable[[Any], object]


class Calls:
    """Runs asks, each in the thread it is called in. Raises CallFailed."""

    def __init__(self, callee: Callee, spool: Spool) -> None:
        self._callee = callee
        self._spool = spool
        self._doings: dict[type, Doing] = {
            PairCode: self._pair_code,
            LogOut: self._log_out,
            Upload: self._upload,
            MarkRead: self._mark_read,
            SetAvailable: self._set_available,
            SetActivity: self._set_activity,
            Subscribe: lambda ask: callee.do("SubscribePresence", callee.jid(ask.person)),
            CheckNumbers: self._check_numbers,
            RejectCall: self._reject_call,
            **group_calls(callee),
            **profile_calls(callee),
            **newsletter_calls(callee),
        }

    def run(self, ask: Ask) -> bytes:
        """What the ask says that it answers, encoded."""
        if isinstance(ask, SendMessage):
            return self._send(ask)
        return encode_value(self._doings[type(ask)](ask))

    def me(self) -> MeSign | None:
        """Whose account it is, as far as the client knows."""
        pb = self._callee.pb
        told = pb.Device.FromString(self._callee.raw("GetMe"))
        jid = jid_text(told.JID)
        return MeSign(jid=jid, lid=jid_text(told.LID), push_name=told.PushName) if jid else None

    def disconnect(self) -> None:
        """Nothing comes any more; what came is still told."""
        self._callee.raw("Disconnect")

    def _pair_code(self, ask: PairCode) -> str:
        pb = self._callee.pb
        wanted = pb.PairPhoneParams(
            phone=ask.phone,
            showPushNotification=True,
            clientType=_CHROME,
            clientDisplayName=DISPLAY,
        )
        return self._callee.ask("PairPhone", pb.PairPhoneReturnFunction, wanted).Code

    def _log_out(self, _ask: LogOut) -> None:
        self._callee.do("Logout")
        self._spool.forget_me()

    def _send(self, ask: SendMessage) -> bytes:
        """The same id leaves once: of a second time only the first one's end is told."""
        first, earlier = self._spool.begin_send(ask.id)
        if not first:
            if earlier is None:
                raise CallFailed(Trouble.UNKNOWN)
            return earlier
        try:
            answer = encode_value(self._sent(ask))
        except CallFailed as failed:
            if failed.trouble is not Trouble.UNKNOWN:
                self._spool.drop_send(ask.id)
            raise
        self._spool.end_send(ask.id, answer)
        return answer

    def _sent(self, ask: SendMessage) -> SentAnswer:
        callee, pb = self._callee, self._callee.pb
        message = (ask.content, len(ask.content))
        raw = callee.raw("SendMessage", callee.jid(ask.to), *message)
        told = pb.SendMessageReturnFunction.FromString(raw)
        if told.Error:
            raise send_failure(told.Error)
        response = told.SendResponse
        return SentAnswer(
            id=response.ID,
            timestamp_s=seconds(response.Timestamp),
            server_id=max(response.ServerID, 0),
        )

    def _upload(self, ask: Upload) -> UploadAnswer:
        callee, pb = self._callee, self._callee.pb
        name = "UploadNewsletter" if ask.plain else "Upload"
        file = (ask.data, len(ask.data))
        told = callee.ask(name, pb.UploadReturnFunction, *file, ask.media_type).UploadResponse
        return UploadAnswer(
            url=told.url,
            direct_path=told.DirectPath,
            handle=told.Handle,
            media_key=told.MediaKey,
            file_sha256=told.FileSHA256,
            file_enc_sha256=told.FileEncSHA256,
            size_bytes=told.FileLength,
        )

    def _mark_read(self, ask: MarkRead) -> None:
        callee = self._callee
        callee.do(
            "MarkRead",
            " ".join(ask.ids).encode(),
            ask.timestamp_s,
            callee.jid(ask.chat),
            callee.jid(ask.sender),
            b"played" if ask.played else b"read",
        )

    def _set_available(self, ask: SetAvailable) -> None:
        self._callee.do("SendPresence", b"available" if ask.available else b"unavailable")

    def _set_activity(self, ask: SetActivity) -> None:
        state, media = 0 if ask.composing else _PAUSED, _AUDIO if ask.audio else 0
        self._callee.do("SendChatPresence", self._callee.jid(ask.chat), state, media)

    def _check_numbers(self, ask: CheckNumbers) -> tuple[NumberAnswer, ...]:
        callee, pb = self._callee, self._callee.pb
        numbers = " ".join(f"+{phone}" for phone in ask.phones).encode()
        told = callee.ask("IsOnWhatsApp", pb.IsOnWhatsAppReturnFunction, numbers, len(numbers))
        return tuple(map(self._number, told.IsOnWhatsAppResponse))

    def _number(self, told: Any) -> NumberAnswer:
        """Of whom is there, the library tells the LID alone; whose it is, it has just learnt."""
        phone, jid = told.Query.removeprefix("+"), jid_text(told.JID)
        if not jid.endswith(_LID):
            return NumberAnswer(phone=phone, pn=jid, lid="", there=told.IsIn)
        kind = self._callee.pb.GetJIDFromStoreReturnFunction
        known = self._callee.ask("GetPNFromLID", kind, told.JID)
        return NumberAnswer(phone=phone, pn=jid_text(known.Jid), lid=jid, there=told.IsIn)

    def _reject_call(self, ask: RejectCall) -> None:
        self._callee.do("RejectCall", self._callee.jid(ask.caller), ask.call_id.encode())
