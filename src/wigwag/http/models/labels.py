"""Labels: how they are asked for."""

from typing import Annotated

from pydantic import Field, StringConstraints

from wigwag.core.labels import COLORS, MAX_NAME
from wigwag.http.models.fields import WHOLE, Body

Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
Color = Annotated[int, Field(ge=0, lt=COLORS, description="a number of WhatsApp's palette"), WHOLE]


class LabelBody(Body):
    """A new label."""

    name: Name
    color: Color = 0


class LabelChangeBody(Body):
    """What is left out stays."""

    name: Name | None = None
    color: Color | None = None
