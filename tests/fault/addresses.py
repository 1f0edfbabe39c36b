"""What an archive must hold of people whose other address became known late: one chat each."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Final

from fault.story import FILES, SENDER, Chapter
from fault.telling import World, addresses, file_of

_OF_BOTH: Final = frozenset({"events", "identities", "aliases", "accounts"})
"""Tables that may name a former address: the log as it was told, and what says who is whom."""


def wrong_addresses(world: World, chapter: Chapter) -> list[str]:
    """What still stands under a hidden address whose number is known, in any table."""
    lids = {addresses(world.residents[who])["lid"]: who for who in chapter.newcomers}
    return [
        f"{count} rows of {table} have the LID of {who} as {column}"
        for lid, who in lids.items()
        for table, column in _texts(world)
        if (count := world.server.count(table, f"{column} = '{lid}'"))
    ]


def count_moves(world: World, chapter: Chapter, seq: int) -> Counter[tuple[str, str]]:
    """How often each chat moved, by account and newcomer, as told after event `seq`."""
    moves: Counter[tuple[str, str]] = Counter()
    names = {addresses(world.residents[who])["pn"]: who for who in chapter.newcomers}
    for account, data in world.server.query(
        "SELECT account, data FROM events WHERE type = 'chat.updated' AND seq > ?", seq
    ):
        told = json.loads(data)
        if "previous_jid" in told and told["chat_jid"] in names:
            moves[account, names[told["chat_jid"]]] += 1
    return moves


async def unanswered(world: World, chapter: Chapter) -> list[str]:
    """The files of newcomers that cannot be had by either of their addresses."""
    wrong: list[str] = []
    for act in chapter.acts:
        if act.kind not in FILES or act.who not in chapter.newcomers or act.to != SENDER:
            continue
        for kind, address in addresses(world.residents[act.who]).items():
            body = {"message_id": world.ids[act.number], "chat_jid": address}
            answer = await world.server.request("POST", "/api/download", body)
            if answer.status != 200 or not _holds(world, answer.body["path"], act.number):
                wrong.append(f"{act} by {kind}: {answer.body}")
    return wrong


def _holds(world: World, path: str, number: int) -> bool:
    return (world.server.store / path).read_bytes() == file_of(number)


def _texts(world: World) -> Iterable[tuple[str, str]]:
    """Every column of text of the archive, with its table."""
    return (
        (table, column)
        for table, column in world.server.query(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
            " WHERE m.type = 'table' AND c.type = 'TEXT' AND m.name NOT LIKE 'messages_fts%'"
        )
        if table not in _OF_BOTH
    )
