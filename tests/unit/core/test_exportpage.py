"""The page of an export: whatever strangers wrote stays text."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stored.makers import ANN, at
from values.archived import FILE, HELLO
from wigwag.core.exportpage import POLICY, Page
from wigwag.model.archived import ArchivedChat, ArchivedReaction, Person
from wigwag.model.content import Context, MediaKind, Quoted, Text

CHAT = ArchivedChat(account="default", jid=str(ANN), name="Ann")
TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "h1", "h2", "article", "header", "p"}
    | {"blockquote", "img", "video", "audio", "a", "bdi", "time", "footer"}
)
EVIL = ("<script>", "'\"><img src=x onerror=", "]]>", "</style>", "&lt;")


class Seen(HTMLParser):
    """The elements of a page, the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, set[str]] = {}
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(*messages: object, link: str = "") -> str:
    page = Page(CHAT)
    return page.head() + "".join(page.message(one, link) for one in messages) + page.foot()  # pyright: ignore[reportArgumentType]


def test_a_page_has_days_and_what_was_said() -> None:
    quoted = Quoted(id="Q", sender=ANN, text="really?")
    answer = replace(
        HELLO,
        from_me=True,
        timestamp=at(86_400),
        content=Text(text="yes", context=Context(quoted=quoted)),
        text="yes",
        reactions=(ArchivedReaction(person=HELLO.sender, emoji="👍", timestamp=at(1)),),
    )
    page = page_of(HELLO, HELLO, answer)
    assert page.count("<h2>") == 2
    assert page.count('<article class="me">') == 1
    for words in ("hello", "really?", "yes", "👍", "2026-03-02, 12:00:00 UTC"):
        assert words in Seen(page).text
    assert POLICY.startswith("sandbox; default-src 'none'")


def test_files_are_shown_by_their_kind() -> None:
    for kind, mime, tag in (
        (MediaKind.IMAGE, "image/png", "img"),
        (MediaKind.IMAGE, "image/svg+xml", "a"),
        (MediaKind.STICKER, "image/webp", "img"),
        (MediaKind.VIDEO, "video/mp4", "video"),
        (MediaKind.VOICE, "audio/ogg", "audio"),
        (MediaKind.DOCUMENT, "text/html", "a"),
    ):
        message = replace(HELLO, media=replace(FILE, kind=kind, mime=mime), text="")
        seen = Seen(page_of(message, link="media/a b.x"))
        assert tag in seen.tags, kind
        assert "media/a b.x" in seen.attributes["src" if tag != "a" else "href"]
        assert "not here" in Seen(page_of(message)).text


@given(st.text(), st.sampled_from(EVIL))
def test_no_text_becomes_an_element(text: str, evil: str) -> None:
    stranger = Person(jid=str(ANN), name=evil + text)
    quoted = Quoted(id="Q", sender=ANN, text=text + evil)
    message = replace(
        HELLO,
        sender=stranger,
        text=evil + text,
        content=Text(text=evil, context=Context(quoted=quoted)),
        media=replace(FILE, document_name=evil + text, mime=evil),
        reactions=(ArchivedReaction(person=stranger, emoji=evil, timestamp=at(1)),),
    )
    page = Page(replace(CHAT, name=evil + text))
    whole = page.head() + page.message(message, evil) + page.foot()
    seen = Seen(whole)
    assert set(seen.tags) <= TAGS
    assert not [name for name in seen.attributes if name.startswith("on")]
    assert evil in seen.attributes["href"]
