"""What is limited to a chat follows the person of it."""

import pytest

from wigwag.archive.limits import moved_limits

PN, NEW, LID = "15550001111@s.whatsapp.net", "15550002222@s.whatsapp.net", "77@lid"


@pytest.mark.parametrize(
    ("chats", "accounts", "old", "new", "after"),
    [
        (PN, "default", PN, NEW, NEW),
        (PN, "default", PN, LID, LID),
        (LID, "default", LID, PN, PN),
        (f"{PN} {LID}", "default", LID, PN, PN),
        (PN, "work", PN, NEW, PN),
        # the other account may have her by the LID alone
        (LID, "default work", LID, PN, f"{PN} {LID}"),
        (LID, "", LID, PN, f"{PN} {LID}"),
        # and a number is lost to it, before it opens another chat here
        (PN, "default work", PN, NEW, NEW),
    ],
)
def test_a_limit_goes_where_the_chat_goes(
    chats: str, accounts: str, old: str, new: str, after: str
) -> None:
    assert moved_limits(chats, accounts, "default", old, new) == after
