"""Pairing: from a stream without identity to a device that the phone has accepted.

QR codes are shown one after the other until they run out; a code for typing may be asked for
meanwhile, and is not cut off by that.
"""

from datetime import timedelta
from typing import Final, Protocol

import msgspec
import structlog

from wigwag.engine.common.errors import RequestFailed, RequestTimeout, StoreFailed
from wigwag.engine.common.states import (
    Ending,
    PairingEnded,
    PairingRefused,
    StreamErrored,
    StreamLost,
    read_ending,
)
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.connection.control import Alarm, ControlQueue, answer_to
from wigwag.engine.native.connection.linkcode import (
    REG_TAG,
    LinkCode,
    ask_for_code,
    finish_code,
    shown_code,
)
from wigwag.engine.native.connection.login import time_offset_s, unified_session
from wigwag.engine.native.connection.stanzas import acknowledge, iq_error, iq_result
from wigwag.engine.native.people.addresses import signal_address
from wigwag.engine.native.store.records import DeviceRecord
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import (
    DropIdentity,
    PutDevice,
    PutIdentity,
    PutLid,
    PutSignedPreKey,
    Write,
)
from wigwag.model.errors import NotConnected, StorageBusy, StorageFull
from wigwag.model.event import EngineEvent, PairingCode, PairingPasskey, PairingQr
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.ports import Clock
from wigwag.wire.errors import PairingFailure, WireError
from wigwag.wire.nodes import Node
from wigwag.wire.pairing import (
    LinkPlatform,
    QrContents,
    VerifiedIdentity,
    format_qr,
    verify_device_identity,
)
from wigwag.wire.signal.curve import RandomBytes, generate_key_pair
from wigwag.wire.signal.keys import make_signed_prekey

FULL_SET: Final = 6
_RESTART: Final = StreamErrored(code=515)
PASSKEY_TYPE: Final = "passkey_prologue_request"
_PASSKEY_ADVICE: Final = (
    "WhatsApp wants this link confirmed with the account's passkey, which only its own apps can "
    "present. On the phone, remove the passkey under Settings > Account > Passkeys, pair again, "
    "and add it anew afterwards."
)
_NEXT_QR: Final = "next-qr"
_SILENCE: Final = "silence"
_CODE_OVER: Final = "code-over"

_log = structlog.get_logger(__name__)


class PairingPolicy(Value):
    """Lifetimes: of the first QR code of a full set, of the others, of a code for typing.

    `silence_s` is how long the server may take to offer codes, or to restart after a pairing;
    `offer_s` how long who wants a code to type waits for that offer, over several attempts.
    """

    first_s: float = 60.0
    next_s: float = 20.0
    code_s: float = 180.0
    silence_s: float = 20.0
    offer_s: float = 30.0
    link_platform: str = LinkPlatform.OTHER_WEB_CLIENT


def new_device(random: RandomBytes) -> DeviceRecord:
    """A fresh identity, not linked to anyone yet."""
    identity = generate_key_pair(random)
    return DeviceRecord(
        noise=generate_key_pair(random),
        identity=identity,
        registration_id=int.from_bytes(random(4), "big"),
        adv_secret=random(32),
        signed_prekey=make_signed_prekey(identity, 1, random),
    )


def qr_lifetimes(count: int, policy: PairingPolicy) -> list[float]:
    """How long each of the server's codes is shown (whatsmeow qrchan.go)."""
    first = policy.first_s if count == FULL_SET else policy.next_s
    return [first, *[policy.next_s] * (count - 1)][:count]


class PairingEars(Protocol):
    """Who listens to a pairing."""

    def tell(self, *events: EngineEvent) -> None:
        """A code to show."""
        ...

    def ready_to_pair(self) -> None:
        """The server offers codes: the state is `pairing`."""
        ...

    def remark(self, reason: str) -> None:
        """Something about the pairing that its state shall say."""
        ...


