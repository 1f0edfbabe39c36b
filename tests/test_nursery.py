"""Processes of the nursery end as others do."""

import os
import signal
import sys
from pathlib import Path

import pytest

from peers.child import child_environment
from peers.nursery import Forked, Nursery
from peers.server import ServerProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the nursery is for Linux")


async def wigwag(folder: Path, *arguments: str) -> Forked:
    assert Nursery.current is not None
    with (folder / "log").open("ab") as log:
        return await Nursery.current.fork(
            "wigwag.cli", arguments, environment=child_environment(), directory=folder, log=log
        )


async def test_the_status_of_an_exit_and_what_was_printed(tmp_path: Path) -> None:
    help_ended = await wigwag(tmp_path, "--help")
    assert await help_ended.wait() == 0
    refused = await wigwag(tmp_path, "wave")
    assert await refused.wait() == 2
    assert refused.returncode == 2
    said = (tmp_path / "log").read_text()
    assert "A WhatsApp server for your own programs" in said
    assert "No such command 'wave'" in said


async def test_a_killed_server_is_gone_and_another_takes_its_store(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "store", arguments=("--sandbox",))
    await server.start()
    former = server.pid
    await server.kill()
    assert await server.wait_end() == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(former, 0)
    await server.start()
    assert server.pid != former
    assert await server.terminate() >= 0
