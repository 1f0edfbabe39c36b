"""The chats that keys and webhooks are limited to: limits follow the people whose chats they are.

Nothing else keeps a key from a chat. Left at a number that is another person's now, it would open
what that person says.
"""

import sqlite3
from typing import Final

from wigwag.model.jid import LID_SERVER

LIMITED: Final = ("api_keys", "webhooks")
"""The tables whose `chats` are chats of the accounts in `accounts`; both are lists with spaces."""


def move_limits(connection: sqlite3.Connection, account: str, old: str, new: str) -> None:
    """Let what is limited to `old` be limited to `new`."""
    for table in LIMITED:
        found = connection.execute(
            f"SELECT id, accounts, chats FROM {table} WHERE instr(' ' || chats || ' ', ?)",  # noqa: S608
            (f" {old} ",),
        )
        for row_id, accounts, chats in found.fetchall():
            connection.execute(
                f"UPDATE {table} SET chats = ? WHERE id = ?",  # noqa: S608
                (moved_limits(chats, accounts, account, old, new), row_id),
            )


def moved_limits(chats: str, accounts: str, account: str, old: str, new: str) -> str:
    """The limits `chats` of what reaches `accounts` (none: all) after a move in one of them.

    Another account may know the person by the LID alone. It stays for that, as it is never
    anybody else's; a number may be, and goes.
    """
    reached = accounts.split()
    if reached and account not in reached:
        return chats
    kept = {old} if old.endswith("@" + LID_SERVER) and reached != [account] else set[str]()
    return " ".join(sorted({*chats.split(), new} - {old} | kept))
