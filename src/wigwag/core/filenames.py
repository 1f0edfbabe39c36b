"""Safe names for files that strangers named. Pure functions.

A name made here is one path component on every common file system: no separator, no control or
bidirectional character, no reserved Windows name, not hidden, not empty, at most MAX_BYTES in
UTF-8 and in NFC. Uniqueness is the store's matter, which asks for the name with a number.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Final

from wigwag.model.content import MediaKind
from wigwag.model.jid import KNOWN_SERVERS, STATUS_JID, Jid

MAX_BYTES: Final = 150

EXTENSION_OF_TYPE: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "video/quicktime": "mov",
    "video/x-msvideo": "avi",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
    "audio/webm": "weba",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/json": "json",
    "application/xml": "xml",
    "application/rtf": "rtf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/epub+zip": "epub",
    "application/vnd.android.package-archive": "apk",
    "application/gzip": "gz",
    "application/x-7z-compressed": "7z",
    "application/vnd.rar": "rar",
    "application/was": "was",
    "text/plain": "txt",
    "text/html": "html",
    "text/csv": "csv",
    "text/markdown": "md",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/calendar": "ics",
}
_DEFAULT_EXTENSION: Final = {
    MediaKind.IMAGE: "jpg",
    MediaKind.VIDEO: "mp4",
    MediaKind.GIF: "mp4",
    MediaKind.AUDIO: "ogg",
    MediaKind.VOICE: "ogg",
    MediaKind.DOCUMENT: "bin",
    MediaKind.STICKER: "webp",
}
_STEM: Final = {
    MediaKind.IMAGE: "image",
    MediaKind.VIDEO: "video",
    MediaKind.GIF: "video",
    MediaKind.AUDIO: "audio",
    MediaKind.VOICE: "audio",
    MediaKind.DOCUMENT: "document",
    MediaKind.STICKER: "sticker",
}
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"com{digit}" for digit in "0123456789¹²³"}
    | {f"lpt{digit}" for digit in "0123456789¹²³"}
)
_UNSAFE: Final = frozenset('<>:"/\\|?*')
_BAD_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_EXTENSION: Final = re.compile(r"[0-9A-Za-z]{1,16}", re.ASCII)
_FOLDER_USER: Final = re.compile(r"[0-9A-Za-z._\-]{1,64}", re.ASCII)
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z_\-][0-9A-Za-z._\-]{0,63}", re.ASCII)


def extension_of(kind: MediaKind, mime: str) -> str:
    """The extension, without its dot, that fits a MIME type; by kind where it is unknown."""
    return _known_extension(mime) or _DEFAULT_EXTENSION[kind]


def _known_extension(mime: str) -> str:
    return EXTENSION_OF_TYPE.get(mime.partition(";")[0].strip().lower(), "")


def media_name(kind: MediaKind, mime: str, time: datetime, document_name: str = "") -> str:
    """The name for a file: a document's own name made safe, else `image_YYYYMMDD_HHMMSS.jpg`."""
    if kind == MediaKind.DOCUMENT and document_name:
        named = with_extension(document_name, mime)
        if named:
            return named
    return f"{_STEM[kind]}_{time:%Y%m%d_%H%M%S}.{extension_of(kind, mime)}"


def with_extension(name: str, mime: str) -> str:
    """The name made safe, with the extension that fits its type where it has none."""
    cleaned = clean_name(name)
    extension = _known_extension(mime)
    if cleaned and extension and not split_name(cleaned)[1]:
        return joined_name(cleaned, "", "." + extension)
    return cleaned


def clean_name(name: str) -> str:
    """The name without everything that is dangerous in one; empty when nothing is left."""
    name = unicodedata.normalize("NFC", name[: 8 * MAX_BYTES])
    kept = "".join(
        "_" if character in _UNSAFE else character
        for character in name
        if character in _UNSAFE or unicodedata.category(character) not in _BAD_CATEGORIES
    )
    # What was taken out may have kept letters and their accents apart.
    kept = unicodedata.normalize("NFC", " ".join(kept.split())).strip(" .")
    if not kept.strip("_ ."):
        return ""
    stem, extension = split_name(kept)
    # Windows reserves a device name whatever follows its first dot.
    if kept.partition(".")[0].strip().casefold() in _RESERVED:
        stem = "_" + stem
    return joined_name(stem, "", extension)


def split_name(name: str) -> tuple[str, str]:
    """Stem and extension; the extension has its dot, and is empty when it looks like none."""
    stem, dot, extension = name.rpartition(".")
    if dot and stem and _EXTENSION.fullmatch(extension):
        return stem, dot + extension
    return name, ""


def joined_name(stem: str, suffix: str, extension: str) -> str:
    """Stem, suffix and extension within MAX_BYTES; the stem is what gets shortened."""
    room = MAX_BYTES - len((suffix + extension).encode())
    short = stem.encode()[:room].decode(errors="ignore")
    return (short.rstrip(" .") or "_") + suffix + extension


def numbered(name: str, number: int) -> str:
    """The name itself as number 1; then with `_2`, `_3` ... before its extension."""
    if number == 1:
        return name
    stem, extension = split_name(name)
    return joined_name(stem, f"_{number}", extension)


def first_free(is_taken: Callable[[int], bool]) -> int:
    """A number from 1 that is not taken, in few questions.

    Numbers are given out in order, so it is the lowest where there are no gaps; a folder of a
    million equal names costs forty questions.
    """
    if not is_taken(1):
        return 1
    low, high = 1, 2
    while is_taken(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if is_taken(middle):
            low = middle
        else:
            high = middle
    return high


def media_folder(account: str, chat: Jid, sender: Jid) -> tuple[str, ...]:
    """The folders of a chat's files, from the store's root.

    `<chat_jid>`, `statuses/<sender_jid>` for status updates, and both below `accounts/<account>`
    for every account but `default`. Raises ValueError for what is no safe folder name.
    """
    parts: tuple[str, ...] = (jid_folder(chat),)
    if chat.bare == STATUS_JID:
        parts = ("statuses", jid_folder(sender))
    if account == "default":
        return parts
    if not _ACCOUNT.fullmatch(account) or account.endswith("."):
        raise ValueError("not a safe account name")
    return ("accounts", account, *parts)


def jid_folder(jid: Jid) -> str:
    """The folder name of a JID: `user@server`, checked character by character."""
    if jid.server not in KNOWN_SERVERS or not _FOLDER_USER.fullmatch(jid.user):
        raise ValueError("not a safe folder name")
    return f"{jid.user}@{jid.server}"
