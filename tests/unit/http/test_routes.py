"""The best route for a path is found, whatever order routes were added in."""

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from wigwag.http.routes import RouteIndex, add_routes


def told(word: str) -> Any:
    async def answer() -> str:
        return word

    return answer


async def echo(name: str) -> str:
    return name


async def echo_star(name: str) -> str:
    return f"star of {name}"


def api_of_all() -> FastAPI:
    """Words and parameters compete; one router lies in another, and one has a guard of its own."""
    api = FastAPI()
    things, inner, guarded = (APIRouter(prefix="/things") for _ in range(3))
    things.add_api_route("/{name}", told("one"), methods=["GET"])
    things.add_api_route("/{name}", told("changed"), methods=["PATCH"])
    things.add_api_route("/check", told("checked"), methods=["POST"])
    things.add_api_route("/{name}/qr.{kind}", told("picture"), methods=["GET"])
    inner.add_api_route("/{name}/parts/{part}", told("part"), methods=["GET"])
    things.add_api_route("/{name}/echo", echo, methods=["GET"])
    things.add_api_route("/{name}/echo/star", echo_star, methods=["GET"])
    outer = APIRouter()
    outer.include_router(inner)
    guarded.add_api_route("/{name}/guarded", told("guarded"), methods=["GET"])
    for router in (things, outer):
        add_routes(api.router, router, lambda route: f"{route.methods} {route.path}")

    def refuse() -> None:
        raise ZeroDivisionError

    api.include_router(guarded, dependencies=[Depends(refuse)])
    api.router.middleware_stack = RouteIndex(api.router)
    return api


async def ask(method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(api_of_all())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/things/a", "one"),
        ("PATCH", "/things/a", "changed"),
        ("POST", "/things/check", "checked"),
        ("GET", "/things/a/qr.png", "picture"),
        ("GET", "/things/check/qr.png", "picture"),
        ("GET", "/things/a/parts/b", "part"),
    ],
)
async def test_each_path_has_its_route(method: str, path: str, answer: str) -> None:
    found = await ask(method, path)
    assert (found.status_code, found.json()) == (200, answer)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/things/a%2Fb/echo", "a/b"),
        ("/things/a%2fecho/echo/star", "star of a/echo"),
        ("/things/%2F/echo", "/"),
        ("/things/a%252Fb/echo", "a%2Fb"),
        ("/things/%ED%A0%AF%2F/echo", "\ufffd\ufffd\ufffd/"),
    ],
)
async def test_a_slash_in_a_word_stays_in_it(path: str, answer: str) -> None:
    found = await ask("GET", path)
    assert (found.status_code, found.json()) == (200, answer)


@pytest.mark.parametrize(
    "path",
    ["/things%2Fa", "/things/a/echo%2Fstar", "/things/a%2Fb/guarded", "/things/a%2Fguarded/"],
)
async def test_a_slash_in_a_word_leads_to_no_other_route(path: str) -> None:
    assert (await ask("GET", path)).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/things/check", "POST"),
        ("DELETE", "/things/a", "GET, PATCH"),
        ("POST", "/things/a/guarded", "GET"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(method: str, path: str, allowed: str) -> None:
    found = await ask(method, path)
    assert (found.status_code, found.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("path", ["/", "/things", "/things//parts/b", "/things/a/qr", "/other/a"])
async def test_what_no_route_fits_is_not_there(path: str) -> None:
    assert (await ask("GET", path)).status_code == 404


async def test_a_router_keeps_its_guard() -> None:
    with pytest.raises(ZeroDivisionError):
        await ask("GET", "/things/a/guarded")


async def test_the_frameworks_own_routes_are_there() -> None:
    assert (await ask("GET", "/openapi.json")).status_code == 200
