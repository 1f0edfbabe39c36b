"""The emulated WhatsApp network: pure state, without sockets.

Clients come in through a listener, which makes a `Link` for each connection; simulated phones and
people attach as residents. Everything that a client or resident says enters by `handle`.
"""

import random as random_module
import time
from collections.abc import Callable, Sequence

from wigwag.model.errors import WigwagError
from wigwag.model.jid import Jid
from wigwag.sandbox.network.appstate import Collections
from wigwag.sandbox.network.calls import Calls
from wigwag.sandbox.network.directory import (
    Account,
    Device,
    Directory,
    PublicPreKey,
    PublicSignedPreKey,
    PublishedKeys,
)
from wigwag.sandbox.network.faults import FaultKind, Faults
from wigwag.sandbox.network.group_requests import GroupRequests
from wigwag.sandbox.network.groups import Groups
from wigwag.sandbox.network.links import Link, Resident, Timer
from wigwag.sandbox.network.login import Login
from wigwag.sandbox.network.mappings import Mappings
from wigwag.sandbox.network.messages import Messages
from wigwag.sandbox.network.mex import MexRequests
from wigwag.sandbox.network.newsletter_requests import NewsletterRequests
from wigwag.sandbox.network.newsletters import Newsletters
from wigwag.sandbox.network.pairing import Pairing
from wigwag.sandbox.network.prekeys import PreKeys
from wigwag.sandbox.network.presence import Presences
from wigwag.sandbox.network.profiles import Profiles
from wigwag.sandbox.network.receipts import Receipts
from wigwag.sandbox.network.stanzas import iq_error, iq_result
from wigwag.sandbox.network.switchboard import NetworkLimits, Switchboard
from wigwag.sandbox.network.transcript import Transcript
from wigwag.sandbox.network.usync import Usync
from wigwag.wire.nodes import Node

Request = Callable[[Device, Node], Node | None]
"""Answers an <iq> of one namespace; None when the answer was sent already."""


