"""The control interface of a sandbox of its own."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from scripted.control import Caller
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncGenerator[Caller]:
    sandbox = await Sandbox.start(SandboxOptions(seed=1))
    sandbox.populate()
    yield Caller(sandbox, tmp_path)
    await sandbox.stop()
