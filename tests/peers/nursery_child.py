"""The nursery: imports once what servers and networks need, and forks each of them off.

Run by peers.nursery: `python -m peers.nursery_child <socket fd>`. An order is one message of JSON
with the descriptors standard output, standard error, status, and (where it `passes` one) one that
the child gets the number of as its first argument. On the status descriptor follow two lines: the
process id, and when the process has ended its exit status, negative for a signal.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

import uvloop

import peers.sandbox_child
import wigwag.app.emulated
import wigwag.app.server
import wigwag.cli

MAX_ORDER: int = 1 << 18
_DESCRIPTORS = 4

PRELOADED = (
    peers.sandbox_child,
    uvloop,
    wigwag.app.emulated,
    wigwag.app.server,
    wigwag.cli,
)


def child_of_order(orders: socket.socket) -> dict[str, Any]:
    """Serve orders, until the other side hangs up; returns the order only in the child for it."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(orders, MAX_ORDER, _DESCRIPTORS)
        if not data:
            sys.exit()
        order = json.loads(data)
        if os.fork() == 0:
            orders.close()
            _keep(descriptors)
            become(order, descriptors)
            return order
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(descriptors: list[int]) -> None:
    """Fork once more: the parent waits for the end of the child and says how it was."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = descriptors[2]
    pid = os.fork()
    if pid == 0:
        os.close(status)
        return
    for descriptor in descriptors:
        if descriptor != status:
            os.close(descriptor)
    os.write(status, b"%d\n" % pid)
    _, ended = os.waitpid(pid, 0)
    os.write(status, b"%d\n" % os.waitstatus_to_exitcode(ended))
    os._exit(0)


def become(order: dict[str, Any], descriptors: list[int]) -> None:
    """Take on what a new process would have been started with."""
    os.dup2(descriptors[0], 1)
    os.dup2(descriptors[1], 2)
    for descriptor in descriptors[:2]:
        os.close(descriptor)
    arguments = list(order["arguments"])
    if order["passes"]:
        arguments.insert(0, str(descriptors[3]))
    sys.argv = [order["module"], *arguments]
    os.chdir(order["directory"])
    os.environ.clear()
    os.environ.update(order["environment"])


def main() -> None:
    orders = socket.socket(fileno=int(sys.argv[1]))
    # nobody asks how the keepers ended
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    order = child_of_order(orders)
    importlib.import_module(order["module"]).main()


if __name__ == "__main__":
    main()
