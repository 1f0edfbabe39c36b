"""The emulated network alone, with its control interface."""

import contextlib
import sys
from pathlib import Path

from fastapi import FastAPI

from wigwag.app.signals import stop_signal
from wigwag.http.access import AccessMiddleware, AccessPolicy, Doorkeeper
from wigwag.http.docs.router import Reference, docs_router
from wigwag.http.server import HttpServer, bind
from wigwag.logs import configure_logs
from wigwag.sandbox.control.interface import standalone_app
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions
from wigwag.terminal import Terminal


async def serve_sandbox(
    port: int, network_port: int, directory: Path | None, *, populate: bool
) -> None:
    """Runs the emulated network alone, with its control interface on `port`."""
    configure_logs("info", "console")
    terminal = Terminal(sys.stdout)
    async with contextlib.AsyncExitStack() as stack:
        stopped = await stack.enter_async_context(stop_signal())
        listener = bind("127.0.0.1", port)
        sandbox = await Sandbox.start(SandboxOptions(port=network_port, directory=directory))
        stack.push_async_callback(sandbox.stop)
        if populate:
            sandbox.populate()
        http = HttpServer(guarded_control(sandbox), listener)
        await http.start()
        stack.push_async_callback(http.stop)
        terminal.say(f"sandbox network: {sandbox.ws_url}")
        terminal.say(f"proxy for clients: {sandbox.proxy_url}")
        terminal.say(f"control: http://127.0.0.1:{http.address[1]}/sandbox")
        await stopped.wait()


def guarded_control(sandbox: Sandbox) -> FastAPI:
    """The control interface alone. It reads files: no page of a stranger may call it."""
    control = standalone_app(sandbox)
    control.include_router(docs_router(Reference(control.openapi)))
    control.add_middleware(AccessMiddleware, door=Doorkeeper(AccessPolicy()))
    return control
