"""Calls: how they are turned away."""

from typing import Annotated

from fastapi import Path

from wigwag.http.models.fields import Body, PersonAddress

CallId = Annotated[str, Path(pattern=r"^[\x20-\x7e]{1,128}$")]
"""As `call.offered` tells it."""


class RejectBody(Body):
    """Who calls, as `call.offered` tells it."""

    caller: PersonAddress
