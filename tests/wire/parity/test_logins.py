"""Logged in again, with and without what waited."""

import pytest

from peers.parity.duo import Duo
from peers.parity.side import Side

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


async def away(side: Side, *texts: str) -> None:
    """The client is gone while the friend writes, and comes back."""
    await side.client.close()
    for text in texts:
        side.call("heard", side.friend.send_text(side.client.pn, text))
    if texts:
        side.call("heard", side.friend.send_text(side.group, f"{texts[-1]} to all"))
    await side.client.resume()
    if texts:
        await side.client.wait_text(f"{texts[-1]} to all")


async def test_a_login_again(duo: Duo):
    await duo.each(away)
    await duo.each(lambda side: side.hear("welcome back"))


async def test_messages_that_waited(duo: Duo):
    await duo.each(lambda side: away(side, "one", "two", "three"))


async def test_a_cut_connection(duo: Duo):
    async def cut(side: Side) -> None:
        duo.stage.sandbox.network.cut(side.client.device)
        await side.hear("after the cut")

    await duo.each(cut)
