"""Calls: how they are turned away."""

from wigwag.http.models.fields import Address, Body


class RejectBody(Body):
    """Who calls, as `call.offered` tells it."""

    caller: Address
