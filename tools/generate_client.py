"""Generate the client's shapes and operations from the OpenAPI document, and its sync face.

python tools/generate_client.py            write them
python tools/generate_client.py --check    write nothing; exit 1 when they are not current
"""

import keyword
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, cast
from unittest.mock import MagicMock

from wigwag.http.access import AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.services import Services

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "src/wigwag/client"
MADE = "# Made by tools/generate_client.py; do not edit it."
LEFT_OUT = frozenset({"stream_events"})
"""What `events` does, by asking again and again."""
COMMON: Final = "common"
"""The module of shapes that several nouns use."""
LINE: Final = 96
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def document() -> dict[str, Any]:
    services = Services(**{each.name: MagicMock() for each in fields(Services)})
    return create_api(services, AccessPolicy()).openapi()


def described(text: str, indent: str) -> str:
    """A docstring."""
    whole = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    lines = textwrap.wrap(whole, LINE - len(indent) - 6)
    if len(lines) == 1:
        return f'{indent}"""{lines[0]}"""\n'
    return "".join(
        [f'{indent}"""{lines[0]}\n', *(f"{indent}{line}\n" for line in lines[1:]), f'{indent}"""\n']
    )


class Shapes:
    """The schemas of the document as Python types."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = schemas
        self.names = {name: self._short(name) for name in schemas}
        assert len(set(self.names.values())) == len(self.names), "two shapes have one name"

    def _short(self, name: str) -> str:
        short = re.sub(r"(Shape|Model|View)$", "", name)
        return name if short != name and short in self.schemas else short

    def type_of(self, schema: dict[str, Any], prefix: str = "") -> str:
        """The annotation; `prefix` stands before the name of a shape."""
        if "$ref" in schema:
            return prefix + self.names[schema["$ref"].rsplit("/", 1)[-1]]
        several = schema.get("anyOf") or schema.get("oneOf")
        if several and "properties" not in schema:
            return " | ".join(dict.fromkeys(self.type_of(each, prefix) for each in several))
        words = [schema["const"]] if "const" in schema else schema.get("enum")
        if words:
            return f"Literal[{', '.join(map(repr, words))}]"
        match schema.get("type"):
            case "array":
                return f"list[{self.type_of(schema.get('items', {}), prefix)}]"
            case "object":
                return "dict[str, Any]"
            case kind:
                return TYPES.get(str(kind), "Any")

    def modules(self, nouns_of: dict[str, set[str]]) -> dict[str, str]:
        """The text of each module: what one noun alone uses is with it, all else is `common`.

        `nouns_of` says for every schema which nouns use it; the package itself tells all.
        """
        homes = {
            name: next(iter(nouns)) if len(nouns) == 1 else COMMON
            for name, nouns in nouns_of.items()
        }
        made: dict[str, str] = {}
        told = [f'{MADE}\n"""What is asked and answered, as the OpenAPI document says."""\n\n']
        for home in sorted(set(homes.values())):
            own = {name for name, at in homes.items() if at == home}
            made[home] = self._module(home, own, {name for name in homes if name not in own})
            names = ", ".join(f"{short} as {short}" for short in self._sorted(own))
            told.append(f"from wigwag.client.shapes.{home} import {names}\n")
        return made | {"__init__": "".join(told)}

    def _sorted(self, schemas: set[str]) -> list[str]:
        return sorted(self.names[name] for name in schemas)

    def _module(self, home: str, wanted: set[str], others: set[str]) -> str:
        used = {
            name
            for name in others
            if home != COMMON and any(name in self.reached(self.schemas[own]) for own in wanted)
        }
        parts = [
            f'{MADE}\n"""What is asked and answered of {_noun(home)}."""\n\n',
            "from __future__ import annotations\n\n",
            "from typing import Any, Literal, NotRequired, TypedDict\n",
        ]
        if used:
            names = ", ".join(self._sorted(used))
            parts.append(f"from wigwag.client.shapes.{COMMON} import {names}\n")
        for name in sorted(wanted, key=lambda one: self.names[one]):
            schema = self.schemas[name]
            parts.append("\n\n")
            if "properties" in schema:
                parts.append(self._class(self.names[name], schema))
                continue
            parts.append(f"{self.names[name]} = {self.type_of(schema)}\n")
            if told := schema.get("description"):
                parts.append(described(told, ""))
        return "".join(parts)

    def _class(self, name: str, schema: dict[str, Any]) -> str:
        required = set(schema.get("required", ()))
        lines = [f"class {name}(TypedDict):\n"]
        lines.append(described(schema.get("description") or f"{name}.", "    ") + "\n")
        for key, each in schema["properties"].items():
            assert key.isidentifier(), key
            assert not keyword.iskeyword(key), key
            kind = self.type_of(each)
            lines.append(f"    {key}: {kind if key in required else f'NotRequired[{kind}]'}\n")
        return "".join(lines)

    def reached(self, part: Any) -> set[str]:
        """The names of all shapes that a part of the document leads to."""
        found: set[str] = set()
        waiting = [part]
        while waiting:
            part = waiting.pop()
            if isinstance(part, list):
                waiting += cast("list[Any]", part)
            elif isinstance(part, dict):
                members = cast("dict[str, Any]", part)
                waiting += members.values()
                name = str(members.get("$ref", "")).rsplit("/", 1)[-1]
                if name and name not in found:
                    found.add(name)
                    waiting.append(self.schemas[name])
        return found


@dataclass
class Argument:
    """One of a method: how it is written, and where it goes."""

    name: str
    kind: str
    default: str | None
    sent_as: str

    @property
    def text(self) -> str:
        return f"{self.name}: {self.kind}" + (f" = {self.default}" if self.default else "")


@dataclass
class Method:
    """One operation as a method of the client."""

    shapes: Shapes
    verb: str
    path: str
    operation: dict[str, Any]
    places: list[str] = field(default_factory=list[str])
    query: list[Argument] = field(default_factory=list[Argument])
    body: list[Argument] = field(default_factory=list[Argument])
    more: list[Argument] = field(default_factory=list[Argument])
    whole: Argument | None = None
    """A body that is told as one: any of several shapes, or the bytes of a file."""

    def __post_init__(self) -> None:
        for parameter in self.operation.get("parameters", ()):
            self._take(parameter)
        self._take_body()
        if "206" in self.operation["responses"]:
            self.more.append(Argument("first_byte", "int | None", "None", "first_byte"))
        names = self.places + [each.name for each in self.keywords]
        assert len(set(names)) == len(names), (self.name, names)

    @property
    def name(self) -> str:
        return self.operation["operationId"]

    @property
    def noun(self) -> str:
        return self.operation["tags"][0]

    @property
    def keywords(self) -> list[Argument]:
        every = [*self.body, *self.query, *self.more]
        return [each for each in every if not each.default] + [
            each for each in every if each.default
        ]

    def _take(self, parameter: dict[str, Any]) -> None:
        name = parameter["name"]
        match parameter["in"]:
            case "path":
                self.places.append(name)
            case "query":
                self.query.append(self._argument(name, parameter["schema"], parameter["required"]))
            case "header" if name == "Idempotency-Key":
                self.more.append(Argument("idempotency_key", "str | None", "None", name))
            case _:
                raise ValueError(f"{self.name}: {name} is in a place that is not known")

    def _argument(self, name: str, schema: dict[str, Any], required: bool) -> Argument:
        kind = self.shapes.type_of(schema, "shapes.")
        if "date-time" in str(schema.get("anyOf", schema)):
            kind = kind.replace("str", "str | datetime")
        if not required and "None" not in kind:
            kind += " | None"
        spelled = f"{name}_" if keyword.iskeyword(name) else name
        return Argument(spelled, kind, None if required else "None", name)

    def _take_body(self) -> None:
        contents = self.operation.get("requestBody", {}).get("content", {})
        if not contents:
            return
        ((kind, content),) = contents.items()
        if kind != "application/json":
            self.whole = Argument("content", "AsyncContent", None, "content")
            return
        names = self.shapes.reached(content["schema"])
        schema = content["schema"]
        if "$ref" not in schema:
            assert names, self.name
            self.whole = Argument("message", self.shapes.type_of(schema, "shapes."), None, "body")
            return
        body = self.shapes.schemas[schema["$ref"].rsplit("/", 1)[-1]]
        for name, each in body["properties"].items():
            required = name in body.get("required", ())
            self.body.append(self._argument(name, each, required))

    @property
    def answer(self) -> tuple[str, str]:
        """Which of the ways to ask, and the type of what comes."""
        kinds: dict[str, None] = {}
        for status, response in self.operation["responses"].items():
            if not status.startswith("2") or "content" not in response:
                continue
            if set(response["content"]) == {"text/plain"}:
                return "_text", "str"
            if "application/json" not in response["content"]:
                return "_download", "AbstractAsyncContextManager[AsyncDownload]"
            schema = response["content"]["application/json"]["schema"]
            kinds[self.shapes.type_of(schema, "shapes.")] = None
        return "_json", " | ".join(kinds) or "None"

    @property
    def is_paged(self) -> bool:
        return any(each.name == "cursor" for each in self.query)

    def text(self) -> str:
        way, kind = self.answer
        head = self._head(self.name, self.keywords, kind, is_async=way != "_download")
        lines = [head, described(self._told(), "        ")]
        lines.append(f"        {'return' if way == '_download' else 'return await'} self.{way}(\n")
        lines += [f"            {line}\n" for line in self._call()]
        lines.append("        )\n")
        return "".join(lines) + (self._pages(kind) if self.is_paged else "")

    def _head(self, name: str, keywords: list[Argument], kind: str, *, is_async: bool) -> str:
        given = ["self", *(f"{place}: str" for place in self.places)]
        given += [self.whole.text] if self.whole else []
        if keywords:
            given += ["*", *(each.text for each in keywords)]
        word = "async def" if is_async else "def"
        return f"    {word} {name}({', '.join(given)}) -> {kind}:\n"

    def _told(self) -> str:
        summary = self.operation.get("summary", self.name).rstrip(".")
        more = " ".join(self.operation.get("description", "").split())
        return f"{summary}. {more}".strip()

    def _call(self) -> list[str]:
        path = f'"{self.path}"'
        if self.places:
            path = f'path_of("{self.path}", {", ".join(f"{name}={name}" for name in self.places)})'
        lines = ["Call(", f'    method="{self.verb.upper()}",', f"    path={path},"]
        if self.query:
            pairs = ", ".join(f'"{each.sent_as}": {each.name}' for each in self.query)
            lines.append(f"    query={{{pairs}}},")
        if self.whole:
            lines.append(f"    {self.whole.sent_as}={self.whole.name},")
        if self.body:
            pairs = ", ".join(f"{each.name}={each.name}" for each in self.body)
            lines.append(f"    body=given({pairs}),")
        for each in self.more:
            value = f"{each.name} or new_key()" if each.name == "idempotency_key" else each.name
            lines.append(f"    {each.name}={value},")
        return [*lines, ")"]

    def _pages(self, kind: str) -> str:
        page = self.shapes.schemas[
            next(name for name, short in self.shapes.names.items() if f"shapes.{short}" == kind)
        ]
        item = self.shapes.type_of(page["properties"]["items"]["items"], "shapes.")
        keywords = [each for each in self.keywords if each.name != "cursor"]
        name = self.name.replace("list_", "each_", 1)
        head = self._head(name, keywords, f"AsyncIterator[{item}]", is_async=False)
        given = [*self.places, *(f"{each.name}={each.name}" for each in keywords), "cursor=cursor"]
        return (
            f"\n{head}"
            + described(f"{self.operation['summary']}: page after page.", "        ")
            + f"        return self._each(lambda cursor: self.{self.name}({', '.join(given)}))\n"
        )


HEAD = f'''{MADE}
"""What can be asked of @noun@."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker, AsyncDownload
from wigwag.client.calls import AsyncContent, Call, given, new_key, path_of


