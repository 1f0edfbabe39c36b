"""A parameter that a route has not is refused, with the names of those that it has."""

from typing import Any

import pytest
from fastapi.routing import APIRoute

from stored.desk import Desk
from stored.doors import Doors
from stored.makers import ANN, BEN, received
from wigwag.http.parameters import parameters_of

FILTERS = "cursor, limit, q, sender, kind, from, to, has_media, from_me, starred, label"


@pytest.mark.parametrize(
    ("path", "query", "sentence"),
    [
        ("/messages", "query=zzz", f"'query' here; there are {FILTERS}, chat."),
        (f"/chats/{ANN}/messages", "limit=1&type=image", f"'type' here; there are {FILTERS}."),
        ("/messages/A1", "chat_jid=x", "'chat_jid' here; there are chat, sender."),
        ("/labels", "limit=1", "'limit' here; this route takes none."),
        ("/messages", "%F0%9F%98%80\u202e=1", "'\\U0001f600\\u202e' here"),
        ("/messages", "=1", "'' here"),
        (f"/chats/{ANN}/export", "form=txt", "'form' here; there are format, from, to, media."),
        (f"/contacts/{ANN}/picture", "size=1", "'size' here; the only one is preview."),
        ("/v1/events", "type=x", "'type' here; there are account, types, chat, after, limit, wait"),
        ("/v1/events/stream", "type=x", "'type' here; there are account, types, chat, after."),
        ("/v1/accounts", "limit=1", "'limit' here; this route takes none."),
    ],
)
async def test_a_parameter_that_there_is_not(
    doors: Doors, path: str, query: str, sentence: str
) -> None:
    answer = await doors.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["detail"].startswith(f"There is no parameter {sentence}")


@pytest.mark.parametrize("query", ["for_me=true", f"chat_jid={BEN}", "For=me"])
async def test_a_misspelt_delete_deletes_nothing(desk: Desk, doors: Doors, query: str) -> None:
    await desk.take(received("A1"))
    answer = await doors.ask("DELETE", f"/messages/A1?{query}")
    assert (answer.status_code, "chat, sender, for, wait_s" in answer.text) == (400, True)


@pytest.mark.parametrize("path", ["/health/live", "/openapi.json", "/docs"])
async def test_what_others_ask_with_words_of_their_own_is_answered(doors: Doors, path: str) -> None:
    assert (await doors.client.get(f"{path}?now=1")).status_code == 200


async def test_the_classic_endpoints_take_what_they_took(doors: Doors) -> None:
    answer = await doors.client.post("/api/send?x=1", json={"recipient": ""})
    assert answer.json() == {"success": False, "message": "Recipient is required"}


async def test_what_is_documented_is_what_is_taken(doors: Doors) -> None:
    """A 400 is documented wherever queries are looked at."""
    document: dict[str, Any] = (await doors.client.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        if path.startswith("/v1/"):
            assert all("400" in told["responses"] for told in operations.values()), path


async def test_every_name_that_is_documented_is_taken(doors: Doors) -> None:
    document: dict[str, Any] = (await doors.client.get("/openapi.json")).json()
    for route in doors.api.routes:
        if not isinstance(route, APIRoute) or not route.path.startswith("/v1/"):
            continue
        taken = parameters_of(route)
        assert taken is not None
        for operation in document["paths"][route.path_format].values():
            if operation["operationId"] == route.name:
                said = operation.get("parameters", [])
                names = {one["name"] for one in said if one["in"] == "query"}
                assert set(taken.names) == names, route.path
