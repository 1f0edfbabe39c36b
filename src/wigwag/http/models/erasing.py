"""What erasing a person answers."""

from wigwag.http.models.shape import Shape


class ErasedShape(Shape):
    """How much was removed; `events` were emptied, and keep their place in the log."""

    messages: int
    events: int
    deliveries: int
    others: int
