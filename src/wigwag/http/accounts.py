"""`/v1/accounts`: who is served, and how each connection stands."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from wigwag.http.callers import needs
from wigwag.http.services import Services
from wigwag.model.account import AccountState
from wigwag.model.errors import NotFound
from wigwag.model.key import ApiKey, Scope


class AccountView(BaseModel):
    """An account as read. Times are RFC 3339 UTC; `phone` is null until it is linked."""

    account: str
    state: str
    reason: str
    since: str
    jid: str | None
    lid: str | None
    phone: str | None
    push_name: str
    last_frame_in: str | None
    last_frame_out: str | None
    banned_until: str | None


class AccountPage(BaseModel):
    items: list[AccountView]
    next_cursor: str | None


def format_time(time: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time_or_none(time: datetime | None) -> str | None:
    return format_time(time) if time else None


def account_view(account: str, state: AccountState) -> AccountView:
    return AccountView(
        account=account,
        state=state.state.value,
        reason=state.reason,
        since=format_time(state.since),
        jid=str(state.jid.bare) if state.jid else None,
        lid=str(state.lid.bare) if state.lid else None,
        phone=state.jid.user if state.jid and state.jid.is_pn else None,
        push_name=state.push_name,
        last_frame_in=_time_or_none(state.last_frame_in),
        last_frame_out=_time_or_none(state.last_frame_out),
        banned_until=_time_or_none(state.expires_at),
    )


def accounts_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1/accounts", tags=["accounts"])

    @router.get("", summary="All accounts")
    async def list_accounts(key: Annotated[ApiKey, needs(Scope.READ)]) -> AccountPage:
        states = services.accounts.states()
        return AccountPage(
            items=[
                account_view(name, state)
                for name, state in sorted(states.items())
                if key.reaches(name)
            ],
            next_cursor=None,
        )

    @router.get("/{account}", summary="One account", dependencies=[needs(Scope.READ)])
    async def get_account(account: str) -> AccountView:
        state = services.accounts.states().get(account)
        if state is None:
            raise NotFound("there is no account of that name")
        return account_view(account, state)

    return router
