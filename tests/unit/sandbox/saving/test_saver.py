"""Saving: when something changed, at once when it matters, never twice at a time."""

from scripted.waiting import until
from wigwag.sandbox.saving.saver import Saver


class Book:
    def __init__(self) -> None:
        self.version = 0
        self.written: list[bytes] = []

    def take(self) -> bytes:
        return b"%d" % self.version

    def saver(self, interval_s: float) -> Saver:
        return Saver(self.take, self.written.append, lambda: self.version, interval_s)


async def test_the_first_save_is_at_once() -> None:
    book = Book()
    saver = book.saver(1_000)
    saver.start()
    await until(lambda: book.written == [b"0"])
    await saver.stop()
    assert book.written == [b"0"]


async def test_a_change_is_saved_and_then_it_rests() -> None:
    book = Book()
    saver = book.saver(0.001)
    saver.start()
    await until(lambda: book.written == [b"0"])
    book.version = 7
    await until(lambda: book.written == [b"0", b"7"])
    await saver.stop()
    assert book.written == [b"0", b"7"]


async def test_hurrying_does_not_wait() -> None:
    book = Book()
    saver = book.saver(1_000)
    saver.start()
    await until(lambda: book.written == [b"0"])
    book.version = 1
    saver.hurry()
    await until(lambda: book.written == [b"0", b"1"])
    await saver.stop()


async def test_stopping_before_the_start_is_harmless() -> None:
    await Book().saver(1).stop()
