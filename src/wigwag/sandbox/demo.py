"""The demonstration: a phone, some people, a group with all of them, and a small history."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from wigwag.model.appstate import ContactNamed
from wigwag.model.chat import ChatSummary
from wigwag.model.content import Content, MessageKey, Text
from wigwag.model.jid import Jid
from wigwag.model.message import Message, SendState
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.chronicle import PastChat
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.sandbox.residents.person import Behaviour
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.samples import make_jpeg, make_pdf, make_png, make_voice

if TYPE_CHECKING:
    from wigwag.sandbox.sandbox import Sandbox

PHONE = "15550100001"
ECHO = "15550100002"
SILENT = "15550100003"
LID_ONLY = "15550100004"

Line = tuple[bool, Content]
"""Whether the account itself said it, and what."""


def populate(sandbox: "Sandbox") -> None:
    """One phone that waits to be linked, three people and a group with all of them."""
    phone = sandbox.add_phone(PHONE, "Alex Demo")
    echo = sandbox.add_person("Emma Echo", ECHO, Behaviour.ECHO)
    silent = sandbox.add_person("Sam Silent", SILENT)
    hidden = sandbox.add_person("Lina Lidonly", LID_ONLY, lid_only=True)
    group = sandbox.create_group("Demo group", [phone.pn, echo.pn, silent.pn, hidden.pn])
    phone.app_state.name_contacts(
        [
            ContactNamed(
                jid=person.pn,
                alt=person.lid,
                full_name=person.name,
                first_name=person.name.split()[0],
            )
            for person in (echo, silent)
        ]
    )
    phone.history.add(
        [
            _chat(phone, silent, _talk_with_files(sandbox)),
            _chat(phone, echo, _talk("Hello Emma, do you hear me?", "Hello Emma, do you hear me?")),
            _chat(phone, hidden, _talk("Who is this?", "A friend whose number you do not know.")),
            _group_chat(phone, group.jid, group.subject, (echo, silent, hidden)),
        ]
    )


def _talk(*texts: str) -> list[Line]:
    """Texts said in turn, the account first."""
    return [(index % 2 == 0, Text(text=text)) for index, text in enumerate(texts)]


def _talk_with_files(sandbox: "Sandbox") -> list[Line]:
    upload = sandbox.surroundings.media.upload
    picture = upload(
        make_jpeg(1), Attachment(caption="Look at this", filename="", width=48, height=32)
    )
    drawing = upload(make_png(2), Attachment(caption="And this", width=48, height=32))
    document = upload(make_pdf("Minutes of the meeting"), Attachment(filename="minutes.pdf"))
    voice = upload(make_voice(3), Attachment(duration_s=1))
    return [
        (True, Text(text="Hi Sam, how was the trip?")),
        (False, Text(text="Wonderful! Wait, I have pictures.")),
        (False, picture),
        (False, drawing),
        (True, Text(text="Beautiful.")),
        (False, voice),
        (True, document),
        (False, Text(text="Thanks, I will read it tomorrow.")),
    ]


def _chat(phone: Phone, person: Correspondent, lines: Iterable[Line]) -> PastChat:
    spoken = [(phone.pn if own else person.jid, content) for own, content in lines]
    alt = person.lid if person.jid != person.lid else None
    return _past(phone, person.jid, alt, person.name, spoken)


def _group_chat(
    phone: Phone, group: Jid, subject: str, people: tuple[Correspondent, ...]
) -> PastChat:
    spoken: list[tuple[Jid, Content]] = [
        (phone.pn, Text(text="Welcome, everybody.")),
        *((person.jid, Text(text=f"Hello from {person.name}.")) for person in people),
    ]
    return _past(phone, group, None, subject, spoken)


def _past(
    phone: Phone, chat: Jid, alt: Jid | None, name: str, spoken: list[tuple[Jid, Content]]
) -> PastChat:
    newest = phone.surroundings.now() - timedelta(hours=2)
    messages: list[Message] = []
    for index, (sender, content) in enumerate(spoken):
        own = sender == phone.pn
        messages.append(
            Message(
                key=MessageKey(chat=chat, sender=sender, id=phone.new_id(), from_me=own),
                timestamp=newest - timedelta(minutes=3 * (len(spoken) - 1 - index)),
                content=content,
                from_history=True,
                state=SendState.READ if own else None,
            )
        )
    summary = ChatSummary(jid=chat, alt=alt, name=name, last_message_time=newest)
    return PastChat(summary=summary, messages=tuple(messages))
