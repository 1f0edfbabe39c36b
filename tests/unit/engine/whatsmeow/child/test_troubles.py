"""What the sentences of the library are taken for."""

import pytest

from wigwag.engine.whatsmeow.child.troubles import failure, send_failure
from wigwag.engine.whatsmeow.frames import Trouble


@pytest.mark.parametrize(
    ("sentence", "trouble", "code"),
    [
        ("websocket not connected", Trouble.NOT_READY, 0),
        ("info query timed out", Trouble.UNKNOWN, 0),
        ("you're not participating in that group", Trouble.NOT_FOUND, 0),
        ("info query returned status 403: forbidden", Trouble.FORBIDDEN, 403),
        ("info query returned status 429: rate-overlimit", Trouble.LIMITED, 429),
        ("that group invite link has been revoked", Trouble.GONE, 0),
        ("info query returned status 500: what is that", Trouble.REFUSED, 500),
        ("a word that nobody knows", Trouble.REFUSED, 0),
    ],
)
def test_calls(sentence: str, trouble: Trouble, code: int) -> None:
    failed = failure(sentence)
    assert (failed.trouble, failed.server_code) == (trouble, code)


@pytest.mark.parametrize(
    ("sentence", "trouble", "code"),
    [
        ("timed out waiting for message send response", Trouble.UNKNOWN, 0),
        ("websocket disconnected before info query returned response", Trouble.UNKNOWN, 0),
        ("a word that nobody knows", Trouble.UNKNOWN, 0),
        ("failed to send message node: websocket not connected", Trouble.NOT_READY, 0),
        ("no LID found for 1@s.whatsapp.net from server", Trouble.NOT_ON_WHATSAPP, 0),
        ("server returned error 479", Trouble.REFUSED, 479),
        ("failed to get device list: info query timed out", Trouble.FAILED, 0),
        ("failed to get group members: that group does not exist", Trouble.NOT_FOUND, 0),
        ("can't send message to unknown server x", Trouble.INVALID, 0),
    ],
)
def test_sends_are_unknown_unless_it_is_sure_that_nothing_left(
    sentence: str, trouble: Trouble, code: int
) -> None:
    failed = send_failure(sentence)
    assert (failed.trouble, failed.server_code) == (trouble, code)
