"""Control routes of a phone's app state: what it changes, and what all its devices see."""

from datetime import datetime
from typing import Any, cast

import msgspec
from fastapi import APIRouter

from wigwag.model.appstate import AppStateChange
from wigwag.model.errors import InvalidInput
from wigwag.model.jid import Jid, parse_recipient
from wigwag.sandbox.control import models
from wigwag.sandbox.control.views import Json, show_time
from wigwag.sandbox.network.appstate import COLLECTIONS
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.sandbox import Sandbox
from wigwag.wire.appstate_actions import Action

CREATED = 201
_ADDRESSES = ("chat", "jid", "alt", "sender", "people")


def add_app_state(router: APIRouter, sandbox: Sandbox) -> None:
    """The noun /phones/{phone}/app_state."""

    @router.get("/phones/{phone}/app_state")
    async def get_app_state(phone: str) -> Json:
        """The values of every collection, as the phone and its companions agree on them."""
        return show_app_state(sandbox.phone(phone))

    @router.post("/phones/{phone}/app_state", status_code=CREATED)
    async def change_app_state(phone: str, body: models.NewAppState) -> Json:
        """Let the phone archive, pin, mute, star, label and so on; companions learn of it."""
        owner = sandbox.phone(phone)
        owner.app_state.change([read_change(change) for change in body.changes])
        sandbox.hurry()
        return show_app_state(owner)

    @router.post("/phones/{phone}/app_state/keys", status_code=CREATED)
    async def rotate_key(phone: str, body: models.NewAppStateKey) -> Json:
        """Let the phone take a new key for its changes, and hand it out or keep it back."""
        owner = sandbox.phone(phone)
        key = owner.app_state.rotate_key()
        devices = owner.companions if body.share else []
        for device in devices:
            owner.share_keys(device, [key.key_id])
        sandbox.hurry()
        return {"key_id": key.key_id.hex(), "shared_with": [str(device) for device in devices]}

    _ = get_app_state, change_app_state, rotate_key


def read_change(change: Json) -> AppStateChange:
    """A change as `GET` shows it: `type`, and the fields of that type. Raises InvalidInput."""
    try:
        return msgspec.convert(_with_addresses(change), AppStateChange, strict=False)  # pyright: ignore[reportArgumentType]
    except msgspec.ValidationError as error:
        raise InvalidInput(f"That is no change of app state: {error}") from error


def _with_addresses(value: Any, name: str = "") -> Any:
    """Numbers and JIDs as texts become what `Jid` is decoded from."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {key: _with_addresses(field, key) for key, field in fields.items()}
    if isinstance(value, list):
        return [_with_addresses(item, name) for item in cast("list[Any]", value)]
    if isinstance(value, str) and name in _ADDRESSES:
        jid = parse_recipient(value)
        return [jid.user, jid.server, jid.device]
    return value


def show_app_state(owner: Phone) -> Json:
    return {
        name: [show_action(action) for action in owner.app_state.values(name)]
        for name in COLLECTIONS
    }


def show_action(action: Action) -> Json:
    return _shown(action)


def _shown(value: object) -> Any:
    match value:
        case Jid():
            return str(value)
        case datetime():
            return show_time(value)
        case msgspec.Struct():
            fields = {name: _shown(field) for name, field in msgspec.structs.asdict(value).items()}
            tag = type(value).__struct_config__.tag
            return {"type": tag, **fields} if tag is not None else fields
        case tuple():
            return [_shown(item) for item in cast("tuple[object, ...]", value)]
        case _:
            return value
