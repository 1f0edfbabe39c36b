"""`/v1/accounts`: who is served, and how each connection stands."""

from fastapi import APIRouter
from starlette.responses import Response

from wigwag.core.views import engine_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import READS, Reader
from wigwag.http.models.accounts import AccountPage, AccountShape
from wigwag.http.services import Services


def accounts_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1/accounts", tags=["accounts"])

    @router.get("", summary="All accounts", responses=documented(AccountPage))
    async def list_accounts(key: Reader) -> Response:
        names = filter(key.reaches, sorted(services.accounts.names()))
        return page_response((engine_view(services.accounts.get(name)) for name in names), "")

    @router.get(
        "/{account}",
        summary="One account",
        dependencies=[READS],
        responses=documented(AccountShape),
    )
    async def get_account(account: str) -> Response:
        return view_response(engine_view(services.accounts.get(account)))

    return router
