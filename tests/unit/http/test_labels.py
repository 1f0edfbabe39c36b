"""Labels, as callers ask for them."""

from collections.abc import AsyncGenerator

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.makers import ANN, BEN, received
from wigwag.core.labels import Labels
from wigwag.http.models.chats import ChatShape, LabelShape
from wigwag.model.key import Scope

CHAT = f"/chats/{ANN}"


@pytest.fixture
async def doors(desk: Desk) -> AsyncGenerator[Doors]:
    desk.attach()
    async with open_doors(desk, labels=Labels(desk.library, desk.accounts)) as doors:
        yield doors


async def test_a_label_is_made_changed_and_deleted(doors: Doors) -> None:
    made = await doors.ask("POST", "/labels", {"name": "To do", "color": 3})
    LabelShape.model_validate(made.json())
    assert (made.status_code, made.json()["id"]) == (201, "1")
    changed = await doors.ask("PATCH", "/labels/1", {"name": "Done"})
    assert changed.json() == {**made.json(), "name": "Done"}
    assert (await doors.ask("DELETE", "/labels/1")).status_code == 204
    assert (await doors.ask("DELETE", "/labels/1")).status_code == 404
    assert await doors.ids("/labels") == []


async def test_it_is_put_on_a_chat_and_a_message(desk: Desk, doors: Doors) -> None:
    await desk.take(received("A1"), received("B1", chat=BEN))
    await doors.ask("POST", "/labels", {"name": "To do"})
    chat = (await doors.ask("POST", f"{CHAT}/labels/1")).json()
    ChatShape.model_validate(chat)
    assert chat["labels"] == ["1"]
    assert (await doors.ask("POST", "/messages/A1/labels/1")).status_code == 204
    assert (await doors.view("/labels"))["items"][0]["messages"] == 1
    assert (await doors.ask("DELETE", "/messages/A1/labels/1")).status_code == 204
    assert (await doors.ask("DELETE", f"{CHAT}/labels/1")).json()["labels"] == []
    assert (await doors.view("/labels"))["items"][0]["messages"] == 0


async def test_a_key_of_a_chat_labels_that_chat_alone(desk: Desk, doors: Doors) -> None:
    await desk.take(received("A1"), received("B1", chat=BEN))
    await doors.ask("POST", "/labels", {"name": "To do"})
    key = key_of(Scope.SEND, chats=(str(BEN),))
    for method, path, body in (
        ("POST", "/labels", {"name": "x"}),
        ("PATCH", "/labels/1", {"name": "x"}),
        ("DELETE", "/labels/1", None),
    ):
        assert (await doors.ask(method, path, body, key=key)).status_code == 403
    for method in ("POST", "DELETE"):
        for path in (f"{CHAT}/labels/1", "/messages/A1/labels/1"):
            assert (await doors.ask(method, path, key=key)).status_code == 404
        assert (await doors.ask(method, "/messages/B1/labels/1", key=key)).status_code == 204
        assert (await doors.ask(method, f"/chats/{BEN}/labels/1", key=key)).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x" * 101}, {"name": "x", "color": 20}, {"name": 1}]
)
async def test_mistakes_are_400(doors: Doors, body: object) -> None:
    assert (await doors.ask("POST", "/labels", body)).status_code == 400
