"""Health: `live` says that the process answers, `ready` that messages flow (or why not)."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse

from wigwag.http.services import Services
from wigwag.model.account import ConnectionState

_STORAGE_SENTENCES = {
    "disk_full": "the disk is full; free some space, the server goes on by itself",
    "storage_busy": "a database is locked by another program",
}


class Readiness(BaseModel):
    """`problems` has a sentence for each reason why `ready` is false."""

    ready: bool
    problems: list[str]


def readiness(services: Services) -> Readiness:
    """Ready when every account is connected and the archive can be written."""
    problems = [
        f"account {name} is {state.state.value}" + (f": {state.reason}" if state.reason else "")
        for name, state in sorted(services.accounts.states().items())
        if state.state is not ConnectionState.CONNECTED
    ]
    if trouble := services.storage_trouble():
        problems.append(_STORAGE_SENTENCES.get(trouble, f"a database cannot be written: {trouble}"))
    return Readiness(ready=not problems, problems=problems)


def health_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/health", tags=["ops"])

    @router.get("/live", summary="Is the process alive?")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready", summary="Do messages flow?", responses={503: {"model": Readiness}})
    async def ready() -> JSONResponse:
        found = readiness(services)
        return JSONResponse(found.model_dump(), 200 if found.ready else 503)

    return router
