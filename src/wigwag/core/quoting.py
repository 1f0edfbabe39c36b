"""What a message says of others: the one that it replies to, the people that it mentions."""

from collections.abc import Iterable

from wigwag.core.identity import plain
from wigwag.core.library import Library
from wigwag.model.content import Quoted
from wigwag.model.errors import MalformedJid
from wigwag.model.jid import Jid, parse_jid, parse_recipient


async def find_quoted(
    library: Library, account: str, message_id: str, *, to: str, chat: str, sender: str = ""
) -> Quoted:
    """The message that a new one in the chat `to` replies to; it lies in `chat`.

    Raises NotFound, AmbiguousId, MalformedJid.
    """
    message = await library.get_message(account, message_id, chat=chat, sender=sender)
    elsewhere = message.chat_jid != await library.resolve(account, to)
    return Quoted(
        id=message.id,
        sender=parse_jid(message.sender.jid),
        chat=parse_jid(message.chat_jid) if elsewhere else None,
        text=message.text,
    )


def mentioned(addresses: Iterable[str]) -> tuple[Jid, ...]:
    """The people of these addresses, each once. Raises MalformedJid."""
    people = [plain(parse_recipient(address)) for address in addresses]
    for jid in people:
        if not jid.is_person:
            raise MalformedJid("Only people can be mentioned, by phone number or address.")
    return tuple(dict.fromkeys(people))
