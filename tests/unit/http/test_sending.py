"""One body for every kind of message, and what is wrong with a body."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.makers import ANN, BEN, GROUP, received
from stored.outgoing import NOW, RecordedSending
from wigwag.core.drafts import Draft
from wigwag.core.sending import Submitted
from wigwag.http.callers import EVERYBODY
from wigwag.http.models.sending import SentView, TextMessage
from wigwag.http.outcomes import idempotency_of
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Context,
    Location,
    MediaKind,
    Poll,
    Quoted,
)
from wigwag.model.errors import IdempotencyConflict, UrlRefused
from wigwag.model.key import Scope
from wigwag.model.media import Upload
from wigwag.model.message import SendState

PATH = "/v1/accounts/default/messages"
UPLOAD = Upload(id="u", owner="", filename="a.pdf", created_at=NOW, path="/u")
TEXT = {"to": "+49 170 0000001", "type": "text", "text": "hi"}


class Fetching:
    """Has what one asks for, as long as one holds it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    @asynccontextmanager
    async def fetch(self, owner: str, url: str) -> AsyncGenerator[Upload]:
        self.asked.append((owner, url))
        if "refused" in url:
            raise UrlRefused
        yield UPLOAD


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def sending() -> RecordedSending:
    return RecordedSending()


@pytest.fixture
async def doors(desk: Desk, sending: RecordedSending) -> AsyncGenerator[Doors]:
    async with open_doors(desk, sending=sending, fetching=Fetching()) as doors:
        yield doors


@pytest.mark.parametrize(
    ("fields", "draft"),
    [
        ({"type": "text", "text": "hi"}, Draft(text="hi")),
        (
            {"type": "image", "media": {"path": "/a.png"}, "caption": "look"},
            Draft(text="look", media_path="/a.png", kind=MediaKind.IMAGE),
        ),
        (
            {"type": "gif", "media": {"path": "/a.mp4"}},
            Draft(media_path="/a.mp4", kind=MediaKind.GIF),
        ),
        (
            {"type": "voice", "media": {"path": "/a.ogg"}},
            Draft(media_path="/a.ogg", kind=MediaKind.VOICE),
        ),
        (
            {"type": "sticker", "media": {"path": "/a.webp"}},
            Draft(media_path="/a.webp", kind=MediaKind.STICKER),
        ),
        (
            {"type": "document", "media": {"path": "/a"}, "filename": "b.pdf", "caption": "read"},
            Draft(text="read", media_path="/a", kind=MediaKind.DOCUMENT, filename="b.pdf"),
        ),
        (
            {"type": "location", "latitude": 52.5, "longitude": 13.4, "name": "Here"},
            Draft(content=Location(latitude=52.5, longitude=13.4, name="Here")),
        ),
        (
            {"type": "contact", "contacts": [{"name": "Ann", "vcard": "BEGIN:VCARD"}]},
            Draft(content=Contacts(cards=(ContactCard(name="Ann", vcard="BEGIN:VCARD"),))),
        ),
        (
            {"type": "poll", "question": "When?", "options": ["now", "later"]},
            Draft(content=Poll(question="When?", options=("now", "later"), selectable=1)),
        ),
    ],
)
async def test_each_kind_is_its_draft(
    doors: Doors, sending: RecordedSending, fields: dict[str, Any], draft: Draft
) -> None:
    answer = await doors.ask("POST", PATH, {"to": "491700000001", "wait_s": 3, **fields})
    assert answer.status_code == 201, answer.text
    assert sending.drafts == [draft]
    assert sending.options == {"wait_s": 3, "idempotency": None, "send_at": None}
    assert answer.json() == {
        "id": "3EB0A",
        "account": "default",
        "chat_jid": str(ANN),
        "state": "sent",
        "timestamp": "2026-01-02T03:04:05Z",
    }
    SentView.model_validate(answer.json())


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({**TEXT, "text": ""}, "text"),
        ({**TEXT, "text": "x" * 65_537}, "65536"),
        ({**TEXT, "text": "\ud800"}, "surrogate"),
        ({**TEXT, "wait_s": 61}, "60"),
        ({**TEXT, "wait_s": -1}, "0"),
        ({**TEXT, "more": 1}, "more"),
        ({**TEXT, "type": "song"}, "song"),
        ({"type": "text", "text": "hi"}, "to"),
        ({"to": "491700000001", "type": "image"}, "media"),
        ({"to": "15550100003", "type": "image", "media": {}}, "path"),
        (
            {"to": "15550100003", "type": "image", "media": {"url": "http://a/", "path": "/a"}},
            "one of the three",
        ),
        (
            {"to": "15550100003", "type": "voice", "media": {"path": "/a"}, "caption": "x"},
            "caption",
        ),
        ({"to": "15550100003", "type": "location", "latitude": 91, "longitude": 0}, "latitude"),
        ({"to": "15550100003", "type": "poll", "question": "?", "options": ["a"]}, "options"),
        ({"to": "15550100003", "type": "poll", "question": "?", "options": ["a", "a"]}, "the same"),
        (
            {
                "to": "15550100003",
                "type": "poll",
                "question": "?",
                "options": ["a", "b"],
                "selectable": 3,
            },
            "selectable",
        ),
        ({"to": "15550100003", "type": "contact", "contacts": []}, "contacts"),
        ({"to": "15550100003", "type": "contact", "contacts": [{"name": "Ann"}]}, "one of the two"),
        ({**TEXT, "mentions": ["120363000000000000@g.us"]}, "no person"),
        ({**TEXT, "wait_s": False}, "number"),
        ({**TEXT, "ephemeral_seconds": 0.5}, "integer"),
        ({**TEXT, "reply_to_sender": "nobody"}, "international form"),
        ([], "JSON object"),
        (None, "Send a body"),
    ],
)
async def test_a_mistake_is_told_in_a_sentence(
    doors: Doors, sending: RecordedSending, body: Any, word: str
) -> None:
    answer = await doors.ask("POST", PATH, body)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert word in answer.json()["detail"]
    assert sending.drafts == []


