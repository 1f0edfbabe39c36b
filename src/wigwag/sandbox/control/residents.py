"""Control routes of phones and people: who there is, what they say, what they got."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from wigwag.model.appstate import ContactNamed
from wigwag.model.errors import NotFound
from wigwag.model.jid import parse_jid, parse_recipient
from wigwag.sandbox.control import models
from wigwag.sandbox.control.messages import decode_base64, say
from wigwag.sandbox.control.views import (
    Json,
    page,
    show_entry,
    show_person,
    show_phone,
    show_receipt,
    show_time,
)
from wigwag.sandbox.network.directory import Account, Telling
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.sandbox.sandbox import Sandbox

MAX_WAIT_S = 60.0
CREATED = 201

After = Annotated[int, Query(ge=0)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Wait = Annotated[float, Query(ge=0, le=MAX_WAIT_S)]


def add_residents(router: APIRouter, sandbox: Sandbox, media_root: Path) -> None:
    """The nouns /phones and /people; what both can do is under both."""
    _add_phones(router, sandbox)
    _add_phone_actions(router, sandbox)
    _add_people(router, sandbox)
    _add_changes(router, sandbox)
    _add_conversation(router, sandbox, "people", sandbox.person_device, media_root)
    _add_conversation(router, sandbox, "phones", sandbox.phone, media_root)
    _add_signals(router, sandbox, "people", sandbox.person_device)
    _add_signals(router, sandbox, "phones", sandbox.phone)


def _add_phones(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/phones")
    async def list_phones() -> Json:
        return page([show_phone(phone) for phone in sandbox.phones.values()])

    @router.post("/phones", status_code=CREATED)
    async def add_phone(body: models.NewPhone) -> Json:
        return show_phone(sandbox.add_phone(body.phone, body.name))

    @router.get("/phones/{phone}")
    async def get_phone(phone: str) -> Json:
        return show_phone(sandbox.phone(phone))

    _ = list_phones, add_phone, get_phone


def _add_phone_actions(router: APIRouter, sandbox: Sandbox) -> None:
    """What only an account's own phone does."""

    @router.post("/phones/{phone}/history", status_code=CREATED)
    async def add_history(phone: str, body: models.NewHistory) -> Json:
        """Make a past; the companions that are linked get it at once, later ones at linking."""
        owner = sandbox.phone(phone)
        seed = body.seed if body.seed is not None else len(owner.history.chats) + 1
        made = owner.history.generate(body.chats, body.messages, media=body.media, seed=seed)
        companions = owner.companions if body.send else []
        for device in companions:
            owner.history.send_chats(device, made)
        return {
            "chats": [str(chat.summary.jid) for chat in made],
            "messages": sum(chat.count for chat in made),
            "sent_to": [str(device) for device in companions],
        }

    @router.post("/phones/{phone}/contacts", status_code=CREATED)
    async def add_contact(phone: str, body: models.NewContact) -> Json:
        """Write a name into the phone's address book; companions learn it by app state."""
        owner = sandbox.phone(phone)
        jid = parse_recipient(body.jid)
        account = sandbox.network.directory.find(jid)
        known = account is not None and account.tells(Telling.PHONE)
        alt = account.lid if account is not None and known and jid.is_pn else None
        owner.app_state.name_contacts(
            [ContactNamed(jid=jid, alt=alt, full_name=body.name, first_name=body.first_name)]
        )
        return {"jid": str(jid), "name": body.name}

    @router.post("/phones/{phone}/unlink")
    async def unlink(phone: str, body: models.Unlink | None = None) -> Json:
        """Remove one companion, or all."""
        owner = sandbox.phone(phone)
        named = body.device if body is not None else None
        owner.unlink(parse_jid(named) if named is not None else None)
        sandbox.hurry()
        return show_phone(owner)

    _ = add_history, add_contact, unlink


