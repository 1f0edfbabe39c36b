"""Events that are told once: in order, patiently, bounded."""

from collections.abc import Sequence

from scripted.waiting import JumpingClock, until
from wigwag.engine.common.announcer import MAX_WAITING, Announcer
from wigwag.model.event import EngineEvent, PairingCode


class Sink:
    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.codes: list[str] = []

    async def __call__(self, account: str, events: Sequence[EngineEvent]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("disk")
        assert account == "default"
        self.codes += [event.code for event in events if isinstance(event, PairingCode)]


async def test_events_are_told_in_order_although_the_sink_fails_at_first() -> None:
    sink = Sink(failures=3)
    announcer = Announcer("default", sink, JumpingClock())
    for number in range(5):
        announcer.tell(PairingCode(code=str(number)))
    await until(lambda: len(sink.codes) == 5)
    assert sink.codes == ["0", "1", "2", "3", "4"]
    announcer.tell(PairingCode(code="last"))
    await announcer.close()
    assert sink.codes[-1] == "last"
    await announcer.close()


async def test_what_the_sink_never_takes_is_dropped() -> None:
    sink = Sink(failures=5)
    announcer = Announcer("default", sink, JumpingClock())
    announcer.tell(PairingCode(code="lost"))
    await until(lambda: not sink.failures)
    announcer.tell(PairingCode(code="told"))
    await until(lambda: sink.codes == ["told"])
    await announcer.close()


async def test_too_many_events_push_out_the_oldest() -> None:
    sink = Sink()
    announcer = Announcer("default", sink, JumpingClock())
    announcer.tell(*(PairingCode(code=str(number)) for number in range(MAX_WAITING + 10)))
    await announcer.close()
    assert sink.codes[0] == "10"
    assert len(sink.codes) == MAX_WAITING
