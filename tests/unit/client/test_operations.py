"""Every route has its method, in both faces; and the client needs httpx alone."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wigwag.client import AsyncClient, Client

ROOT = Path(__file__).parents[3]
NEEDED = """
import sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        root = name.partition(".")[0]
        inner = name.split(".")[1:2]
        if root == "wigwag" and inner and inner != ["client"] or root in {forbidden!r}:
            raise ImportError(name)
sys.meta_path.insert(0, Wall())
import wigwag.client
wigwag.client.AsyncClient
"""
SERVERS = {"fastapi", "starlette", "pydantic", "msgspec", "aiohttp", "uvicorn", "sqlalchemy"}


def public(face: type) -> dict[str, Any]:
    return {name: one for name, one in inspect.getmembers(face, callable) if name[0] != "_"}


def test_both_faces_have_the_same_methods() -> None:
    one, other = public(AsyncClient), public(Client)
    assert one.keys() == other.keys()
    for name, method in one.items():
        arguments = list(inspect.signature(method).parameters)
        assert arguments == list(inspect.signature(other[name]).parameters), name


def test_it_is_imported_where_only_httpx_is() -> None:
    code = NEEDED.replace("{forbidden!r}", repr(SERVERS))
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


@pytest.mark.parametrize("name", ["list_messages", "send_message", "upload_media", "events"])
def test_methods_say_what_they_do(name: str) -> None:
    assert public(AsyncClient)[name].__doc__
