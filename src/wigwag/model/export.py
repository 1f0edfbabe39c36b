"""How a whole chat is written."""

from enum import StrEnum


class ExportFormat(StrEnum):
    """A message a line; as WhatsApp's own export; a page to read."""

    JSONL = "jsonl"
    TXT = "txt"
    HTML = "html"
