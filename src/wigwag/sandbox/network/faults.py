"""What can go wrong on purpose: faults as frozen data, and the pure, seeded decision.

A fault says what, to whom, how often. `Faults` keeps the active ones; each place that can fail
asks it with `take`, and applies what it gets.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum
from itertools import count
from typing import Literal

import msgspec

from wigwag.model.errors import InvalidInput
from wigwag.model.jid import PN_SERVER, Jid, parse_recipient
from wigwag.model.value import Value


class FaultKind(StrEnum):
    """What goes wrong, and where it is applied. `code`, `delay_s` and so on are fields of Fault."""

    REFUSE = "refuse"
    """A new connection is cut at once (with a `target`: when it has said who it is). With a
    `code` the websocket upgrade is answered with that HTTP status instead."""
    STALL = "stall"
    """A new connection is accepted, and then nothing is ever said on it."""
    DROP = "drop"
    """The socket is cut when a stanza (`tag`, default message) arrives: `when` before or after
    it is routed."""
    MUTE = "mute"
    """`direction` out: nothing is sent; in: nothing that arrives is looked at; both."""
    DELAY = "delay"
    """A stanza to the device leaves `delay_s` seconds late."""
    DUPLICATE = "duplicate"
    """A stanza to the device is sent twice."""
    REORDER = "reorder"
    """A stanza to the device is sent after the one that follows it, or a second later."""
    GARBLE = "garble"
    """The last byte of each <enc> of a message to the device is flipped (`tag`: only of this type,
    as skmsg)."""
    UNAVAILABLE = "unavailable"
    """A message to the device, other than a change of one, comes without its content, as one that
    is for other devices only (`tag` view_once: because it may be looked at once)."""
    RECEIPT_FORM = "receipt_form"
    """A receipt to the device (`tag`: of this type, as delivered, read) names its sender by the
    other address: phone number for LID, LID for phone number, unless that is told to nobody."""
    RECEIPT_DEVICE = "receipt_device"
    """A receipt to the device (`tag`) comes from device `code` of its sender, unless it asks for a
    message again."""
    NACK = "nack"
    """A message from the device is not routed; its ack carries error=`code`."""
    NO_ACK = "no_ack"
    """A message from the device is routed but not acknowledged."""
    ACK_DELAY = "ack_delay"
    """The ack of a message from the device leaves `delay_s` seconds late."""
    STREAM_ERROR = "stream_error"
    """<stream:error> and close; `code` 401 (device_removed), 409 (replaced), 503, 515."""
    LOGIN_FAILURE = "login_failure"
    """<failure reason=`code`> at login: 401, 402 (banned for `delay_s` seconds, else an hour),
    403, 405, 500, 503."""
    HOLD = "hold"
    """Queued stanzas for the device wait, as if it were offline, until the fault is removed."""
    OFFLINE_ENDLESS = "offline_endless"
    """After a login it is never said that all that had waited is here."""
    NO_PREKEYS = "no_prekeys"
    """Bundles of the device come without a one-time prekey."""
    IDENTITY_SILENT = "identity_silent"
    """Nobody is told that the person took a new identity key."""
    IGNORE = "ignore"
    """A stanza from the device (`tag`, `xmlns`) is not answered; tag iq and xmlns w:p: pings."""
    APP_STATE_MAC = "app_state_mac"
    """Patches served to the device have a wrong snapshot MAC."""
    APP_STATE_SNAPSHOT = "app_state_snapshot"
    """The phone puts snapshots with a wrong MAC on the server when it links the device."""
    APP_STATE_CONFLICT = "app_state_conflict"
    """A patch of the device is answered as if another one had been quicker."""
    APP_STATE_KEYS = "app_state_keys"
    """The phone does not hand out app-state keys to the device, at linking or when asked."""
    APP_STATE_COPY = "app_state_copy"
    """The phone does not answer the device that asks for a copy of a collection."""
    HISTORY_SKIP = "history_skip"
    """The phone of the account leaves out a chunk of history (`tag`: its type, as recent)."""
    HISTORY_REPEAT = "history_repeat"
    """The phone sends a chunk of history twice."""
    HISTORY_REORDER = "history_reorder"
    """The phone sends a chunk of history after the one that follows it."""
    PHONE_SILENT = "phone_silent"
    """The phone does not answer a request of a companion (`tag`: on_demand, resend, chunk)."""
    PHONE_LATE = "phone_late"
    """The phone answers a request (`tag`) `delay_s` seconds late."""
    PHONE_EMPTY = "phone_empty"
    """The phone answers a request (`tag`: on_demand, resend) with no message in it."""
    PHONE_ASTRAY = "phone_astray"
    """The phone answers a request for older messages with those of another chat."""
    MEDIA_STATUS = "media_status"
    """The media host answers with HTTP status `code`."""
    MEDIA_CUT = "media_cut"
    """A download ends after `at_bytes` bytes and the socket is cut."""
    MEDIA_CORRUPT = "media_corrupt"
    """The last byte of a downloaded file is flipped, so that its hash is wrong."""
    MEDIA_HANG = "media_hang"
    """The media host takes a request and answers `delay_s` seconds late."""
    MEDIA_RETRY = "media_retry"
    """The phone, asked to upload a file again, says that it cannot: `code` 404 not there, 412 the
    request does not open, 500 something else; without a code it says nothing."""


class Fault(Value):
    """One fault. It acts `count` times (None: endless), each time with `probability`.

    `target` is a phone number, a JID (without a device part: every device of the account), or
    "" for everyone. Downloads are anonymous, so faults of downloads need the target "".
    """

    kind: FaultKind
    target: str = ""
    count: int | None = 1
    probability: float = 1.0
    seed: int = 0
    code: int = 0
    delay_s: float = 0.0
    when: Literal["before", "after"] = "before"
    direction: Literal["out", "in", "both"] = "both"
    tag: str = ""
    xmlns: str = ""
    at_bytes: int = 0


class ActiveFault(Value):
    """A fault in force: its number, how often it was asked and how often it acted."""

    id: int
    fault: Fault
    asked: int
    acted: int


class Target:
    """Whom a fault hits: everyone, an account (by PN or LID), or one device of it."""

    __slots__ = ("device", "user")

    def __init__(self, text: str) -> None:
        jid = Jid("", PN_SERVER)
        if text:
            jid = parse_recipient(text)
            device = text.partition("@")[0].partition(":")[2]
            jid = jid.with_device(int(device) if device.isdigit() else 0)
        self.user = jid.user
        self.device = jid.device

    def includes(self, lid: Jid | None, pn: Jid | None) -> bool:
        """Whether the device with these two addresses is meant; None is an unknown device."""
        if not self.user:
            return True
        if lid is None or pn is None:
            return False
        return self.user in (lid.user, pn.user) and self.device in (0, lid.device)


def acts(fault: Fault, asked: int, acted: int) -> bool:
    """Whether the fault acts when it is asked for the `asked`-th time (from 0).

    Pure: the same fault asked the same number of times decides the same.
    """
    if fault.count is not None and acted >= fault.count:
        return False
    if fault.probability >= 1.0:
        return True
    draw = random.Random(fault.seed * 1_000_003 + asked).random()
    return draw < fault.probability


def _default_tag(fault: Fault) -> str:
    """What a fault that names no stanza is about."""
    if fault.kind is FaultKind.DROP:
        return "message"
    if fault.kind is FaultKind.REFUSE:
        return "login" if fault.target else "upgrade" if fault.code else "connect"
    return ""


class _Entry:
    __slots__ = ("acted", "asked", "fault", "id", "tag", "target")

    def __init__(self, number: int, fault: Fault) -> None:
        self.id = number
        self.fault = fault
        self.target = Target(fault.target)
        self.tag = fault.tag or _default_tag(fault)
        self.asked = 0
        self.acted = 0


class Faults:
    """The active faults, looked up by kind. At most `limit` at a time."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._by_kind: defaultdict[FaultKind, list[_Entry]] = defaultdict(list)
        self._numbers = count(1)
        self.on_change: Callable[[], None] | None = None
        """Called after a fault was added or removed."""

    def __bool__(self) -> bool:
        return bool(self._by_kind)

    def add(self, fault: Fault) -> int:
        """Put a fault in force; its number. Raises InvalidInput for a bad target or too many."""
        if not 0.0 <= fault.probability <= 1.0:
            raise InvalidInput("The probability of a fault lies between 0 and 1.")
        if (fault.count is not None and fault.count < 1) or fault.delay_s < 0:
            raise InvalidInput("A fault acts at least once (or count null), and never earlier.")
        if sum(map(len, self._by_kind.values())) >= self._limit:
            raise InvalidInput("Too many faults are active; remove some first.")
        entry = _Entry(next(self._numbers), fault)
        self._by_kind[fault.kind].append(entry)
        self._changed()
        return entry.id

    def remove(self, number: int) -> bool:
        """End a fault; False when there is none with this number."""
        for kind, entries in list(self._by_kind.items()):
            for entry in entries:
                if entry.id == number:
                    entries.remove(entry)
                    if not entries:
                        del self._by_kind[kind]
                    self._changed()
                    return True
        return False

    def clear(self) -> None:
        """End every fault."""
        self._by_kind.clear()
        self._changed()

    def list(self) -> "list[ActiveFault]":
        entries = sorted(
            (entry for entries in self._by_kind.values() for entry in entries),
            key=lambda entry: entry.id,
        )
        return [
            ActiveFault(id=entry.id, fault=entry.fault, asked=entry.asked, acted=entry.acted)
            for entry in entries
        ]

    def holds(self, kind: FaultKind, lid: Jid | None, pn: Jid | None) -> bool:
        """Whether such a fault is in force for the device, without using it up."""
        entries = self._by_kind.get(kind)
        return bool(entries) and any(
            entry.target.includes(lid, pn) and acts(entry.fault, entry.asked, entry.acted)
            for entry in entries
        )

    def take(
        self,
        kind: FaultKind,
        lid: Jid | None = None,
        pn: Jid | None = None,
        tag: str = "",
        *,
        xmlns: str = "",
        direction: str = "",
    ) -> Fault | None:
        """The fault of this kind that acts now on this device and stanza, used up once."""
        entries = self._by_kind.get(kind)
        if not entries:
            return None
        for entry in entries:
            fault = entry.fault
            if (
                entry.target.includes(lid, pn)
                and entry.tag in (tag, "")
                and fault.xmlns in (xmlns, "")
                and (not direction or fault.direction in (direction, "both"))
            ):
                decided = acts(fault, entry.asked, entry.acted)
                entry.asked += 1
                if decided:
                    self._count(entry)
                    return fault
        return None

    def _count(self, entry: _Entry) -> None:
        entry.acted += 1
        fault = entry.fault
        if fault.count is not None and entry.acted >= fault.count:
            entries = self._by_kind[fault.kind]
            entries.remove(entry)
            if not entries:
                del self._by_kind[fault.kind]

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()


def fault_from_json(data: object) -> Fault:
    """The fault that a caller describes. Raises InvalidInput and says what is wrong."""
    try:
        return msgspec.convert(data, Fault, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"That is no fault: {error}") from error
    except UnicodeEncodeError as error:
        raise InvalidInput("That is no fault: a name in it is no text.") from error
