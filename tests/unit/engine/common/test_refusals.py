"""Refused messages: whose mistake it is."""

import pytest

from wigwag.engine.common.refusals import message_refused
from wigwag.model.errors import Forbidden, NotFound, SendRejected, WigwagError
from wigwag.model.jid import Jid

CHANNEL, PERSON = Jid("120363000000000009", "newsletter"), Jid("15550000002", "s.whatsapp.net")


@pytest.mark.parametrize(
    ("chat", "code", "kind", "words"),
    [
        (CHANNEL, 403, Forbidden, "owner"),
        (CHANNEL, 404, NotFound, "newsletter"),
        (CHANNEL, 487, SendRejected, "487"),
        (PERSON, 403, SendRejected, "403"),
        (PERSON, 0, SendRejected, "refused the message."),
    ],
)
def test_what_a_refusal_means(chat: Jid, code: int, kind: type[WigwagError], words: str) -> None:
    error = message_refused(chat, code)
    assert type(error) is kind
    assert words in error.detail
    if isinstance(error, SendRejected):
        assert error.server_code == (code or None)
