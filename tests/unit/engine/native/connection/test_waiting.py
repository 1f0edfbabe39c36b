"""Who waits for which answer."""

import pytest

from scripted.waiting import VirtualClock
from wigwag.engine.common.errors import RequestTimeout
from wigwag.engine.native.connection import waiting as module
from wigwag.engine.native.connection.waiting import Waiting
from wigwag.wire.nodes import Node


async def test_an_answer_reaches_the_one_who_asked() -> None:
    waiting = Waiting(VirtualClock())
    first, second = waiting.expect("1", ack=False), waiting.expect("2", ack=True)
    answer = Node("ack", {"id": "2"})
    assert waiting.answer(answer)
    assert second.result() is answer
    assert not first.done()
    assert not waiting.answer(answer)
    assert not waiting.answer(Node("iq", {"id": "3"}))


async def test_acks_are_counted_until_nobody_waits() -> None:
    waiting = Waiting(VirtualClock())
    assert waiting.acks == 0
    waiting.expect("iq", ack=False)
    assert waiting.acks == 0
    kept = waiting.expect("1", ack=True)
    gone = waiting.expect("2", ack=True)
    waiting.expect("3", ack=True)
    assert waiting.acks == 3
    waiting.forget("2", kept)
    assert waiting.acks == 3
    waiting.forget("2", gone)
    waiting.forget("unknown")
    assert waiting.acks == 2
    waiting.answer(Node("ack", {"id": "1"}))
    assert waiting.acks == 1
    waiting.end()
    assert (waiting.acks, len(waiting)) == (0, 0)


async def test_the_same_id_again_replaces_the_first() -> None:
    waiting = Waiting(VirtualClock())
    waiting.expect("1", ack=True)
    second = waiting.expect("1", ack=False)
    assert (len(waiting), waiting.acks) == (1, 0)
    waiting.answer(Node("iq", {"id": "1"}))
    assert second.done()


async def test_at_the_end_of_the_stream_nobody_waits_in_vain() -> None:
    waiting = Waiting(VirtualClock())
    cancelled, open_ = waiting.expect("1", ack=False), waiting.expect("2", ack=True)
    cancelled.cancel()
    waiting.end()
    assert open_.result() is None


async def test_since_when_the_oldest_waits() -> None:
    clock = VirtualClock()
    waiting = Waiting(clock)
    assert waiting.since is None
    began = clock.monotonic()
    waiting.expect("1", ack=False)
    await clock.advance(5)
    waiting.expect("2", ack=False)
    assert waiting.since == began
    waiting.forget("1")
    assert waiting.since == began + 5


async def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITERS", 1)
    waiting = Waiting(VirtualClock())
    waiting.expect("1", ack=False)
    with pytest.raises(RequestTimeout):
        waiting.expect("2", ack=False)
