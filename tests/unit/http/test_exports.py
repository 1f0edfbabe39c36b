"""A whole chat, as callers ask for it."""

from collections.abc import AsyncGenerator

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.makers import ANN, BEN, received
from wigwag.core.exports import Exports
from wigwag.http.models.messages import MessageShape
from wigwag.model.key import Scope

PATH = f"/chats/{ANN}/export"


@pytest.fixture
async def doors(desk: Desk) -> AsyncGenerator[Doors]:
    exports = Exports(desk.archive, desk.library, desk.files)
    async with open_doors(desk, exports=exports) as opened:
        yield opened


async def test_each_format_has_its_type_and_says_that_nothing_runs(
    desk: Desk, doors: Doors
) -> None:
    await desk.take(received("A1", "<b>one</b>"), received("A2", "two", seconds=60))
    lines = await doors.get(PATH)
    assert [MessageShape.model_validate_json(one).id for one in lines.text.splitlines()] == [
        "A1",
        "A2",
    ]
    text = await doors.get(PATH, format="txt", from_="2026-03-01T12:00:01Z")
    assert text.text == f"[2026-03-01, 12:01:00] +{ANN.user}: two\n"
    page = await doors.get(PATH, format="html", to="2026-03-01T12:00:01Z", media="inline")
    assert "&lt;b&gt;one&lt;/b&gt;" in page.text
    assert "two" not in page.text
    for answer, kind in ((lines, "x-ndjson"), (text, "text/plain"), (page, "text/html")):
        assert kind in answer.headers["content-type"]
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_only_what_is_there_and_in_reach(desk: Desk, doors: Doors) -> None:
    await desk.take(received("A1"))
    assert await doors.problem(PATH, key=key_of(Scope.READ, chats=(str(BEN),))) == (
        404,
        "not_found",
    )
    assert await doors.problem(f"/chats/{BEN}/export") == (404, "not_found")
    assert await doors.problem(PATH, format="pdf") == (400, "invalid_input")
