"""What the devices of an account share: labels, quick replies, settings; and how history comes."""

from fastapi import APIRouter
from starlette.responses import Response

from wigwag.core.views import history_view, label_view, quick_reply_view, setting_view
from wigwag.http.answers import documented, page_response
from wigwag.http.callers import READS, Reader, check_unlimited
from wigwag.http.models.chats import HistoryPage, LabelPage, QuickReplyPage, SettingPage
from wigwag.http.services import Services


def shared_router(services: Services) -> APIRouter:
    """These lists are short, and told whole."""
    router = APIRouter(
        prefix="/v1/accounts/{account}",
        tags=["accounts"],
        dependencies=[READS],
    )
    library = services.library

    @router.get("/labels", summary="Labels", responses=documented(LabelPage))
    async def list_labels(account: str, key: Reader) -> Response:
        check_unlimited(key)
        return page_response(map(label_view, await library.list_labels(account)), "")

    @router.get("/quick-replies", summary="Quick replies", responses=documented(QuickReplyPage))
    async def list_quick_replies(account: str, key: Reader) -> Response:
        check_unlimited(key)
        return page_response(map(quick_reply_view, await library.list_quick_replies(account)), "")

    @router.get(
        "/settings",
        summary="Settings that the devices of the account share",
        responses=documented(SettingPage),
    )
    async def list_settings(account: str, key: Reader) -> Response:
        check_unlimited(key)
        return page_response(map(setting_view, await library.list_settings(account)), "")

    @router.get(
        "/history",
        summary="How far history has come",
        responses=documented(HistoryPage),
    )
    async def list_history(account: str, key: Reader) -> Response:
        check_unlimited(key)
        return page_response(map(history_view, await library.list_history(account)), "")

    return router
