"""The log goes on when nothing can be written, and never tells what nobody may read."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from wigwag.logs import UnfailingStream, configure_logs

SECRET = "a text that is nobody's business"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """What a test configures ends with it."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


class Full(io.StringIO):
    """A stream on a full disk."""

    full = True

    def write(self, text: str, /) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)

    def flush(self) -> None:
        if self.full:
            raise OSError(28, "No space left on device")


def test_what_cannot_be_written_is_dropped() -> None:
    disk = Full()
    stream = UnfailingStream(disk)
    assert stream.write("lost") == 4
    stream.flush()
    disk.full = False
    stream.write("kept")
    stream.flush()
    assert disk.getvalue() == "kept"


def test_a_closed_stream_is_no_error() -> None:
    disk = io.StringIO()
    disk.close()
    UnfailingStream(disk).write("lost")
    UnfailingStream(disk).flush()


def fail(text: str) -> None:
    try:
        raise KeyError(text)
    except KeyError as error:
        raise ValueError(f"cannot do {text}") from error


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_an_exception_is_logged_without_texts_and_variables(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger().handlers.clear()
    configure_logs("debug", log_format)
    try:
        fail(SECRET)
    except ValueError as error:
        structlog.get_logger("here").error("it_broke", exc_info=error)
        structlog.get_logger("here").exception("it_broke_again")
        logging.getLogger("there").exception("broken")
    told = capsys.readouterr().err
    assert SECRET not in told
    assert told.count("builtins.ValueError") == told.count("builtins.KeyError") == 3
    assert "in fail" in told


def test_every_line_is_json_where_json_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers.clear()
    configure_logs("info", "json")
    structlog.get_logger("here").info("something", count=1)
    there = logging.getLogger("there")
    there.warning("a warning")
    try:
        fail(SECRET)
    except ValueError:
        there.exception("broken")
    there.error("%d of %d", "not a number")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["something", "a warning", "broken", "%d of %d"]
    assert all(line["timestamp"] and line["level"] for line in lines)
    assert "in fail" in lines[2]["exception"]


def test_what_the_standard_library_names_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers.clear()
    configure_logs("debug", "console")
    text = f"Task exception was never retrieved\nfuture: <Task exception=ValueError({SECRET!r})>"
    logging.getLogger("asyncio").error(text)
    logging.getLogger("asyncio").error("")
    told = capsys.readouterr().err
    assert told.splitlines()[0] == "ERROR asyncio Task exception was never retrieved"
    assert SECRET not in told
