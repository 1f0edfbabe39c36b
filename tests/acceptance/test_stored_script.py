"""Stored script, judged by real Chromium: what strangers wrote is shown, and never runs."""

import json
from html.parser import HTMLParser
from pathlib import Path

from peers.chromium import HIT, NEEDS_CHROMIUM, Listener, dom_of, open_listener
from peers.house import SAM, House, open_house
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.fetching import fetcher
from stored.makers import ANN, CONNECTED, received
from wigwag.app.chatexport import export_chat
from wigwag.config import Settings
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Content,
    Location,
    Media,
    MediaKind,
    Poll,
    Text,
)
from wigwag.model.event import MessageReceived
from wigwag.model.export import ExportFormat

pytestmark = NEEDS_CHROMIUM

RAN = "data-it-ran"
STILL_HERE = "the page before"
DO = f"document.documentElement.setAttribute('{RAN}','1')"
ELSEWHERE = f"http://elsewhere.example{HIT}"
PAYLOADS = (
    f"<script>{DO}</script>",
    f"</script><script>{DO}</script>",
    f"<ScRiPt>{DO}</sCrIpT>",
    f"<script/x>{DO}</script>",
    f"<script src='{ELSEWHERE}'></script>",
    f'"><script>{DO}</script>',
    f"'><script>{DO}</script>",
    f"</title><script>{DO}</script>",
    f"</style><script>{DO}</script>",
    f"</bdi></header><script>{DO}</script>",
    f"--><script>{DO}</script>",
    f"]]><script>{DO}</script>",
    f"<img src=x onerror={DO}>",
    f"<img src='{ELSEWHERE}'>",
    f'" onerror="{DO}',
    f"' onload='{DO}",
    f"<svg onload={DO}>",
    f"<svg><script>{DO}</script></svg>",
    f"<svg><animate onbegin={DO} attributeName=x dur=1s>",
    f"<math><mtext><script>{DO}</script></mtext></math>",
    f"<body onload={DO}>",
    f"<iframe srcdoc='<script>parent.{DO}</script>'></iframe>",
    f"<iframe src='javascript:parent.{DO}'></iframe>",
    f"<iframe src='{ELSEWHERE}'></iframe>",
    f"<object data='{ELSEWHERE}'></object>",
    f"<embed src='{ELSEWHERE}'>",
    f"<video src=x onerror={DO}></video>",
    f"<details open ontoggle={DO}>x</details>",
    f"<input autofocus onfocus={DO}>",
    f"<link rel=stylesheet href='{ELSEWHERE}'>",
    f"<style>@import '{ELSEWHERE}';</style>",
    f"<base href='{ELSEWHERE}'>",
    f"<meta http-equiv=refresh content='0;url={ELSEWHERE}'>",
    f"<form action='{ELSEWHERE}'><button autofocus></form>",
    f"javascript:{DO}",
    f"&lt;script&gt;{DO}&lt;/script&gt;",
    f"<noscript><p title='</noscript><img src=x onerror={DO}>'>",
    f"<marquee onstart={DO}>x</marquee>",
    f"\u202e<script>{DO}</script>",
    f"<div style=\"background:url('{ELSEWHERE}')\">x</div>",
)
PAGE = f"<!doctype html><html><body><script>{DO}</script><img src='{ELSEWHERE}'></body></html>"
DRAWING = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{DO}"><script>{DO}</script></svg>'


