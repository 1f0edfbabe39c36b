"""The switchboard: what carries stanzas between the nouns of the network and its devices.

One queue of work, handled one stanza at a time; one place where a stanza leaves (`_transmit`),
which is also where the faults of delivery act and the transcript is written.
"""

import random
from collections import Counter, deque
from collections.abc import Callable

import structlog

from wigwag.model.errors import WigwagError
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.network.directory import Device, Directory
from wigwag.sandbox.network.distortions import distorted
from wigwag.sandbox.network.faults import FaultKind, Faults
from wigwag.sandbox.network.links import Link, Resident, Timer
from wigwag.sandbox.network.stanzas import with_attrs
from wigwag.sandbox.network.transcript import Transcript
from wigwag.wire.nodes import Node

_log = structlog.get_logger(__name__)

Work = Callable[[], None]

_REORDER_S = 1.0
"""How long a stanza waits for the one that is to overtake it."""


class NetworkLimits(Value):
    """Bounds of what the network keeps in memory."""

    mailbox: int = 50_000
    """Unacknowledged stanzas per device."""
    seen: int = 4096
    """Routed message ids per sender device, for de-duplication."""
    work: int = 200_000
    """Stanzas that wait to be handled."""
    burst: int = 200
    """Stanzas handled before other tasks of the process get their turn."""
    prekeys: int = 5000
    """One-time prekeys per device."""
    patches: int = 20_000
    """App-state patches per account and collection."""
    groups: int = 10_000
    members: int = 2000


