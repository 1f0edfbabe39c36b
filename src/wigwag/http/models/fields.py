"""What the fields of requests have in common: OpenAPI says of each exactly what is taken."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, cast

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from wigwag.core.feed import parse_types
from wigwag.model.errors import MalformedJid
from wigwag.model.jid import (
    BLANK,
    PERSON_PATTERN,
    PHONE_PATTERN,
    RECIPIENT_PATTERN,
    parse_recipient,
)
from wigwag.model.record import EventType
from wigwag.model.url import MAX_URL, URL_PATTERN

MAX_ADDRESS: Final = 128
ADDRESS_WORDS: Final = "a JID, or a phone number in international form"
MAX_FIELDS: Final = 100
"""How many fields an object of a body may have before any of them is looked at."""
MAX_SEQ: Final = 2**53 - 1
"""The largest whole number that every reader of JSON keeps."""
EMOJI_PATTERN: Final = f"^[^{BLANK}]*$"
SHA256_PATTERN: Final = "^[0-9a-fA-F]{64}$"
_NUMBER: Final = "15550100003"
"""Somebody who lives in the sandbox."""
_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class Body(BaseModel):
    """The body of a request: what is not known in it is a mistake, and so is a wrong type.

    An enum among the fields is marked `Field(strict=False)`, since JSON has none; a moment is a
    `Time`.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, given: object) -> object:
        """No body has so many fields; to find fault with each of 200,000 holds up all others."""
        if isinstance(given, dict) and len(cast("dict[str, object]", given)) > MAX_FIELDS:
            raise ValueError(f"an object has {MAX_FIELDS} fields at the most")
        return cast("object", given)


def _checked_address(text: str) -> str:
    """Raises MalformedJid, whose sentence says more than that a pattern does not match."""
    if text:
        parse_recipient(text)
    return text


def _address(pattern: str) -> Any:
    """The description and the pattern of an address."""
    return Field(
        description=ADDRESS_WORDS,
        examples=[_NUMBER],
        json_schema_extra={"pattern": pattern},
        max_length=MAX_ADDRESS,
    )


Address = Annotated[
    str,
    StringConstraints(min_length=1),
    AfterValidator(_checked_address),
    _address(RECIPIENT_PATTERN),
]
"""A phone number in international form, or a WhatsApp address."""
MaybeAddress = Annotated[str, AfterValidator(_checked_address), _address(f"^$|{RECIPIENT_PATTERN}")]
"""The same of a query, where nothing stands for none."""


def _checked_person(text: str) -> str:
    """Raises MalformedJid."""
    if not parse_recipient(text).is_person:
        raise MalformedJid(f"{text[:60]!a} is no person: name a phone number or a person's address")
    return text


PersonAddress = Annotated[str, AfterValidator(_checked_person), _address(PERSON_PATTERN)]
"""The address of somebody who is one person."""


def _checked_phone(text: str) -> str:
    """Raises MalformedJid."""
    if not parse_recipient(text).is_pn:
        raise MalformedJid(f"{text[:60]!a} is not a phone number in international form")
    return text


Phone = Annotated[
    str,
    AfterValidator(_checked_phone),
    Field(max_length=MAX_ADDRESS, examples=[_NUMBER], json_schema_extra={"pattern": PHONE_PATTERN}),
]
"""A phone number in international form."""


Emoji = Annotated[
    str,
    StringConstraints(max_length=32, pattern=EMOJI_PATTERN),
    Field(examples=["\N{THUMBS UP SIGN}"]),
]
"""One emoji, whatever it is made of; an empty one is none."""


Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_URL,
        examples=["https://example.com/wigwag"],
        json_schema_extra={"pattern": URL_PATTERN},
    ),
]
"""Of another server; whoever takes it checks it."""


Sha256 = Annotated[
    str,
    Path(pattern=SHA256_PATTERN, description="the SHA-256 of a whole file, in hexadecimal"),
]
"""The content of a file, in a path."""


def _whole(value: object) -> object:
    """JSON knows one kind of number: 5.0 is 5."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE: Final = BeforeValidator(_whole)
"""Named behind the limits of a whole number."""


def _checked_time(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        return value
    raise ValueError("write the time as RFC 3339 says, with its timezone: 2026-05-01T12:00:00Z")


Time = Annotated[
    AwareDatetime,
    BeforeValidator(_checked_time),
    Field(strict=False, examples=["2030-01-01T12:00:00Z"]),
]
"""A moment, as RFC 3339 writes it; a number is none."""


def _checked_type(name: str) -> str:
    parse_types([name])
    return name


TypeOfEvent = Annotated[
    str,
    AfterValidator(_checked_type),
    Field(json_schema_extra={"enum": [kind.value for kind in EventType]}),
]
"""The name of a type of events."""
