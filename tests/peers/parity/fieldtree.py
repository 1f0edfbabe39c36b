"""A decrypted message as one line: every field that is in it, also those that nobody knows.

Known fields have the names of e2e.proto, others their number. Keys, hashes and secrets are shown
by their size, times and ids by their form, addresses by their role.
"""

import re
import struct
from typing import Final, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from peers.parity.roles import Roles
from wigwag.wire.errors import WireError
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import FIXED32, FIXED64, VARINT, Field, scan_fields

_ANY: Final = frozenset({"axolotlSenderKeyDistributionMessage", "JPEGThumbnail", "pngThumbnail"})
"""Of these only the presence counts: their size differs by chance."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_\-]{20,}")
_MESSAGE: Final = cast("Descriptor", e2e_pb2.Message.DESCRIPTOR)
_UNPACKED: Final = {
    FieldDescriptor.TYPE_DOUBLE: "<d",
    FieldDescriptor.TYPE_FLOAT: "<f",
    FieldDescriptor.TYPE_FIXED64: "<Q",
    FieldDescriptor.TYPE_FIXED32: "<I",
}


def field_tree(raw: bytes, roles: Roles, kind: Descriptor | None = _MESSAGE) -> str:
    """The message `raw` as `{name: value, ...}`, by field number. Raises WireError."""
    fields = sorted(scan_fields(raw), key=lambda field: field.number)
    parts: list[str] = []
    for field in fields:
        known = kind.fields_by_number.get(field.number) if kind is not None else None
        name = known.name if known is not None else f"#{field.number}"
        parts.append(f"{name}: {_value(field, raw[field.start : field.end], known, roles)}")
    return "{" + ", ".join(parts) + "}"


def _value(field: Field, data: bytes, known: FieldDescriptor | None, roles: Roles) -> str:
    if field.wire_type == VARINT:
        return _number(field.value, known, roles)
    if field.wire_type in (FIXED32, FIXED64):
        form = _UNPACKED.get(known.type) if known is not None else None
        return str(struct.unpack(form, data)[0]) if form else data.hex()
    return _payload(data, known, roles)


def _number(value: int, known: FieldDescriptor | None, roles: Roles) -> str:
    if known is not None and known.type == FieldDescriptor.TYPE_BOOL:
        return "true" if value else "false"
    if known is not None and known.enum_type is not None:
        named = known.enum_type.values_by_number.get(value)
        return named.name if named is not None else str(value)
    return roles.text(str(value))


def _payload(data: bytes, known: FieldDescriptor | None, roles: Roles) -> str:
    if known is None:
        return _guess(data, roles)
    if known.message_type is not None:
        return field_tree(data, roles, known.message_type)
    if known.type == FieldDescriptor.TYPE_STRING:
        return _text(data, roles)
    if known.name in _ANY:
        return "*"
    if known.containing_type == _MESSAGE:
        return _guess(data, roles)
    return f"{len(data)} bytes"


def _text(data: bytes, roles: Roles) -> str:
    text = roles.text(data.decode("utf-8", "replace"))
    return repr(_TOKEN.sub("<token>", text) if "/" in text else text)


def _guess(data: bytes, roles: Roles) -> str:
    """What a field may be that has no description."""
    text = data.decode("utf-8", "replace")
    if text.isprintable() and "\ufffd" not in text:
        return _text(data, roles)
    try:
        return field_tree(data, roles, None)
    except WireError:
        return f"{len(data)} bytes"
