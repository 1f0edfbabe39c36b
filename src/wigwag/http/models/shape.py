"""What all shapes of answers share."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """An object of an answer: it has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Page(Shape):
    """A page of a list; `next_cursor` asks for the next one, and is null at the end. A page of
    long items has fewer than were asked for."""

    next_cursor: str | None


class PersonShape(Shape):
    """Someone, by every address that is known. `phone` is never made from a hidden address."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
