"""Health: `live` says that the process answers, `ready` that messages flow (or why not).

Any key may ask; of the accounts it hears of those that it reaches.
"""

from collections.abc import Sequence

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from wigwag.http.answers import documented, view_response
from wigwag.http.callers import caller_of
from wigwag.http.services import Services
from wigwag.model.health import Check, CheckState, worst


class Live(BaseModel):
    status: str


class CheckModel(BaseModel):
    """`code` is a stable word, `detail` a sentence; both are empty when all is well. `account`
    says whose connection it is."""

    name: str = Field(examples=["messages.db", "whatsapp.db", "disk", "account", "deliveries"])
    state: CheckState
    code: str
    detail: str
    account: str


class Readiness(BaseModel):
    """`state` is that of the worst check. `problems` has a sentence for each that failed,
    `warnings` one for each that is degraded."""

    ready: bool
    state: CheckState
    problems: list[str]
    warnings: list[str]
    checks: list[CheckModel]


def readiness(checks: Sequence[Check]) -> Readiness:
    """Ready as long as no check failed; degraded is ready."""

    def sentences(state: CheckState) -> list[str]:
        return [check.detail for check in checks if check.state is state]

    state = worst(checks)
    return Readiness(
        ready=state is not CheckState.FAILED,
        state=state,
        problems=sentences(CheckState.FAILED),
        warnings=sentences(CheckState.DEGRADED),
        checks=[CheckModel(**msgspec.structs.asdict(check)) for check in checks],
    )


def health_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/health", tags=["ops"])

    @router.head("/live", include_in_schema=False)  # monitors ask so
    @router.get("/live", summary="Is the process alive?", responses=documented(Live))
    async def get_liveness() -> Response:
        return view_response({"status": "ok"})

    @router.head("/ready", include_in_schema=False)
    @router.get(
        "/ready",
        summary="Do messages flow?",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Messages do not flow: `problems`"}},
    )
    async def get_readiness(request: Request) -> JSONResponse:
        key = caller_of(request)
        checks = await services.health.checks()
        found = readiness([c for c in checks if not c.account or key.reaches(c.account)])
        return JSONResponse(found.model_dump(mode="json"), 200 if found.ready else 503)

    return router
