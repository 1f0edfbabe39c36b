"""How an unexpected exception is logged: where it happened, never what it carried."""

import traceback


def describe(error: BaseException) -> dict[str, str]:
    """Log fields of an exception: its type and the last lines of ours, without its message.

    The message of an exception may quote a number, a key or a text of a user.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "wigwag" in frame.filename] or list(frames)
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in ours[-3:]]
    return {"error": type(error).__name__, "at": " > ".join(places)}