class Async@class@Operations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""
'''

SYNC = (
    (r'"""The asynchronous client; .*"""', '"""The synchronous client."""'),
    (r"The asynchronous client", "The synchronous client"),
    (r"await asyncio\.to_thread\(([\w.]+), ", r"\1("),
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAbstractAsyncContextManager\b", "AbstractContextManager"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"Callable\[\[(\w*)\], Awaitable\[(\w+)\]\]", r"Callable[[\1], \2]"),
    (r", Awaitable\b", ""),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"^import asyncio$", "import time"),
    (r"\bAsyncGenerator\b", "Generator"),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\b__aiter__\b", "__iter__"),
    (r"\b__aenter__\b", "__enter__"),
    (r"\b__aexit__\b", "__exit__"),
    (r"\baread\b", "read"),
    (r"\baclose\b", "close"),
    (r"\baiter_bytes\b", "iter_bytes"),
    (r"\bhttpx\.AsyncClient\b", "httpx.Client"),
    (r"\bhttpx\.AsyncBaseTransport\b", "httpx.BaseTransport"),
    (r"\bAsyncContent\b", "SyncContent"),
    (r"\bAsync(Client|Download|Asker|\w*Operations)\b", r"\1"),
    (r"wigwag\.client\.asynchronous", "wigwag.client.synchronous"),
)
"""How the synchronous face follows from the asynchronous one, in this order."""


def operations_of(methods: list[Method]) -> dict[str, str]:
    """A module of each noun, and the package of all of them."""
    made: dict[str, str] = {}
    told = [f'{MADE}\n"""Every operation of the interface."""\n\n']
    classes: list[str] = []
    for noun in sorted({method.noun for method in methods}):
        name = f"{noun.title()}Operations"
        head = HEAD.replace("@noun@", _noun(noun)).replace("@class@", noun.title())
        texts = [f"\n{method.text()}" for method in methods if method.noun == noun]
        made[f"operations/{noun}"] = head + "".join(texts)
        told.append(f"from wigwag.client.asynchronous.operations.{noun} import Async{name}\n")
        classes.append(f"Async{name}")
    told.append(f"\n\nclass AsyncOperations({', '.join(classes)}):\n")
    told.append('    """What can be asked, noun by noun."""\n')
    return made | {"operations/__init__": "".join(told)}


def _noun(word: str) -> str:
    """As it stands in a sentence."""
    return {"ops": "the server's health", COMMON: "several nouns"}.get(word, word)


def synchronous(text: str) -> str:
    for pattern, replacement in SYNC:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text if text.startswith(MADE) else f"{MADE}\n{text}"


def formatted(path: Path, text: str) -> str:
    """As `make check` wants it."""
    for command in (["check", "--fix-only", "--unsafe-fixes", "--quiet"], ["format", "--quiet"]):
        ruff = [
            str(Path(sys.executable).with_name("ruff")),
            *command,
            "--stdin-filename",
            str(path),
            "-",
        ]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout
    return text


def generated() -> dict[Path, str]:
    """Every generated file with its text."""
    told = document()
    shapes = Shapes(told["components"]["schemas"])
    methods: list[Method] = []
    for path, operations in told["paths"].items():
        for verb, operation in operations.items():
            if path.startswith("/api/") or operation["operationId"] in LEFT_OUT:
                continue
            methods.append(Method(shapes, verb, path, operation))
    nouns_of: dict[str, set[str]] = {}
    for method in methods:
        for name in shapes.reached(method.operation) - {"Problem"}:
            nouns_of.setdefault(name, set()).add(method.noun)
    made = {CLIENT / f"shapes/{home}.py": text for home, text in shapes.modules(nouns_of).items()}
    modules = operations_of(methods)
    made |= {CLIENT / f"asynchronous/{name}.py": text for name, text in modules.items()}
    for name in ("__init__", "asking", "client", *modules):
        path = CLIENT / f"asynchronous/{name}.py"
        made[CLIENT / f"synchronous/{name}.py"] = synchronous(made.get(path) or path.read_text())
    return {path: formatted(path, text) for path, text in made.items()}


def main(arguments: list[str]) -> int:
    made = generated()
    if "--check" in arguments:
        stale = [
            path for path, text in made.items() if not path.exists() or path.read_text() != text
        ]
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not current: run make docs")
        return 1 if stale else 0
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