def _add_people(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/people")
    async def list_people() -> Json:
        return page([show_person(person) for person in sandbox.people.values()])

    @router.post("/people", status_code=CREATED)
    async def add_person(body: models.NewPerson) -> Json:
        person = sandbox.add_person(body.name, body.phone, body.behaviour, lid_only=body.lid_only)
        account = sandbox.network.directory.get(person.lid)
        account.addressing = body.addressing
        for form in body.other_forms:
            sandbox.network.directory.add_alias(form, account)
        return show_person(person)

    @router.get("/people/{phone}")
    async def get_person(phone: str) -> Json:
        return show_person(sandbox.person(phone))

    @router.post("/people/{phone}/devices", status_code=CREATED)
    async def add_device(phone: str) -> Json:
        """Link one more device; it is spoken to as `{phone}:{device}` in the other routes."""
        made = sandbox.person(phone).link_companion()
        sandbox.hurry()
        return {"device": made.lid.device, "jid": str(made.pn), "lid": str(made.lid)}

    @router.delete("/people/{phone}/devices/{device}")
    async def remove_device(phone: str, device: int) -> Json:
        person = sandbox.person(phone)
        person.unlink_companion(device)
        sandbox.hurry()
        return show_person(person)

    _ = list_people, add_person, get_person, add_device, remove_device


def _add_changes(router: APIRouter, sandbox: Sandbox) -> None:
    """What changes about a person, and what others are told of it."""

    @router.patch("/people/{phone}")
    async def change_person(phone: str, body: models.ChangePerson) -> Json:
        person = sandbox.person(phone)
        if body.behaviour is not None:
            person.behaviour = body.behaviour
        if body.receipts is not None:
            person.sends_receipts = body.receipts
        if body.reinstall:
            person.replace_keys()
        account = sandbox.network.directory.get(person.lid)
        if body.addressing is not None:
            account.addressing = body.addressing
        if body.withheld is not None:
            account.withheld = set(body.withheld)
        _change_profile(sandbox, account, body)
        if body.phone is not None:
            sandbox.residents.change_number(person, body.phone)
        sandbox.hurry()
        return show_person(person)

    @router.post("/people/{phone}/mapping")
    async def tell_mapping(phone: str, body: models.TellMapping) -> Json:
        """Let the network tell who a person is, by a notification."""
        person = sandbox.person(phone)
        directory = sandbox.network.directory
        about, to = directory.get(person.lid), directory.get(sandbox.phone(body.to).lid)
        sandbox.network.mappings.tell(about, to, body.by)
        return {"jid": str(person.pn), "lid": str(person.lid), "by": body.by.value}

    _ = change_person, tell_mapping


def _change_profile(sandbox: Sandbox, account: Account, body: models.ChangePerson) -> None:
    """What others see of somebody. Raises InvalidInput for a picture that is no base64."""
    profiles = sandbox.network.profiles
    if body.about is not None:
        profiles.set_about(account, body.about)
    if body.picture is not None:
        profiles.set_picture(account, decode_base64(body.picture, "picture") or None)
    if body.default_ephemeral_seconds is not None:
        profiles.set_timer(account, body.default_ephemeral_seconds)
    if body.business is not None:
        account.business = {str(name): said for name, said in body.business.items()}


def _add_conversation(
    router: APIRouter,
    sandbox: Sandbox,
    noun: str,
    find: Callable[[str], Correspondent],
    root: Path,
) -> None:
    @router.post(f"/{noun}/{{phone}}/messages", status_code=CREATED)
    async def send_message(phone: str, body: models.NewMessage) -> Json:
        """Say something; the answer has the `id`, for `texts` all `ids`."""
        speaker = find(phone)
        ids = await say(speaker, body, root)
        answer: Json = {"id": ids[0], "timestamp": show_time(sandbox.surroundings.now())}
        if body.texts is not None:
            answer["ids"] = ids
        sent = speaker.outgoing.sent.find(ids[0])
        if sent is not None:
            answer["chat"] = str(sandbox.surroundings.public_address(sent.to))
        return answer

    @router.get(f"/{noun}/{{phone}}/inbox")
    async def list_inbox(
        phone: str, after: After = 0, limit: Limit = 1000, wait_s: Wait = 0.0
    ) -> Json:
        """What it got, decrypted, oldest first; `wait_s` waits for the first entry."""
        reader = find(phone)
        entries = reader.inbox.entries(after)[:limit]
        if not entries and wait_s > 0:
            try:
                entries = [await reader.wait_for(lambda _entry: True, wait_s, after=after)]
            except TimeoutError:
                entries = []
        last = entries[-1].seq if entries else after
        return page([show_entry(sandbox, entry) for entry in entries], last)

    _ = send_message, list_inbox


def _add_signals(
    router: APIRouter, sandbox: Sandbox, noun: str, find: Callable[[str], Correspondent]
) -> None:
    @router.get(f"/{noun}/{{phone}}/inbox/{{message_id}}/media")
    async def get_media(phone: str, message_id: str) -> Response:
        """The file of an entry, downloaded from the media host, verified and decrypted."""
        reader = find(phone)
        entry = reader.inbox.find(message_id)
        if entry is None:
            raise NotFound("There is no such message in that inbox.")
        return Response(reader.download(entry), media_type="application/octet-stream")

    @router.get(f"/{noun}/{{phone}}/receipts")
    async def list_receipts(phone: str) -> Json:
        """The receipts that came for its messages, oldest first."""
        return page([show_receipt(sandbox, receipt) for receipt in find(phone).receipts])

    @router.post(f"/{noun}/{{phone}}/receipts")
    async def send_receipts(phone: str, body: models.NewReceipt) -> Json:
        """Read (or play) messages of the inbox, and tell their senders."""
        reader = find(phone)
        found = [reader.inbox.find(message_id) for message_id in body.ids]
        entries = [entry for entry in found if entry is not None]
        if len(entries) < len(body.ids):
            raise NotFound("There is no such message in that inbox.")
        reader.mark_read(entries, body.kind)
        return {"ids": body.ids, "kind": body.kind}

    @router.post(f"/{noun}/{{phone}}/presence")
    async def show_presence(phone: str, body: models.NewActivity) -> Json:
        """Be online or not; with `to`, type or record."""
        actor = find(phone)
        if body.to is not None:
            actor.show_typing(body.to, body.activity)
        else:
            actor.set_presence(available=body.activity == "available")
        return {"activity": body.activity}

    _ = get_media, list_receipts, send_receipts, show_presence
