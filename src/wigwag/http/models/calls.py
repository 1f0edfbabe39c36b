"""Calls: how they are turned away."""

from typing import Annotated, Final

from fastapi import Path

from wigwag.http.models.fields import Body, PersonAddress

CALL_ID_PATTERN: Final = r"^[\x20-\x7e]{1,128}$"
CallId = Annotated[str, Path(pattern=CALL_ID_PATTERN)]
"""As `call.offered` tells it."""


class RejectBody(Body):
    """Who calls, as `call.offered` tells it."""

    caller: PersonAddress
