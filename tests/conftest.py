"""What holds for every test."""

import re
import sys
from collections.abc import Generator
from typing import Final

import pytest
from hypothesis import settings

from peers.nursery import Nursery

# a machine that is busy is no reason for a property to fail
settings.register_profile("wigwag", deadline=None)
settings.load_profile("wigwag")
# what `make fuzz` runs the targets with: each time other inputs, and many of them
settings.register_profile("fuzz", deadline=None, database=None, print_blob=True)

_LONG: Final = (
    "test_kill9.py",
    "test_network_faults.py",
    "test_send_crash.py",
    "test_sigterm.py",
    "test_random_network.py",
    "test_crowd.py",
    "test_proxies.py",
    "test_locked.py",
    "test_engine_model.py",
)


@pytest.fixture(scope="session", autouse=True)
def nursery() -> Generator[None]:
    """Servers and networks in processes of their own are forked, not started anew; where that is
    safe after imports, which it is not on macOS."""
    if sys.platform != "linux":
        yield
        return
    Nursery.current = Nursery()
    yield
    Nursery.current.close()
    Nursery.current = None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest begin first: else one core waits for the other in the end."""
    order = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


_LACKS: Final = re.compile(r"the \w+ engine lacks \w+")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which cases an engine skipped, and for what."""
    skipped = terminalreporter.getreports("skipped")
    reasons = [(one.nodeid, _LACKS.search(one.longreprtext)) for one in skipped]
    lacking = sorted(f"{case}: {reason[0]}" for case, reason in reasons if reason)
    if lacking:
        terminalreporter.section(f"{len(lacking)} cases that an engine cannot do")
        for line in lacking:
            terminalreporter.write_line(line)