class Network:
    """Accounts, devices, keys, queues, groups, app state and the routing between them.

    `now` gives Unix seconds, `random` is the only source of chance, `timer` runs a callback
    later (without it delays do not happen); all are injected, so a test decides them. Not safe
    for threads: everything runs on the thread of the timer.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        random: random_module.Random | None = None,
        timer: Timer | None = None,
        faults: Faults | None = None,
        transcript: Transcript | None = None,
        limits: NetworkLimits | None = None,
    ) -> None:
        self.board = Switchboard(
            now=now,
            rng=random or random_module.Random(),
            timer=timer,
            faults=faults if faults is not None else Faults(),
            transcript=transcript if transcript is not None else Transcript(),
            limits=limits or NetworkLimits(),
        )
        board = self.board
        board.faults.on_change = self._faults_changed
        self.prekeys = PreKeys(board)
        self.usync = Usync(board)
        self.groups = Groups(board)
        self.mappings = Mappings(board)
        self.newsletters = Newsletters(board)
        self.profiles = Profiles(board, self.groups)
        desk = NewsletterRequests(board, self.newsletters, self.profiles.keep_picture)
        self.messages = Messages(board, self.groups, desk)
        self.receipts = Receipts(board, self.groups, desk)
        self.presences = Presences(board, self.groups)
        self.calls = Calls(board)
        self.collections = Collections(board)
        self.login = Login(board, self.presences)
        self.pairing = Pairing(board, self.usync, self.login)
        self._stanzas: dict[str, Callable[[Device, Node], None]] = {
            "message": self.messages.handle,
            "receipt": self.receipts.handle,
            "ack": self.receipts.handle_ack,
            "iq": self._handle_iq,
            "presence": self.presences.handle,
            "chatstate": self.presences.handle_chatstate,
            "call": self.calls.handle,
            "ib": self._ignore,
            "notification": self._relay,
        }
        self._requests: dict[str, Request] = {
            "w:p": self._pong,
            "encrypt": self.prekeys.answer,
            "passive": self.login.answer_passive,
            "usync": self.usync.answer,
            "w:g2": GroupRequests(board, self.groups).answer,
            "w:sync:app:state": self.collections.answer,
            "md": self.pairing.answer,
            "w:mex": MexRequests(board, {**desk.queries(), **self.profiles.queries()}).answer,
            "newsletter": desk.answer,
            **self.profiles.requests(),
        }

    # -- what the network knows --

    @property
    def directory(self) -> Directory:
        """Accounts and devices, found by PN or LID."""
        return self.board.directory

    @property
    def faults(self) -> Faults:
        return self.board.faults

    @property
    def transcript(self) -> Transcript:
        return self.board.transcript

    @property
    def counters(self) -> dict[str, int]:
        """How often something was dropped, refused or not understood, by word."""
        return dict(self.board.counters)

    # -- accounts and devices --

    def register_account(self, phone: str, lid: str | None = None, name: str = "") -> Account:
        """A new account with a primary device (number 0) that nobody lives in yet.

        `phone` in international form; `lid` digits, or None for a random one. Raises InvalidInput
        when an address is taken.
        """
        return self.directory.register(phone, lid, name)

    def publish_keys(
        self,
        device: Jid,
        registration_id: int,
        identity: bytes,
        signed: PublicSignedPreKey,
        one_time: Sequence[PublicPreKey] = (),
    ) -> None:
        """Put the public keys of a device on the server; `one_time` adds to what is there.

        Keys are 32 bytes without type byte. Raises NotFound for an unknown device.
        """
        owner = self.directory.get_device(device)
        kept = owner.keys.one_time if owner.keys and owner.keys.identity == identity else {}
        owner.keys = PublishedKeys(registration_id, identity, signed, kept)
        self.prekeys.add_one_time(owner, one_time)

    def attach(self, jid: Jid, resident: Resident) -> Device:
        """Let `resident` be the device `jid` (device 0: the phone); waiting stanzas follow.

        Raises NotFound for an unknown device.
        """
        device = self.directory.get_device(jid)
        device.resident = resident
        device.active = device.was_active = True
        self.board.flush(device)
        return device

    def detach(self, jid: Jid) -> None:
        """The resident leaves; what comes for it is kept."""
        device = self.directory.get_device(jid)
        device.resident = None
        device.active = False

    def remove_device(self, jid: Jid) -> None:
        """Unlink a companion: it is told (401, device_removed) and can never log in again."""
        self.pairing.unlink(self.directory.get_device(jid), tell=True)

    # -- connections --

    def connect(self, device: Jid, link: Link, *, passive: bool = True) -> Device:
        """A device logged in on a link: <success> is sent, an older connection is replaced.

        With `passive` queued stanzas wait for the client's <active/>. Raises NotFound.
        """
        found = self.directory.get_device(device)
        self.login.succeed(found, link, passive=passive)
        return found

    def disconnect(self, device: Jid, link: Link) -> None:
        """The link is gone; a no-op when the device has a newer one."""
        found = self.directory.find_device(device)
        if found is not None and self.board.forget_link(found, link):
            self.presences.gone(found)

    def resume(self, device: Jid) -> None:
        """The link of the device is no longer congested."""
        found = self.directory.find_device(device)
        if found is None:
            return
        go_on, found.on_resume = found.on_resume, None
        if go_on is not None:
            go_on()
        else:
            self.board.flush(found)

    def stream_error(self, device: Jid, code: int, conflict: str = "") -> None:
        """End the device's connection with <stream:error>: 503, 515, 401, or 409 for replaced."""
        self.login.stream_error(self.directory.get_device(device), code, conflict)

    def cut(self, device: Jid) -> None:
        """Abort the device's socket without a word."""
        found = self.directory.get_device(device)
        self.board.drop(found, abort=True)
        self.presences.gone(found)

    # -- stanzas --

    def handle(self, device: Jid, node: Node, *, link: Link | None = None) -> None:
        """Take a stanza that `device` (PN or LID, with its device number) sent.

        With `link` it only counts when it is still the device's link. Never raises for what a
        stanza contains: bad ones are refused and counted.
        """
        found = self.directory.find_device(device)
        if found is None or (link is not None and found.link is not link):
            self.board.counters["unknown_sender"] += 1
            return
        self.board.submit(lambda: self._dispatch(found, node))

    def push(self, device: Jid, node: Node) -> None:
        """Send a stanza to a device as the server, queued until acknowledged.

        `id` and `t` are added when absent. Raises NotFound.
        """
        self.board.post(self.directory.get_device(device), node)

    def _dispatch(self, device: Device, node: Node) -> None:
        board = self.board
        if device.resident is None:
            board.transcript.record(board.now(), device.pn, True, node)
        if board.faults and not self._passes(device, node):
            return
        handler = self._stanzas.get(node.tag)
        if handler is None:
            board.counters["unknown_stanza"] += 1
            return
        handler(device, node)

    def _passes(self, device: Device, node: Node) -> bool:
        """Apply the faults of arrival; False when the stanza must not be handled."""
        take = self.board.faults.take
        lid, pn, tag = device.lid, device.pn, node.tag
        if take(FaultKind.MUTE, lid, pn, tag, direction="in"):
            return False
        if take(FaultKind.IGNORE, lid, pn, tag, xmlns=node.attr("xmlns")):
            return False
        error = take(FaultKind.STREAM_ERROR, lid, pn, tag)
        if error is not None:
            self.login.stream_error(device, error.code)
            return False
        drop = take(FaultKind.DROP, lid, pn, tag)
        if drop is None:
            return True
        self.board.drop(device, abort=True)
        self.presences.gone(device)
        return drop.when == "after"

    def _handle_iq(self, device: Device, iq: Node) -> None:
        kind = iq.attr("type")
        if kind in ("result", "error"):
            self.pairing.take_answer(device, iq)
            return
        answer = self._requests.get(iq.attr("xmlns"))
        if answer is None:
            self.board.counters["unknown_iq"] += 1
            reply: Node | None = iq_result(iq)
        elif not iq.attr("id"):
            self.board.counters["iq_without_id"] += 1
            return
        else:
            try:
                reply = answer(device, iq)
            except WigwagError:
                self.board.counters["malformed_iq"] += 1
                reply = iq_error(iq, 400, "bad-request")
        if reply is not None:
            self.board.send(device, reply)

    @staticmethod
    def _pong(_device: Device, iq: Node) -> Node:
        return iq_result(iq)

    def _ignore(self, _device: Device, node: Node) -> None:
        self.board.counters[f"ignored_{node.tag}"] += 1

    def _relay(self, device: Device, node: Node) -> None:
        """A notification from a phone to one of its own companions (`to` with device)."""
        target = self.directory.find_device(node.require_jid("to"))
        if target is None or target.account is not device.account or device.number:
            self.board.counters["notification_refused"] += 1
            return
        attrs = {name: value for name, value in node.attrs.items() if name != "to"}
        attrs["from"] = device.account.lid
        self.board.post(target, Node(node.tag, attrs, node.content))

    def _faults_changed(self) -> None:
        """A hold may have ended: let go of what waited. A stream error acts at once."""
        board = self.board
        for account in self.directory.accounts():
            for device in list(account.devices.values()):
                if device.link is not None and board.faults:
                    error = board.faults.take(FaultKind.STREAM_ERROR, device.lid, device.pn)
                    if error is not None:
                        self.login.stream_error(device, error.code)
                        continue
                if device.online and device.mailbox.has_unsent:
                    board.flush(device)


__all__ = ["Account", "Device", "Network", "PublicPreKey", "PublicSignedPreKey"]
