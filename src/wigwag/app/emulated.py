"""The sandbox in the process of a server, which connects to it as it would to WhatsApp."""

import contextlib
from pathlib import Path

from wigwag.app.networks import LocalNetwork
from wigwag.engine.common.endpoint import Endpoint
from wigwag.sandbox.control.interface import sandbox_router
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions


async def start_network(folder: Path, port: int, stack: contextlib.AsyncExitStack) -> LocalNetwork:
    """Populated at its first start, and kept in the folder; `stack` stops it."""
    sandbox = await Sandbox.start(SandboxOptions(port=port, directory=folder))
    stack.push_async_callback(sandbox.stop)
    sandbox.populate()
    endpoint = Endpoint(
        ws_url=sandbox.ws_url, ca_file=str(sandbox.ca_file), noise_root=sandbox.noise_root
    )
    return LocalNetwork(endpoint, sandbox.proxy_url, sandbox.scan, sandbox_router(sandbox))