class Pairing:
    """The pairing of one fresh identity over one connection."""

    def __init__(
        self,
        account: str,
        device: DeviceRecord,
        connection: Connection,
        *,
        store: EngineStore,
        policy: PairingPolicy,
        clock: Clock,
        random: RandomBytes,
        ears: PairingEars,
    ) -> None:
        self.device = device
        self.connection = connection
        self._account = account
        self._store = store
        self._policy = policy
        self._clock = clock
        self._random = random
        self._ears = ears
        self._control = ControlQueue(connection, clock)
        self._codes: list[tuple[str, float]] = []
        self._sequence = 0
        self._shown: PairingQr | None = None
        self._link_code: LinkCode | None = None
        self._code_wanted = False
        for kind in (REG_TAG, PASSKEY_TYPE):
            connection.on_node("notification", self._control.put, type=kind)

    @property
    def shown(self) -> PairingQr | None:
        """The QR code that is valid now."""
        return self._shown

    async def attempt(self, payload: bytes) -> Ending:
        """One stream, until the phone has accepted (then the server restarts it) or it ends; to
        be followed by `close`."""
        self._control.clear()
        self._link_code, self._code_wanted = None, False
        await self.connection.open(self.device.noise, payload)
        self._control.set_alarm(_SILENCE, self._policy.silence_s)
        while True:
            ending = await self._step()
            if ending is not None:
                return ending

    async def close(self) -> None:
        """Leave nothing of an attempt."""
        self._shown = None
        self._control.clear()
        await self.connection.close()

    async def ask_code(self, phone: Jid) -> str:
        """A code to type on this phone, when the server has offered codes.

        Raises NotConnected, RequestTimeout.
        """
        self._code_wanted = True
        self._control.set_alarm(_CODE_OVER, self._policy.code_s)
        try:
            self._link_code = await ask_for_code(self.connection, self.device, phone, self._random)
        except BaseException:
            self._control.set_alarm(_CODE_OVER, 0.0)
            raise
        self._control.set_alarm(_CODE_OVER, self._policy.code_s)
        code = shown_code(self._link_code)
        self._ears.tell(PairingCode(code=code))
        return code

    async def _step(self) -> Ending | None:
        item = await self._control.get()
        match item:
            case StreamLost():
                return self._lost(item)
            case Alarm(name=name):
                return self._alarm(name)
            case Node(tag="notification"):
                if item.attr("type") == PASSKEY_TYPE:
                    return await self._passkey_wanted(item)
                return await self._phone_hello(item)
            case Node(tag="iq"):
                return await self._iq(item)
            case Node():
                return read_ending(item)

    def _lost(self, item: StreamLost) -> Ending:
        if self.device.jid is not None:
            return _RESTART
        # the server closes the stream when its codes have run out
        return PairingEnded() if self._sequence and len(self._codes) <= 1 else item

    def _alarm(self, name: str) -> Ending | None:
        if name == _SILENCE:
            return _RESTART if self.device.jid is not None else StreamLost(why="mute")
        if name == _CODE_OVER:
            self._link_code, self._code_wanted = None, False
            return None if self._codes else PairingEnded()
        self._codes = self._codes[1:]
        return self._show_qr()

    async def _iq(self, node: Node) -> Ending | None:
        kids = node.kids
        tag = kids[0].tag if len(kids) == 1 else ""
        if tag == "pair-device":
            return await self._offered(node, kids[0])
        if tag == "pair-success":
            return await self._accepted(node, kids[0])
        answer = answer_to(node)
        if answer is not None:
            await self._send(answer)
        return None

    async def _offered(self, node: Node, offer: Node) -> Ending | None:
        """The server's references: each becomes a QR code."""
        await self._send(iq_result(node))
        refs = [ref.data for ref in offer.children_with("ref")][:FULL_SET]
        self._codes = []
        for ref, lifetime_s in zip(refs, qr_lifetimes(len(refs), self._policy), strict=True):
            try:
                self._codes.append((self._qr(ref), lifetime_s))
            except PairingFailure:
                _log.warning("pairing_ref_unusable", account=self._account)
        if not self._codes:
            return PairingRefused(code="pairing")
        self._control.stop_alarm(_SILENCE)
        self._ears.ready_to_pair()
        return self._show_qr()

    def _show_qr(self) -> Ending | None:
        self._shown = None
        if not self._codes:
            return None if self._code_wanted else PairingEnded()
        code, lifetime_s = self._codes[0]
        self._sequence += 1
        expires_at = self._clock.now() + timedelta(seconds=lifetime_s)
        self._shown = PairingQr(code=code, expires_at=expires_at, sequence=self._sequence)
        self._ears.tell(self._shown)
        self._control.set_alarm(_NEXT_QR, lifetime_s)
        return None

    def _qr(self, ref: bytes) -> str:
        return format_qr(
            QrContents(
                ref=ref.decode("utf-8", "replace"),
                noise_public=self.device.noise.public,
                identity_public=self.device.identity.public,
                adv_secret=self.device.adv_secret,
                platform=self._policy.link_platform,
            )
        )

    async def _phone_hello(self, node: Node) -> None:
        """The owner typed the code."""
        try:
            self.device = await finish_code(
                self.connection, self.device, self._link_code, node, self._random
            )
        except (PairingFailure, NotConnected, RequestFailed, RequestTimeout) as error:
            _log.warning("pairing_code_failed", account=self._account, code=error.code)

    async def _passkey_wanted(self, node: Node) -> None:
        """The server wants an assertion that only the account's authenticator can make, on
        WhatsApp's own page (whatsmeow pair-passkey.go). The codes stay valid meanwhile."""
        await self._send(acknowledge(node))
        self._ears.remark("WhatsApp asks for a passkey")
        self._ears.tell(PairingPasskey(advice=_PASSKEY_ADVICE))

    async def _accepted(self, node: Node, success: Node) -> Ending | None:
        """The phone vouches for this device: check, save, countersign."""
        try:
            jid, lid, verified = self._verify(success)
            device = _paired(self.device, jid, lid, verified, success)
            await self._store.commit(self._writes(device, verified))
        except PairingFailure as error:
            await self._send(iq_error(node, error.reply_code, error.reply_text))
            return PairingRefused(code=error.code)
        except (WireError, StorageFull, StorageBusy, StoreFailed) as error:
            await self._send(iq_error(node, 500, "internal-error"))
            return PairingRefused(code=error.code)
        self.device = device
        self._control.stop_alarm(_NEXT_QR)
        self._control.set_alarm(_SILENCE, self._policy.silence_s)
        identity = Node(
            "device-identity", {"key-index": str(verified.key_index)}, verified.signed_for_server
        )
        await self._send(iq_result(node, [Node("pair-device-sign", {}, [identity])]))
        now = self._clock.now()
        await self._send(unified_session(now, time_offset_s(node, now)))
        _log.info("paired", account=self._account)
        return None

    def _verify(self, success: Node) -> tuple[Jid, Jid | None, VerifiedIdentity]:
        container, device = success.child("device-identity"), success.child("device")
        if container is None or device is None:
            raise PairingFailure("The server's word on the pairing is incomplete.")
        jid, lid = device.require_jid("jid"), device.attr_jid("lid")
        if not jid.is_pn or not jid.device or not jid.user.isdecimal():
            raise PairingFailure("The server gave this device no usable address.")
        verified = verify_device_identity(
            container.data, self.device.adv_secret, self.device.identity, self._random
        )
        return jid, lid if lid is not None and lid.is_lid else None, verified

    def _writes(self, device: DeviceRecord, verified: VerifiedIdentity) -> list[Write]:
        """Everything of the new identity at once; nothing of an older one is left."""
        account, key = self._account, device.signed_prekey
        main = (device.lid or device.jid or Jid("", "")).with_device(0)
        writes: list[Write] = [
            DropIdentity(account, None, None, 0.0, ""),
            PutDevice(account, device),
            PutSignedPreKey(account, key.id, key.pair.private, key.pair.public, key.signature),
            PutIdentity(account, signal_address(main), verified.account_signature_key),
        ]
        if device.lid is not None and device.jid is not None:
            writes.append(PutLid(account, device.lid.user, device.jid.user))
        return writes

    async def _send(self, node: Node) -> None:
        try:
            await self.connection.send(node)
        except NotConnected:
            _log.debug("stanza_not_sent", tag=node.tag)


def _paired(
    device: DeviceRecord, jid: Jid, lid: Jid | None, verified: VerifiedIdentity, success: Node
) -> DeviceRecord:
    platform, business = success.child("platform"), success.child("biz")
    return msgspec.structs.replace(
        device,
        jid=jid,
        lid=lid,
        account_identity=verified.full,
        account_signature_key=verified.account_signature_key,
        key_index=verified.key_index,
        platform=platform.attr("name")[:64] if platform is not None else "",
        business_name=business.attr("name")[:256] if business is not None else "",
    )
