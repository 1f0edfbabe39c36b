"""Sample requests, made of what OpenAPI says of each operation.

A field's own example comes first; otherwise the shortest value that its schema allows.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

Schema = Mapping[str, Any]

_DEEPEST: Final = 8
"""Schemas within schemas, before a sample stops: some contain themselves."""
_KNOWN: Final = {"account": "default", "jid": "15550100003", "chat": "15550100003"}
"""What stands for parameters of paths whose schema is any text."""
_PARAMETER: Final = re.compile(r"\{(\w+)\}")


class Operation(NamedTuple):
    """A method (in capitals) of a path, and what OpenAPI says of it."""

    method: str
    path: str
    said: Mapping[str, Any]
    needs_key: bool


def operations_of(document: Mapping[str, Any]) -> Iterator[Operation]:
    """All operations, in the order of the document."""
    usual = document.get("security", [])
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield Operation(method.upper(), path, said, bool(said.get("security", usual)))


def resolve(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """The schema itself, or the one that it refers to."""
    while "$ref" in schema:
        schema = schemas[name_of(schema)]
    return schema


def name_of(schema: Schema) -> str:
    """The name of the schema that this one refers to."""
    return schema["$ref"].rpartition("/")[2]


def sample_of(schema: Schema, schemas: Mapping[str, Schema], depth: int = 0) -> Any:
    """A value that the schema allows."""
    schema = resolve(schema, schemas)
    if given := _given(schema):
        return given[0]
    if (choice := _choice(schema)) is not None:
        return sample_of(choice, schemas, depth)
    sample: Any = None
    match schema.get("type"):
        case "object":
            sample = _object(schema, schemas, depth)
        case "array":
            few = max(schema.get("minItems", 0), 1) if depth < _DEEPEST else 0
            one = sample_of(schema["items"], schemas, depth + 1) if few else None
            several = few > 1 and isinstance(one, str)
            sample = [f"{one} {number + 1}" if several else one for number in range(few)]
        case "string":
            text = str(schema.get("title", "text")).lower()
            sample = text[: schema.get("maxLength", len(text))]
        case "boolean":
            sample = True
        case "integer" | "number":
            sample = max(int(schema.get("minimum", 1)), 1)
        case _:
            pass
    return sample


def _given(schema: Schema) -> Sequence[Any]:
    """Values that the schema names itself, the best first."""
    if "const" in schema:
        return (schema["const"],)
    return schema.get("examples") or schema.get("enum") or ()


def _choice(schema: Schema) -> Schema | None:
    """One of the schemas that a value may have, where there are several."""
    if "properties" in schema:
        return None
    choices: Sequence[Schema] = schema.get("anyOf") or schema.get("oneOf") or ()
    return next((one for one in choices if one.get("type") != "null"), None)


def _object(schema: Schema, schemas: Mapping[str, Schema], depth: int) -> dict[str, Any]:
    """With all that it must have; one that must have nothing says the first thing that it can."""
    fields: Mapping[str, Schema] = schema.get("properties", {})
    needed = list(schema.get("required", ()))
    for choice in (schema.get("anyOf") or schema.get("oneOf") or ())[:1]:
        needed += [name for name in choice.get("required", ()) if name not in needed]
    if depth >= _DEEPEST:
        return {}
    return {
        name: sample_of(fields[name], schemas, depth + 1) for name in needed or list(fields)[:1]
    }


def command_of(asked: Operation, schemas: Mapping[str, Schema], base: str) -> str:
    """The operation as a command for a shell; `base` is the URL of the server."""
    return " \\\n  ".join(_lines(asked, schemas, base))


def _lines(asked: Operation, schemas: Mapping[str, Schema], base: str) -> Iterator[str]:
    parameters = asked.said.get("parameters", ())
    stand_in = {one["name"]: _parameter(one, schemas) for one in parameters if one["in"] == "path"}
    url = base + _PARAMETER.sub(lambda found: stand_in.get(found[1], found[0]), asked.path)
    query = [
        f"{one['name']}={_parameter(one, schemas)}"
        for one in parameters
        if one["in"] == "query" and one["required"]
    ]
    url += f"?{'&'.join(query)}" if query else ""
    yield f"curl {'' if asked.method == 'GET' else f'-X {asked.method} '}{shlex.quote(url)}"
    if asked.needs_key:
        yield '-H "Authorization: Bearer $WIGWAG_KEY"'
    for kind, content in asked.said.get("requestBody", {}).get("content", {}).items():
        yield f"-H 'Content-Type: {kind}'"
        if kind == "application/json":
            body = content.get("example") or sample_of(content["schema"], schemas)
            yield f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"
        else:
            yield "--data-binary @file"


def _parameter(parameter: Mapping[str, Any], schemas: Mapping[str, Schema]) -> str:
    name, schema = parameter["name"], resolve(parameter["schema"], schemas)
    if name in _KNOWN:
        return _KNOWN[name]
    if "examples" in schema or schema.get("type") != "string":
        return str(sample_of(schema, schemas))
    return str(schema["enum"][0]) if "enum" in schema else name.upper()
