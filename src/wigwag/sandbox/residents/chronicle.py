"""The past of a simulated phone: chats given message by message, or made from a seed.

A made chat keeps only its recipe; its messages are computed when they are needed, so a past of any
length costs nothing until it is sent.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from wigwag.model.chat import ChatSummary
from wigwag.model.content import Content, Media, MessageKey, Text
from wigwag.model.jid import PN_SERVER, Jid
from wigwag.model.message import Message, SendState
from wigwag.model.value import Value

_PROSE = (
    "the boat left early today and we could not see any light on shore until late so please call "
    "me when you are back from work because there is news about house garden train ticket "
    "meeting tomorrow lunch at noon bring bread milk keys thanks great idea sure maybe never "
    "always weather rain sun coffee music film photo letter street number window door"
)
_WORDS = tuple(_PROSE.split())


class Recipe(Value):
    """How the messages of a chat are made.

    `senders` speak in turn with the account; `media` are cards of files that lie on the media
    host already, one of them every `media_every` messages.
    """

    seed: int
    count: int
    newest_at: datetime
    interval_s: int
    own: Jid
    senders: tuple[Jid, ...]
    media: tuple[Media, ...] = ()
    media_every: int = 5


class PastChat(Value):
    """A chat of the past: its summary and its messages, oldest first, or the recipe for them."""

    summary: ChatSummary
    messages: tuple[Message, ...] = ()
    recipe: Recipe | None = None

    @property
    def count(self) -> int:
        return len(self.messages) + (self.recipe.count if self.recipe is not None else 0)


def messages_of(chat: PastChat) -> list[Message]:
    """The messages of a chat, oldest first."""
    if chat.recipe is None:
        return list(chat.messages)
    return [*_cook(chat.summary.jid, chat.recipe), *chat.messages]


def _cook(chat: Jid, recipe: Recipe) -> Iterator[Message]:
    rng = random.Random(recipe.seed)
    oldest = recipe.newest_at - timedelta(seconds=recipe.interval_s * (recipe.count - 1))
    for index in range(recipe.count):
        from_me = rng.random() < 0.4
        sender = recipe.own if from_me else recipe.senders[index % len(recipe.senders)]
        yield Message(
            key=MessageKey(
                chat=chat,
                sender=sender,
                id=f"3EB0{rng.randbytes(9).hex().upper()}",
                from_me=from_me,
            ),
            timestamp=oldest + timedelta(seconds=recipe.interval_s * index),
            content=_content(rng, recipe, index),
            state=SendState.READ if from_me else None,
            from_history=True,
        )


def _content(rng: random.Random, recipe: Recipe, index: int) -> Content:
    if recipe.media and index % recipe.media_every == recipe.media_every - 1:
        return recipe.media[index // recipe.media_every % len(recipe.media)]
    words = [rng.choice(_WORDS) for _ in range(rng.randint(2, 14))]
    return Text(text=" ".join(words).capitalize())


def make_chats(
    *,
    seed: int,
    chats: int,
    messages: int,
    own: Jid,
    newest_at: datetime,
    known: Sequence[tuple[ChatSummary, tuple[Jid, ...]]] = (),
    media: Sequence[Media] = (),
) -> list[PastChat]:
    """`chats` chats with `messages` messages in all, evenly spread; newest chat first.

    `known` are chats with people and groups of the network and who speaks in each; when they are
    used up, chats with numbers that are not on the network follow.
    """
    rng = random.Random(seed)
    made: list[PastChat] = []
    for index in range(chats):
        count = messages // chats + (1 if index < messages % chats else 0)
        newest = newest_at - timedelta(minutes=7 * index)
        summary, senders = known[index] if index < len(known) else _stranger(rng, seed, index)
        recipe = Recipe(
            seed=rng.getrandbits(48),
            count=count,
            newest_at=newest,
            interval_s=rng.randint(30, 3_600),
            own=own,
            senders=senders,
            media=tuple(media),
        )
        last = newest if count else None
        made.append(PastChat(summary=_dated(summary, last), recipe=recipe))
    return made


def _stranger(rng: random.Random, seed: int, index: int) -> tuple[ChatSummary, tuple[Jid, ...]]:
    number = f"1666{seed % 1000:03d}{index:05d}"
    jid = Jid(number, PN_SERVER)
    alt = Jid(str(rng.randrange(10**13, 10**15)), "lid")
    return ChatSummary(jid=jid, alt=alt, name=f"Contact {index + 1}"), (jid,)


def _dated(summary: ChatSummary, newest: datetime | None) -> ChatSummary:
    return ChatSummary(
        jid=summary.jid,
        alt=summary.alt,
        name=summary.name,
        last_message_time=newest,
        unread=summary.unread,
        archived=summary.archived,
    )