async def test_a_file_is_fetched_by_its_url_once(desk: Desk, sending: RecordedSending) -> None:
    fetching = Fetching()
    url = "https://files.example/a.pdf"
    body = {"to": "491700000001", "type": "document", "media": {"url": url}}
    async with open_doors(desk, sending=sending, fetching=fetching) as doors:
        assert (await doors.ask("POST", PATH, body)).status_code == 201
        assert sending.drafts == [Draft(upload=UPLOAD, kind=MediaKind.DOCUMENT)]
        key = {"idempotency-key": "k-1"}
        assert (await doors.ask("POST", PATH, body, headers=key)).status_code == 201
        sending.earlier = sending.made
        again = await doors.ask("POST", PATH, body, headers=key)
        assert (again.status_code, again.json()["id"]) == (201, "3EB0A")
    assert fetching.asked == [("key_1", url)] * 2
    assert len(sending.drafts) == 2


async def test_a_url_that_leads_nowhere_is_told(doors: Doors, sending: RecordedSending) -> None:
    body = {"to": "491700000001", "type": "image", "media": {"url": "http://refused.example/"}}
    answer = await doors.ask("POST", PATH, body)
    assert (answer.status_code, answer.json()["code"]) == (403, "url_refused")
    assert sending.drafts == []


async def test_an_unknown_account_is_404(doors: Doors) -> None:
    assert (await doors.ask("POST", "/v1/accounts/other/messages", TEXT)).status_code == 404


async def test_what_waits_is_202(doors: Doors, sending: RecordedSending) -> None:
    sending.made = Submitted(id="A", chat_jid=str(ANN), timestamp=NOW, state=SendState.QUEUED)
    answer = await doors.ask("POST", PATH, TEXT)
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


async def test_what_was_read_meanwhile_is_sent(doors: Doors, sending: RecordedSending) -> None:
    sending.made = Submitted(id="A", chat_jid=str(ANN), timestamp=NOW, state=SendState.READ)
    answer = await doors.ask("POST", PATH, TEXT)
    assert (answer.status_code, answer.json()["state"]) == (201, "sent")


