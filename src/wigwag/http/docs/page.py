"""The reference as one page: every route, and the shape of all that is sent and answered.

It needs no script and nothing from elsewhere, so it can be read without a network, and cannot be
made to do anything.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from wigwag.http.docs.samples import (
    Operation,
    Schema,
    command_of,
    name_of,
    operations_of,
    sample_of,
)

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --ink: #0a7d5c }
@media (prefers-color-scheme: dark) { :root { --ink: #35c99b } }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: flex }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; min-width: 9rem;
  box-sizing: border-box; border-right: 1px solid var(--line) }
nav a { display: block }
main { padding: 1rem 2rem 6rem; max-width: 60rem; min-width: 0; flex: 1 }
a { color: var(--ink); text-decoration: none }
a:hover { text-decoration: underline }
h2 { margin: 2.5rem 0 .5rem }
h3 { margin: 1.5rem 0 .25rem }
details { border-top: 1px solid var(--line) }
summary { padding: .35rem 0; cursor: pointer }
details > div { padding: 0 0 1rem 1.5rem }
code, pre { font: 14px/1.45 ui-monospace, monospace }
pre { background: var(--soft); padding: .75rem; border-radius: 6px; overflow-x: auto }
b.method { display: inline-block; min-width: 4.2rem; color: var(--ink);
  font: 600 13px ui-monospace, monospace }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0;
  border-top: 1px solid var(--line) }
td:first-child { min-width: 9rem }
td:nth-child(2) { min-width: 7rem }
td:last-child { width: 100%; overflow-wrap: anywhere }
small { opacity: .75 }
@media (max-width: 50rem) { body { display: block } nav { position: static; height: auto } }
"""
CONTENT_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src "
    f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""What a browser may do with the page (Content-Security-Policy): show it in its own style."""
_LIMITS: Final = {
    "format": "",
    "minimum": "at least ",
    "maximum": "at most ",
    "exclusiveMaximum": "below ",
    "minLength": "characters from ",
    "maxLength": "characters up to ",
    "minItems": "items from ",
    "maxItems": "items up to ",
    "pattern": "like ",
}
_LONGEST_LIMIT: Final = 40
"""Characters of a limit that a person reads; longer ones are patterns for programs."""
_CODE: Final = re.compile("`([^`]+)`")


def page_of(document: Mapping[str, Any], base: str) -> str:
    """The page, in HTML; `base` is the URL of the server in its commands."""
    schemas = document.get("components", {}).get("schemas", {})
    operations = list(operations_of(document))
    nouns, taken = _by_noun(operations), _bodies(operations)
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    links = "".join(f'<a href="#{escape(noun)}">{escape(noun)}</a>' for noun in nouns)
    sections = "".join(
        f'<h2 id="{escape(noun)}">{escape(noun)}</h2>'
        + "".join(_operation(one, schemas, base) for one in of_noun)
        for noun, of_noun in nouns.items()
    )
    shapes = "".join(
        _shape(name, schemas[name])
        + (_sample(sample_of(schemas[name], schemas)) if name in taken else "")
        for name in sorted(schemas)
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><nav><b>{title}</b>{links}"
        '<a href="#shapes">shapes</a><a href="openapi.json">OpenAPI</a></nav>'
        f"<main><h1>{title}</h1><p>{_prose(document['info'].get('description', ''))}</p>"
        f'{sections}<h2 id="shapes">shapes</h2>{shapes}</main></html>'
    )


def _by_noun(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for one in operations:
        found.setdefault(one.said.get("tags", ["other"])[0], []).append(one)
    return found


def _bodies(operations: Iterable[Operation]) -> frozenset[str]:
    """The names of the shapes that requests take."""
    contents = (
        content["schema"]
        for one in operations
        for content in one.said.get("requestBody", {}).get("content", {}).values()
    )
    return frozenset(
        name_of(one)
        for schema in contents
        for one in schema.get("oneOf", [schema])
        if "$ref" in one
    )


def _sample(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>"


def _operation(asked: Operation, schemas: Mapping[str, Schema], base: str) -> str:
    said = asked.said.get("description", "")
    parameters = [
        _row(
            one["name"],
            one["schema"],
            f"{'' if one['required'] else 'optional, '}in the {one['in']}",
            one.get("description", ""),
        )
        for one in asked.said.get("parameters", ())
    ]
    bodies = asked.said.get("requestBody", {}).get("content", {})
    return (
        f'<details><summary><b class="method">{asked.method}</b> <code>{escape(asked.path)}</code> '
        f"{escape(asked.said.get('summary', ''))}</summary>"
        f'<div id="{escape(asked.said["operationId"])}">{f"<p>{_prose(said)}</p>" if said else ""}'
        f"<pre>{escape(command_of(asked, schemas, base))}</pre>{_table(parameters)}"
        f"{''.join(_body(kind, content['schema']) for kind, content in bodies.items())}"
        f"{_answers(asked.said['responses'])}</div></details>"
    )


def _body(kind: str, schema: Schema) -> str:
    return f"<p>Body, <code>{escape(kind)}</code>: {_type(schema)}</p>{_fields(schema)}"


def _answers(responses: Mapping[str, Any]) -> str:
    rows: list[str] = []
    for status, answer in responses.items():
        kinds = [
            _type(content["schema"]) if content.get("schema") else escape(kind)
            for kind, content in answer.get("content", {}).items()
        ]
        rows.append(
            f"<tr><td>{escape(status)}<td>{' or '.join(dict.fromkeys(kinds))}"
            f"<td>{_prose(answer.get('description', ''))}"
        )
    return f"<table><tr><th>answer<th>shape<th>{''.join(rows)}</table>"


def _shape(name: str, schema: Schema) -> str:
    said = schema.get("description", "")
    return (
        f'<h3 id="shape-{escape(name)}">{escape(name)}</h3>'
        f"{f'<p>{_prose(said)}</p>' if said else ''}"
        f"{_fields(schema) or f'<p>{_type(schema)}</p>'}"
    )


def _fields(schema: Schema) -> str:
    required: Sequence[str] = schema.get("required", ())
    fields: Mapping[str, Schema] = schema.get("properties", {})
    return _table(
        _row(
            name,
            field,
            "" if name in required else "optional",
            field.get("description", ""),
        )
        for name, field in fields.items()
    )


def _row(name: str, schema: Schema, how: str, said: str) -> str:
    default = schema.get("default")
    words = [
        *([how] if how else ()),
        *([f"default {json.dumps(default)}"] if default not in (None, "") else ()),
        *_limits(schema),
    ]
    return (
        f"<tr><td><code>{escape(name)}</code><td>{_type(schema)}"
        f"<td>{_prose(said)} <small>{escape(', '.join(words))}</small>"
    )


def _table(rows: Iterable[str]) -> str:
    inside = "".join(rows)
    return f"<table>{inside}</table>" if inside else ""


def _type(schema: Schema) -> str:
    """What a value is, with links to shapes."""
    if "$ref" in schema:
        name = escape(name_of(schema))
        return f'<a href="#shape-{name}">{name}</a>'
    if "enum" in schema:
        return " or ".join(f"<code>{escape(json.dumps(one))}</code>" for one in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices and "properties" not in schema:
        return " or ".join(dict.fromkeys(map(_type, choices)))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return escape(str(schema.get("type", "anything")))


def _limits(schema: Schema) -> list[str]:
    """What a value may be, in words."""
    return [
        f"{words}{schema[limit]}"
        for limit, words in _LIMITS.items()
        if limit in schema and len(str(schema[limit])) <= _LONGEST_LIMIT
    ]


def _prose(text: str) -> str:
    """Text whose `words` of the interface are marked."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
