"""A chat as one readable page: nothing in it runs, and nothing is fetched from elsewhere. Pure."""

import hashlib
from base64 import b64encode
from datetime import UTC
from html import escape
from typing import Final

from wigwag.core.exportwords import (
    file_label,
    minute_of,
    one_line,
    plain_text,
    quoted_of,
    said,
    sender_name,
)
from wigwag.model.archived import ArchivedChat, ArchivedMedia, ArchivedMessage
from wigwag.model.content import MediaKind

SHOWN_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_STYLE: Final = (
    "body{font:16px/1.4 sans-serif;max-width:46rem;margin:1rem auto;padding:0 1rem;"
    "background:#efeae2;color:#111}"
    "h1{font-size:1.3rem}h2{font-size:.85rem;text-align:center;color:#555}"
    "article{background:#fff;border-radius:.5rem;padding:.4rem .7rem;margin:.4rem 4rem .4rem 0;"
    "overflow-wrap:anywhere}"
    "article.me{background:#d9fdd3;margin:.4rem 0 .4rem 4rem}"
    "header{font-size:.8rem;color:#555}p{margin:.2rem 0;white-space:pre-wrap}"
    "blockquote{margin:.2rem 0;padding-left:.5rem;border-left:3px solid #7a7;color:#444;"
    "white-space:pre-wrap}"
    "img,video{max-width:100%;max-height:24rem;border-radius:.3rem}footer{font-size:.85rem}"
)
_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_RULES: Final = (
    "default-src 'none'; img-src 'self' file: data:; media-src 'self' file:; "
    f"style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
)
POLICY: Final = f"sandbox; {_RULES}"
"""The Content-Security-Policy that the page is served with; it says most of it itself, too."""


class Page:
    """Writes the page message by message; keeps nothing but the day that it has come to."""

    def __init__(self, chat: ArchivedChat) -> None:
        self._name = _text(one_line(chat.name) or chat.phone or chat.jid)
        self._day = ""

    def head(self) -> str:
        return (
            '<!doctype html>\n<html><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{escape(_RULES)}">'
            '<meta name="referrer" content="no-referrer">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{self._name}</title><style>{_STYLE}</style></head>\n"
            f"<body><h1><bdi>{self._name}</bdi></h1>\n"
        )

    def message(self, message: ArchivedMessage, link: str) -> str:
        """`link` leads to the file of the message; empty where there is none."""
        day = f"{message.timestamp.astimezone(UTC):%Y-%m-%d}"
        parts = [] if day == self._day else [f"<h2>{day}</h2>\n"]
        self._day = day
        parts.append('<article class="me">' if message.from_me else "<article>")
        parts.append(_header(message))
        quoted = quoted_of(message)
        if quoted is not None:
            parts.append(f'<blockquote dir="auto">{_text(plain_text(quoted.text))}</blockquote>')
        if message.media is not None and message.revoked_at is None:
            parts.append(_file(message.media, link))
        words = said(message)
        if words:
            parts.append(f'<p dir="auto">{_text(words)}</p>')
        parts.append(_reactions(message))
        parts.append("</article>\n")
        return "".join(parts)

    def foot(self) -> str:
        return "</body></html>\n"


def _header(message: ArchivedMessage) -> str:
    marks = [
        word
        for word, true in (
            ("forwarded", message.forwarded),
            ("edited", message.edited_at is not None),
            ("starred", message.starred),
        )
        if true
    ]
    more = "".join(f" · {word}" for word in marks)
    at = minute_of(message.timestamp)
    return (
        f"<header><bdi>{_text(sender_name(message))}</bdi> · <time>{at} UTC</time>{more}</header>"
    )


def _file(media: ArchivedMedia, link: str) -> str:
    label = _text(file_label(media))
    if not link:
        return f"<p><bdi>{label}</bdi> (not here)</p>"
    href = escape(link)
    kind = media.mime.partition(";")[0].strip().lower()
    if media.kind in (MediaKind.IMAGE, MediaKind.STICKER) and kind in SHOWN_IMAGES:
        return f'<p><img loading="lazy" src="{href}" alt="{label}"></p>'
    if media.kind in (MediaKind.VIDEO, MediaKind.GIF):
        return f'<p><video controls preload="none" src="{href}"></video></p>'
    if media.kind in (MediaKind.AUDIO, MediaKind.VOICE):
        return f'<p><audio controls preload="none" src="{href}"></audio></p>'
    return f'<p><a href="{href}" download rel="noreferrer"><bdi>{label}</bdi></a></p>'


def _reactions(message: ArchivedMessage) -> str:
    if not message.reactions:
        return ""
    told = [
        f"{_line(one.emoji)} <bdi>{_line(one.person.name or one.person.jid)}</bdi>"
        for one in message.reactions
    ]
    return f"<footer>{', '.join(told)}</footer>"


def _line(text: str) -> str:
    return _text(one_line(text))


def _text(text: str) -> str:
    return escape(text, quote=True)