class Words(HTMLParser):
    """What a page shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shown = ""
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.shown += data


def messages(engine: StoredEngine) -> list[MessageReceived]:
    """Every payload in every place where a stranger writes."""
    found: list[Content] = []
    for number, evil in enumerate(PAYLOADS):
        ref = engine.offer(PAGE.encode() + bytes([number]), f"/v/{number}")
        drawn = engine.offer(DRAWING.encode() + bytes([number]), f"/d/{number}")
        found += [
            Text(text=evil),
            Poll(question=evil, options=(evil, "b")),
            Location(latitude=1, longitude=2, name=evil, address=evil, url=evil),
            Contacts(cards=(ContactCard(name=evil, vcard=evil),)),
            Media(kind=MediaKind.DOCUMENT, mime="text/html", filename=f"{evil}.html", ref=ref),
            Media(kind=MediaKind.IMAGE, mime="image/svg+xml", caption=evil, ref=drawn),
        ]
    return [
        received(f"M{n}", content, seconds=n, push_name=PAYLOADS[n % len(PAYLOADS)])
        for n, content in enumerate(found)
    ]


async def a_store(folder: Path) -> None:
    desk, engine = await Desk.open(folder), StoredEngine()
    await desk.take(CONNECTED, *messages(engine))
    async with fetcher(desk, engine) as media:
        for row in desk.rows("SELECT id FROM messages WHERE media_type IS NOT NULL"):
            await media.fetch("default", str(ANN), row["id"])
    await desk.close()


async def judge(
    address: str, tmp_path: Path, listener: Listener, *, but: str = "", loads_s: int = 20
) -> str:
    dom = await dom_of(address, tmp_path / "profile", listener, but=but, loads_s=loads_s)
    assert RAN not in dom.partition("<body")[0], "a script ran"
    assert listener.hits == []
    return dom


def led_by(address: str, tmp_path: Path) -> str:
    """A page that goes on to an address at once; a download leaves it where it is."""
    page = tmp_path / "leads.html"
    page.write_text(f"<body>{STILL_HERE}<script>location = {json.dumps(address)}</script>")
    return page.as_uri()


async def led_nowhere(address: str, tmp_path: Path, listener: Listener, *, but: str = "") -> None:
    """Whoever opens it gets a file, and sees no page."""
    dom = await judge(led_by(address, tmp_path), tmp_path, listener, but=but, loads_s=3)
    assert STILL_HERE in dom


async def test_an_exported_folder_shows_what_was_written(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    await a_store(store)
    page = await export_chat(
        Settings(store=store), "default", str(ANN), ExportFormat.HTML, tmp_path / "out"
    )
    copies = sorted((tmp_path / "out" / "media").iterdir())
    assert len(copies) == 2 * len(PAYLOADS)
    async with open_listener() as listener:
        shown = Words(await judge(page.as_uri(), tmp_path, listener)).shown
        for evil in PAYLOADS:
            assert shown.count(evil.removeprefix("\u202e")) >= 5, evil
        for copy in (copies[0], copies[-1]):
            await led_nowhere(copy.as_uri(), tmp_path, listener)


async def test_the_browser_would_tell_if_something_ran(tmp_path: Path) -> None:
    evil = tmp_path / "evil.html"
    evil.write_text(PAGE)
    async with open_listener() as listener:
        dom = await dom_of(led_by(evil.as_uri(), tmp_path), tmp_path / "profile", listener)
        assert RAN in dom.partition("<body")[0]
        assert STILL_HERE not in dom
        assert listener.hits


async def test_the_server_shows_no_document_of_a_stranger(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house, open_listener() as listener:
        host = f"http://127.0.0.1:{house.port}"
        for name, data in (("page.html", PAGE), ("drawing.svg", DRAWING)):
            sent = await house.person_sends(
                SAM, data.encode(), kind="document", filename=name, caption=PAYLOADS[0]
            )
            await house.until_rows(
                "SELECT 1 FROM messages WHERE id = ? AND media_state = 'available'", sent
            )
            url = f"{host}/v1/accounts/default/messages/{sent}/media"
            await led_nowhere(url, tmp_path, listener, but="127.0.0.1")
        await shows_the_export(house, tmp_path, listener)


async def shows_the_export(house: House, tmp_path: Path, listener: Listener) -> None:
    address = f"http://127.0.0.1:{house.port}/v1/accounts/default/chats/{SAM}/export?format=html"
    for media in ("link", "inline"):
        dom = await judge(f"{address}&media={media}", tmp_path, listener, but="127.0.0.1")
        assert PAYLOADS[0] in Words(dom).shown
        assert "Wonderful! Wait, I have pictures." in dom
