"""Writes docs/reference/events.md from the shapes of the events' data; `--check` only compares."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pages import keep

from wigwag.http.models.eventdata import EVENTS
from wigwag.http.models.shape import Shape

PAGE = Path(__file__).parents[1] / "docs/reference/events.md"
HEAD = """# Events and their data

Every type of event, when it is told, and what its `data` holds. What else an event has, and how
events are had: [events](../howto/events.md), [webhooks](../howto/webhooks.md). A field that is
*optional* is there only where it has something to say; new fields may be added. Times are RFC 3339,
UTC. (Made from `src/wigwag/http/models/eventdata.py` by `make docs`.)
"""

_WORDS = {
    "string": "text",
    "boolean": "`true`, `false`",
    "integer": "number",
    "date-time": "time",
}
"""JSON Schema's words for types, in ours."""

Schema = Mapping[str, Any]


def render() -> str:
    objects: dict[str, Schema] = {}
    types: list[str] = []
    for kind, told in EVENTS.items():
        forms = [_form(shape, objects) for shape in told.shapes]
        types.append(f"\n## {kind.value}\n\n{told.when}\n\n" + "\nOr:\n\n".join(forms))
    parts = [
        f"\n### {name}\n\n{_about(schema)}{_table(schema)}"
        for name, schema in sorted(objects.items())
    ]
    return HEAD + "".join(types) + "\n## Objects\n" + "".join(parts)


def _form(shape: type[Shape], objects: dict[str, Schema]) -> str:
    """The data of one shape: as a table, or by its name where other events and answers have it."""
    schema = shape.model_json_schema()
    inside = schema.pop("$defs", {})
    choices = {name: inner for name, inner in inside.items() if "enum" in inner}
    schema = _with_choices(schema, choices)
    for name in inside.keys() - choices.keys():
        objects.setdefault(_short(name), _with_choices(inside[name], choices))
    if shape.__module__.endswith("eventdata"):
        return _about(schema) + _table(schema)
    objects.setdefault(_short(shape.__name__), schema)
    return f"`data` is {_link(shape.__name__)}.\n"


def _with_choices(part: Any, choices: Mapping[str, Schema]) -> Any:
    """With the words that a field may have in the place of their name."""
    if isinstance(part, dict):
        fields = cast("dict[str, Any]", part)
        name = str(fields.get("$ref", "")).rpartition("/")[2]
        if name in choices:
            return {**fields, "$ref": "", "enum": choices[name]["enum"]}
        return {key: _with_choices(value, choices) for key, value in fields.items()}
    if isinstance(part, list):
        return [_with_choices(one, choices) for one in cast("list[Any]", part)]
    return part


def _about(schema: Schema) -> str:
    text = " ".join(schema.get("description", "").split())
    return f"{text}\n\n" if text else ""


def _table(schema: Schema) -> str:
    return "| field | type | meaning |\n|---|---|---|\n" + "".join(_rows(schema))


def _rows(schema: Schema) -> Iterator[str]:
    needed = schema.get("required", ())
    for name, field in schema["properties"].items():
        optional = "" if name in needed else "optional"
        meaning = "; ".join(filter(None, (optional, field.get("description", ""))))
        yield f"| `{name}` | {_type(field)} | {meaning} |\n"


def _type(field: Schema) -> str:
    if "enum" in field:
        return " ".join(f"`{one}`" for one in field["enum"])
    if "$ref" in field:
        return _link(field["$ref"].rpartition("/")[2])
    if "anyOf" in field:
        return " or ".join(map(_type, field["anyOf"]))
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    kind = field.get("format") or field.get("type") or "any JSON"
    return _WORDS.get(kind, kind)


def _short(name: str) -> str:
    return name.removesuffix("Shape").removesuffix("Data")


def _link(name: str) -> str:
    return f"[{_short(name)}](#{_short(name).lower()})"


if __name__ == "__main__":
    sys.exit(keep(PAGE, render()))
