"""The control interface of the sandbox over HTTP, for any client and any test suite."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from wigwag import __version__
from wigwag.model.errors import WigwagError
from wigwag.sandbox.control import models
from wigwag.sandbox.control.appstate import add_app_state
from wigwag.sandbox.control.network import add_network
from wigwag.sandbox.control.newsletters import add_newsletters
from wigwag.sandbox.control.residents import add_residents
from wigwag.sandbox.control.views import Json, show_phone, show_sandbox
from wigwag.sandbox.network.pairing import PairingRefused
from wigwag.sandbox.sandbox import Sandbox
from wigwag.wire.errors import PairingFailure


def sandbox_router(sandbox: Sandbox, media_root: Path | None = None) -> APIRouter:
    """All routes below /sandbox. `path` of media is read below `media_root` only; its default is
    the working directory."""
    router = APIRouter(prefix="/sandbox", tags=["sandbox"])
    _add_overview(router, sandbox)
    add_residents(router, sandbox, media_root or Path.cwd())
    add_app_state(router, sandbox)
    add_network(router, sandbox)
    add_newsletters(router, sandbox, media_root or Path.cwd())
    return router


def _add_overview(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("")
    async def overview() -> Json:
        """Where the network is, and who is there."""
        return show_sandbox(sandbox)

    @router.post("/scan")
    async def scan(body: models.Scan) -> Json:
        """A phone scans a QR code; one is made for the purpose when none is named."""
        with _callers_mistake():
            return show_phone(sandbox.scan(body.qr, body.phone))

    @router.post("/enter-code")
    async def enter_code(body: models.EnterCode) -> Json:
        """A phone types the code that a companion shows."""
        with _callers_mistake():
            return show_phone(await sandbox.enter_code(body.code, body.phone))

    _ = overview, scan, enter_code


@contextmanager
def _callers_mistake() -> Generator[None]:
    """A wrong code is the caller's mistake, and no failure of the server."""
    try:
        yield
    except PairingFailure as error:
        raise PairingRefused(error.detail) from error


# -- the control interface alone --


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        # A sentence may quote what no UTF-8 can say: half of a surrogate pair.
        return json.dumps(content).encode()


def standalone_app(sandbox: Sandbox, media_root: Path | None = None) -> FastAPI:
    """The control interface as an application of its own, with RFC 9457 errors; it documents
    itself nowhere."""
    app = FastAPI(
        title="wigwag sandbox",
        version=__version__,
        description="The control of an emulated WhatsApp network: whoever asks plays its people.",
        openapi_url=None,
    )
    app.include_router(sandbox_router(sandbox, media_root))

    async def on_wigwag_error(_request: Request, error: Exception) -> Response:
        assert isinstance(error, WigwagError)  # noqa: S101 - registered for this class alone
        return _problem(error.status, error.code, error.detail)

    async def on_http_error(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
        return _problem(error.status_code, code, str(error.detail))

    async def on_invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
        sentences = [_sentence(item) for item in error.errors()[:5]]
        return _problem(400, "invalid_input", "; ".join(sentences))

    app.add_exception_handler(WigwagError, on_wigwag_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    return app


def _sentence(item: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in item["loc"] if part != "body")
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _problem(status: int, code: str, detail: str) -> ProblemResponse:
    return ProblemResponse(
        {
            "type": "about:blank",
            "title": code.replace("_", " "),
            "status": status,
            "code": code,
            "detail": detail,
        },
        status,
    )
