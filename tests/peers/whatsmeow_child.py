"""One real whatsmeow client (the neonize wheel) in a process of its own.

Run by peers.whatsmeow: `python -m peers.whatsmeow_child <socket fd> <database> <noise root hex>`.
Requests and events are JSON lines on the inherited socket: `{"call", "op", ...}` is answered by
`{"call", "result"}` or `{"call", "error"}`; events come as `{"event", "data"}` with the
protobuf's own field names. The environment (proxy, CA) is the parent's work: Go reads it at exec.
"""

# pyright: basic
import json
import logging
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from peers.reporting_switch import switch_reporting_on
from peers.whatsmeow_operations import Operations, to_json
from wigwag.engine.whatsmeow.child.emulated import trust


class LogRelay(logging.Handler):
    """Hands whatsmeow's log to the parent: a warning says that something was not as expected."""

    def __init__(self, report: Any) -> None:
        super().__init__()
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        self._report(
            "log", {"level": record.levelname, "name": record.name, "text": record.getMessage()}
        )


class Child(Operations):
    """Serves the requests of the parent over one socket."""

    def __init__(self, channel: socket.socket, database: str) -> None:
        from neonize.client import NewClient

        super().__init__(NewClient(database, uuid="peer"), self._report)
        self._channel = channel
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(16)
        self._received = 0
        self._first = self._last = 0.0
        self._quiet = False

    def _write(self, **fields: Any) -> None:
        data = json.dumps(fields).encode() + b"\n"
        with self._lock:
            self._channel.sendall(data)

    def _report(self, name: str, data: dict[str, Any]) -> None:
        self._write(event=name, data=data)

    def subscribe(self) -> None:
        from neonize import events

        self.client.qr(lambda _, code: self._report("qr", {"code": code.decode()}))
        names = {
            "pair_status": events.PairStatusEv,
            "connected": events.ConnectedEv,
            "disconnected": events.DisconnectedEv,
            "logged_out": events.LoggedOutEv,
            "stream_replaced": events.StreamReplacedEv,
            "stream_error": events.StreamErrorEv,
            "temporary_ban": events.TemporaryBanEv,
            "connect_failure": events.ConnectFailureEv,
            "client_outdated": events.ClientOutdatedEv,
            "history": events.HistorySyncEv,
            "receipt": events.ReceiptEv,
            "joined_group": events.JoinedGroupEv,
            "group_info": events.GroupInfoEv,
            "offline_preview": events.OfflineSyncPreviewEv,
            "offline_completed": events.OfflineSyncCompletedEv,
            "undecryptable": events.UndecryptableMessageEv,
            "identity_change": events.IdentityChangeEv,
            "presence": events.PresenceEv,
            "chat_presence": events.ChatPresenceEv,
        }
        for name, kind in names.items():
            self.client.event(kind)(lambda _, event, name=name: self._on_event(name, event))
        self.client.event(events.MessageEv)(lambda _, event: self._on_message(event))

    def _on_event(self, name: str, event: Any) -> None:
        self._report(name, to_json(event))

    def _on_message(self, event: Any) -> None:
        self._last = time.perf_counter()
        self._first = self._first or self._last
        self._received += 1
        if self._quiet:
            return
        self.messages[event.Info.ID] = event
        self._on_event("message", event)

    def serve(self) -> None:
        for line in self._channel.makefile("rb"):
            request = json.loads(line)
            self._pool.submit(self._answer, request)

    def _answer(self, request: dict) -> None:
        call = request.pop("call")
        operation = getattr(self, "op_" + request.pop("op"))
        try:
            self._write(call=call, result=operation(**request))
        except Exception as error:  # noqa: BLE001 - told to the parent
            self._write(call=call, error=f"{type(error).__name__}: {error}")

    def op_count_quietly(self) -> None:
        """From now on messages are counted and timed, not reported."""
        self._received, self._first, self._last, self._quiet = 0, 0.0, 0.0, True

    def op_counted(self) -> dict:
        return {"received": self._received, "seconds": self._last - self._first}

    def op_rss(self) -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    import pylibmagic  # noqa: F401, I001 - first: it lets neonize find libmagic
    import neonize._binder
    from neonize.utils.log import log

    trust(neonize._binder.gocode._name, bytes.fromhex(sys.argv[3]))
    if os.environ.get("PEER_REPORTING"):
        switch_reporting_on(neonize._binder.gocode._name)
    child = Child(channel, sys.argv[2])
    level = logging.getLevelName(os.environ.get("PEER_LOG", "WARNING"))
    log.setLevel(level)
    logging.basicConfig(level=level, handlers=[LogRelay(child.report)], force=True)
    child.subscribe()
    child.report("ready", {})
    child.serve()
    os._exit(0)


if __name__ == "__main__":
    main()
