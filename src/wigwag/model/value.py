"""The base of all model values."""

from typing import Any, dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class _ValueMeta(msgspec.StructMeta):
    """Makes every value frozen and keyword-only without saying so at each class.

    The collector of cycles passes values by: a frozen one is made of what is there already, and so
    is part of none. A chunk of history is half a million of them.
    """

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> type:
        options.setdefault("frozen", True)
        options.setdefault("kw_only", True)
        options.setdefault("gc", False)
        return super().__new__(mcls, name, bases, namespace, **options)


class Value(msgspec.Struct, metaclass=_ValueMeta):
    """A frozen value compared by its fields.

    msgspec structs are cheaper to make than dataclasses and carry their own codec, which the
    engine's inbox and the event log use (docs/decisions/0002).
    """
