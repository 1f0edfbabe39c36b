"""A use case of sending on an archive, and what tests ask of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from stored.desk import Desk
from stored.engine import StoredEngine
from wigwag.core.sending import Draft, MediaPolicy, Sending
from wigwag.model.archived import ArchivedMessage, MessageFilter

HI = Draft(text="hi")


@asynccontextmanager
async def sender(
    desk: Desk, engine: StoredEngine, clock: Any = None, **policy: Any
) -> AsyncGenerator[Sending]:
    desk.accounts.add(engine)
    engine.on_state = desk.accounts.state_changed
    allowed = MediaPolicy(roots=(desk.folder / "outbox",), **policy)
    more = {"clock": clock} if clock is not None else {}
    sending = Sending(desk.archive, desk.files, desk.accounts, policy=allowed, **more)
    await sending.start()
    try:
        yield sending
    finally:
        await sending.stop()


async def all_messages(desk: Desk) -> list[ArchivedMessage]:
    return list((await desk.library.list_messages("default", MessageFilter())).items)