class Switchboard:
    """State and transport that every noun of the network shares."""

    def __init__(
        self,
        *,
        now: Callable[[], float],
        rng: random.Random,
        timer: Timer | None,
        faults: Faults,
        transcript: Transcript,
        limits: NetworkLimits,
    ) -> None:
        self.now = now
        self.rng = rng
        self.faults = faults
        self.transcript = transcript
        self.limits = limits
        self.directory = Directory(rng, limits.mailbox)
        self.counters: Counter[str] = Counter()
        self._timer = timer
        self._work: deque[Work] = deque()
        self._working = False
        self._reordered: dict[Jid, Node] = {}
        self._ids = 0

    # -- time and names --

    def stamp(self) -> str:
        """The server's time as an attribute: Unix seconds."""
        return str(int(self.now()))

    def new_id(self) -> str:
        """An id for a stanza that the server makes."""
        self._ids += 1
        return f"{int(self.now())}-{self._ids}"

    def later(self, delay_s: float, work: Work) -> None:
        """Do `work` after a delay; at once when the network has no timer."""
        if self._timer is None:
            self.submit(work)
        else:
            self._timer(delay_s, lambda: self.submit(work))

    def alarm(self, delay_s: float, work: Work) -> None:
        """Do `work` after a delay; never, when the network has no timer."""
        if self._timer is not None:
            self._timer(delay_s, lambda: self.submit(work))

    # -- the queue of work --

    def submit(self, work: Work) -> None:
        """Do `work` when everything submitted before it is done."""
        if len(self._work) >= self.limits.work:
            self.counters["work_dropped"] += 1
            return
        self._work.append(work)
        if not self._working:
            self._drain()

    def _drain(self) -> None:
        """Work off the queue; after a burst let others of this thread go first."""
        self._working = True
        left = self.limits.burst if self._timer is not None else self.limits.work
        try:
            while self._work and left > 0:
                left -= 1
                self._guarded(self._work.popleft())
        finally:
            self._working = False
        if self._work:
            if self._timer is not None:
                self._working = True
                self._timer(0.0, self._drain)
            else:
                self.counters["work_dropped"] += len(self._work)
                self._work.clear()

    def _guarded(self, work: Work) -> None:
        """One piece of work; its failure must not take the network down."""
        try:
            work()
        except WigwagError as error:
            self.counters["refused"] += 1
            _log.info("stanza_refused", code=error.code)
        except Exception:  # noqa: BLE001 - a hostile stanza must not end the network
            self.counters["failed"] += 1
            _log.exception("stanza_failed")

    # -- delivery --

    def send(self, device: Device, node: Node) -> None:
        """Send now or never: answers, acks, presence."""
        if device.online:
            self._transmit(device, node)

    def send_late(self, device: Device, link: Link | None, node: Node) -> None:
        """Send, unless the device has another connection than `link` by now."""
        if device.link is link:
            self.send(device, node)

    def post(self, device: Device, node: Node) -> None:
        """Send, and keep it until the device acknowledges it, over any number of connections."""
        attrs = node.attrs
        if "id" not in attrs or "t" not in attrs:
            node = with_attrs(
                node, id=attrs.get("id") or self.new_id(), t=attrs.get("t") or self.stamp()
            )
        mailbox = device.mailbox
        if device.resident is not None and not self.is_held(device):
            self._transmit(device, node)
            return
        link = device.link
        ready = (
            link is not None
            and device.active
            and not mailbox.has_unsent
            and not link.congested
            and not self.is_held(device)
        )
        mailbox.add(node, sent=ready)
        if ready:
            self._transmit(device, node)

    def flush(self, device: Device, *, offline: int = 0) -> int:
        """Send what waits in the mailbox, as far as the link takes it; how many were sent.

        The first `offline` of them (then no more are sent) are marked as offline delivery.
        """
        if not device.online or not device.active or self.is_held(device):
            return 0
        sent = 0
        while device.link is None or not device.link.congested:
            if offline and sent == offline:
                break
            node = device.mailbox.take_unsent()
            if node is None:
                break
            if device.resident is not None:
                device.mailbox.settle(
                    node.tag, node.attr("id"), node.attr_jid("from"), node.attr_jid("participant")
                )
            self._transmit(device, with_attrs(node, offline=str(sent)) if offline else node)
            sent += 1
        return sent

    def is_held(self, device: Device) -> bool:
        """A fault keeps the device's mailbox shut."""
        return bool(self.faults) and self.faults.holds(FaultKind.HOLD, device.lid, device.pn)

    def _transmit(self, device: Device, node: Node) -> None:
        if not self.faults:
            self._write(device, node)
            return
        lid, pn, tag = device.lid, device.pn, node.tag
        take = self.faults.take
        if take(FaultKind.MUTE, lid, pn, tag, direction="out"):
            self.counters["muted"] += 1
            return
        node = distorted(self.faults, self.directory, device, node)
        link = device.link
        delay = take(FaultKind.DELAY, lid, pn, tag)
        if delay is not None:
            self.later(delay.delay_s, lambda: self._write_late(device, link, node))
            return
        if lid not in self._reordered and take(FaultKind.REORDER, lid, pn, tag):
            self._reordered[lid] = node
            self.alarm(_REORDER_S, lambda: self._write_overtaken(device, link, node))
            return
        self._write(device, node)
        if take(FaultKind.DUPLICATE, lid, pn, tag):
            self._write(device, node)
        overtaken = self._reordered.get(lid)
        if overtaken is not None:
            self._write_overtaken(device, link, overtaken)

    def _write_late(self, device: Device, link: Link | None, node: Node) -> None:
        """Write, unless the device has another connection by now: there it is sent anew."""
        if device.link is link:
            self._write(device, node)

    def _write_overtaken(self, device: Device, link: Link | None, node: Node) -> None:
        if self._reordered.get(device.lid) is node:
            del self._reordered[device.lid]
            self._write_late(device, link, node)

    def _write(self, device: Device, node: Node) -> None:
        resident = device.resident
        if resident is not None:
            self.submit(lambda: self._hand_over(resident, node))
            return
        link = device.link
        if link is not None:
            self.transcript.record(self.now(), device.pn, False, node)
            link.deliver(node)

    @staticmethod
    def _hand_over(resident: Resident, node: Node) -> None:
        resident.receive(node)

    # -- connections --

    def drop(self, device: Device, *, abort: bool = False, last: Node | None = None) -> None:
        """End the device's connection, after a last stanza if there is one."""
        link = device.link
        if link is None:
            return
        if last is not None:
            self._write(device, last)
        self.forget_link(device, link)
        link.close(abort=abort)

    def forget_link(self, device: Device, link: Link) -> bool:
        """The connection is gone: what it did not acknowledge waits for the next one."""
        if device.link is not link:
            return False
        device.link = None
        device.active = False
        device.on_resume = None
        device.mailbox.rewind()
        self._reordered.pop(device.lid, None)
        return True