@pytest.mark.parametrize(
    ("code", "status"), [("send_rejected", 502), ("not_on_whatsapp", 404), ("account_changed", 502)]
)
async def test_a_failed_one_is_its_problem_with_its_id(
    doors: Doors, sending: RecordedSending, code: str, status: int
) -> None:
    sending.made = Submitted(
        id="A", chat_jid=str(ANN), timestamp=NOW, state=SendState.FAILED,
        error_code=code, error="It was refused.",
    )  # fmt: skip
    answer = await doors.ask("POST", PATH, TEXT)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (
        status,
        code,
        "It was refused.",
    )
    assert (problem["id"], problem["chat_jid"]) == ("A", str(ANN))
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_key_names_the_request_whatever_it_waits(
    doors: Doors, sending: RecordedSending
) -> None:
    seen: list[Any] = []
    bodies: list[dict[str, Any]] = [TEXT, {**TEXT, "wait_s": 1, "mentions": []}]
    for body in (*bodies, {**TEXT, "text": "ho"}):
        await doors.ask("POST", PATH, body, headers={"idempotency-key": "k-1"})
        seen.append(sending.options["idempotency"])
    assert seen[0].key == "key_1 k-1"
    assert seen[0] == seen[1] != seen[2]


def test_each_caller_has_keys_of_its_own() -> None:
    body = TextMessage.model_validate(TEXT)
    shop, crm = (replace(key_of(Scope.SEND), id=name) for name in ("shop", "crm"))
    kept = [idempotency_of(who, "order-1", "messages", body) for who in (shop, crm, EVERYBODY)]
    assert [one.key for one in kept if one] == ["shop order-1", "crm order-1", "order-1"]
    assert [one.nobodys for one in kept if one] == ["order-1", "order-1", ""]
    assert idempotency_of(shop, None, "messages", body) is None


@pytest.mark.parametrize("bad", ["", "two words", "x" * 256, "\xe9"])
async def test_a_bad_key_is_refused(doors: Doors, sending: RecordedSending, bad: str) -> None:
    headers = {"idempotency-key": bad.encode("latin-1")}
    answer = await doors.ask("POST", PATH, TEXT, headers=headers)
    assert answer.status_code == 400
    assert sending.drafts == []


async def test_another_request_with_the_same_key_is_422(
    doors: Doors, sending: RecordedSending
) -> None:
    sending.error = IdempotencyConflict()
    answer = await doors.ask("POST", PATH, TEXT, headers={"idempotency-key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_conflict")


async def test_a_reply_quotes_the_message(
    desk: Desk, doors: Doors, sending: RecordedSending
) -> None:
    await desk.take(received("A1", "question", chat=GROUP, sender=BEN))
    body = {**TEXT, "to": str(GROUP), "reply_to": "A1", "mentions": [str(BEN), "+491700000002"]}
    await doors.ask("POST", PATH, body)
    assert sending.drafts[-1].context == Context(
        quoted=Quoted(id="A1", sender=BEN, text="question"), mentions=(BEN,)
    )
    private = {**TEXT, "reply_to": "A1", "reply_to_chat": str(GROUP), "ephemeral_seconds": 60}
    await doors.ask("POST", PATH, private)
    assert sending.drafts[-1].context == Context(
        quoted=Quoted(id="A1", sender=BEN, chat=GROUP, text="question"), ephemeral_s=60
    )
    unknown = await doors.ask("POST", PATH, {**TEXT, "reply_to": "A1"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


async def test_a_key_reaches_its_chats_alone(
    desk: Desk, doors: Doors, sending: RecordedSending
) -> None:
    limited = key_of(Scope.SEND, chats=(str(ANN),))
    await desk.take(received("A1", "secret", chat=GROUP, sender=BEN))
    quoting = {**TEXT, "reply_to": "A1", "reply_to_chat": str(GROUP)}
    for body, status in ((TEXT, 201), ({**TEXT, "to": str(BEN)}, 404), (quoting, 404)):
        assert (await doors.ask("POST", PATH, body, key=limited)).status_code == status
    assert len(sending.drafts) == 1


async def test_reading_is_not_sending(doors: Doors) -> None:
    answer = await doors.ask("POST", PATH, TEXT, key=key_of(Scope.READ))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_openapi_names_every_kind(doors: Doors) -> None:
    operation = doors.api.openapi()["paths"]["/v1/accounts/{account}/messages"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    kinds = {
        "text", "image", "video", "gif", "audio", "voice", "sticker", "document", "location",
        "contact", "poll",
    }  # fmt: skip
    assert body["discriminator"]["mapping"].keys() == kinds
    assert {"201", "202", "400", "default"} <= operation["responses"].keys()
