"""Several whatsmeow clients in one process, connected one after another; for bench/memory.py.

Run as `python -m whatsmeow_accounts <socket fd> <folder> <count> <noise root hex>`.
"""

# pyright: basic
# ruff: noqa: I001
import asyncio
import os
import queue
import sys
import threading
from pathlib import Path

import pylibmagic  # noqa: F401 - first: it lets neonize find libmagic
import neonize._binder
from neonize import events
from neonize.client import NewClient

from peers.child import answer_calls
from wigwag.engine.whatsmeow.child.emulated import trust

LIMIT_S = 60


class Accounts:
    """Clients by number. One connects at a time: the library's own tables have no lock."""

    def __init__(self, folder: Path, count: int) -> None:
        folder.mkdir(exist_ok=True)
        self._linked = [(folder / f"{number}.db").exists() for number in range(count)]
        self._clients = [
            NewClient(str(folder / f"{number}.db"), uuid=f"peer{number}") for number in range(count)
        ]
        self._codes = [queue.Queue() for _ in range(count)]
        self._connected = [threading.Event() for _ in range(count)]
        for number, client in enumerate(self._clients):
            client.qr(lambda _, code, number=number: self._codes[number].put(code.decode()))
            client.event(events.ConnectedEv)(
                lambda _client, _event, number=number: self._connected[number].set()
            )

    async def op_connect(self, number: int) -> str:
        """Begin to connect; the QR code, or nothing when the client is linked already."""
        threading.Thread(target=self._clients[number].connect, daemon=True).start()
        if self._linked[number]:
            return ""
        return await asyncio.to_thread(self._codes[number].get, timeout=LIMIT_S)

    async def op_wait_connected(self, number: int) -> None:
        if not await asyncio.to_thread(self._connected[number].wait, LIMIT_S):
            raise TimeoutError

    async def op_rss(self) -> int:
        return resident_set()


def resident_set() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    trust(neonize._binder.gocode._name, bytes.fromhex(sys.argv[4]))
    accounts = Accounts(Path(sys.argv[2]), int(sys.argv[3]))
    asyncio.run(answer_calls(int(sys.argv[1]), lambda op: getattr(accounts, "op_" + op)))
    os._exit(0)


if __name__ == "__main__":
    main()
