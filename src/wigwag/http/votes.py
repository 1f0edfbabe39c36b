"""Polls: how they stand, and our own votes."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from wigwag.core.changing import Asked
from wigwag.core.views import View, person_view, time_view
from wigwag.core.votes import Tally
from wigwag.http.answers import documented, view_response
from wigwag.http.callers import READS, SENDS, Reader, Sender
from wigwag.http.changes import Which, find_message, what_of
from wigwag.http.models.votes import TallyShape, VoteBody
from wigwag.http.outcomes import SENT, IdempotencyKey, idempotency_of, submitted_response
from wigwag.http.services import Services


def votes_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1/accounts/{account}/messages/{message_id}", tags=["polls"])

    @router.get(
        "/votes",
        summary="Who voted for what in a poll",
        dependencies=[READS],
        responses=documented(TallyShape),
    )
    async def list_votes(account: str, message_id: str, key: Reader, which: Which) -> Response:
        message = await find_message(services, account, message_id, key, which)
        return view_response(tally_view(await services.votes.tally(message)))

    @router.post(
        "/votes",
        summary="Vote in a poll, or take our vote back",
        status_code=201,
        dependencies=[SENDS],
        responses=SENT,
    )
    async def vote(
        account: str,
        message_id: str,
        *,
        body: VoteBody,
        request: Request,
        key: Sender,
        which: Which,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        message = await find_message(services, account, message_id, key, which)
        what = what_of("vote", message)
        asked = Asked(
            wait_s=body.wait_s, idempotency=idempotency_of(key, idempotency_key, what, body)
        )
        submitted = await services.votes.cast(message, body.options, asked)
        return submitted_response(request, account, submitted)

    return router


def tally_view(tally: Tally) -> View:
    return {
        "id": tally.message.id,
        "chat_jid": tally.message.chat_jid,
        "question": tally.poll.question,
        "selectable": tally.poll.selectable,
        "options": [
            {
                "name": option.name,
                "votes": len(option.voters),
                "voters": [
                    {**person_view(voter.person), "timestamp": time_view(voter.timestamp)}
                    for voter in option.voters
                ],
            }
            for option in tally.options
        ],
        "voters": tally.voters,
        "unreadable": tally.unreadable,
    }
