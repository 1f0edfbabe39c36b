import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from wigwag.http.docs.page import CONTENT_POLICY, page_of

BASE = "http://localhost"
VOID = frozenset({"meta", "tr", "td", "th", "!doctype"})
"""What is not closed here, and need not be."""


class Reader(HTMLParser):
    """What is in a page; each element that is to be closed is."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self._open.append(tag)
        for name, value in attrs:
            assert name in {"href", "id", "class", "lang", "charset", "name", "content"}
            if name == "href":
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def page(document: dict[str, Any]) -> Reader:
    return Reader(page_of(document, BASE))


def test_every_route_and_every_shape_is_on_it(page: Reader, document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["operationId"] in page.ids
            assert f"{method.upper()} {path} " in page.words
    assert {f"shape-{name}" for name in document["components"]["schemas"]} <= set(page.ids)


def test_every_link_leads_somewhere_on_it(page: Reader) -> None:
    assert len(page.ids) == len(set(page.ids))
    elsewhere = {link for link in page.links if link[1:] not in page.ids or link[0] != "#"}
    assert elsewhere == {"openapi.json"}


def test_it_runs_nothing_and_loads_nothing(page: Reader) -> None:
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "form", "object", "base"})
    assert CONTENT_POLICY.startswith("default-src 'none'; ")


def test_its_style_is_the_one_that_the_browser_is_told_of(document: dict[str, Any]) -> None:
    found = re.findall("<style>(.*?)</style>", page_of(document, BASE), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256("".join(found).encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in CONTENT_POLICY


def test_what_a_description_says_is_text() -> None:
    hostile = "<script>alert(1)</script>`<b>`\"'&"
    schema = {"title": hostile, "type": hostile, "description": hostile, "examples": [hostile]}
    shape = {"properties": {hostile: schema}, "required": [hostile], "description": hostile}
    operation = {
        "operationId": "one",
        "summary": hostile,
        "description": hostile,
        "tags": ["nouns"],
        "parameters": [
            {"name": "x", "in": "query", "required": True, "schema": schema, "description": hostile}
        ],
        "requestBody": {"content": {"application/json": {"schema": {**shape, "type": "object"}}}},
        "responses": {"200": {"description": hostile}},
    }
    info = {"title": hostile, "version": hostile, "description": hostile}
    told = {
        "info": info,
        "paths": {f"/{hostile}": {"post": operation}},
        "components": {"schemas": {"Shape": shape}},
    }
    page = Reader(page_of(told, BASE))
    assert page.tags.isdisjoint({"script"})
    assert "<script>" in page.words
