"""The log goes on when nothing can be written."""

import io

from wigwag.logs import UnfailingStream


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
