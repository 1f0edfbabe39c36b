"""Pictures: size and preview. Runs in the child only."""

import io
import warnings
from typing import BinaryIO, Final

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from wigwag.mediawork.job import Refused, Unreadable
from wigwag.model.media import Prepared

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_PIXELS: Final = 50_000_000
MAX_SIDE: Final = 30_000
PREVIEW_SIDE: Final = 100
"""Pixels of the longer side of a preview, as WhatsApp's own clients make them."""
PREVIEW_BYTES: Final = 16_384
_PREVIEW_QUALITIES: Final = (70, 50, 30, 15)
_MOVING: Final = frozenset({"GIF", "WEBP", "PNG"})
_TURNED: Final = frozenset({5, 6, 7, 8})
_ORIENTATION: Final = 0x0112
_DAMAGED: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError)
"""What Pillow raises for damaged files, beside errors of its own."""


def warm_up() -> None:
    """Read and write a tiny picture of each format, so that Pillow imports all it needs for it."""
    dots = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    faint = Image.new("RGBA", (8, 8), (0, 0, 0, 0)).quantize(4)
    for form in FORMATS:
        sink = io.BytesIO()
        more = {"save_all": True, "append_images": dots[1:]} if form in _MOVING else {}
        dots[0].save(sink, form, **more)
        prepare_picture(sink)
        for frame in ImageSequence.Iterator(Image.open(sink)):
            frame.convert("RGBA").resize((4, 4))  # pyright: ignore[reportUnknownMemberType] - numpy
    faint.save(sink := io.BytesIO(), "PNG", transparency=0)
    prepare_picture(sink)


def open_picture(source: BinaryIO) -> Image.Image:
    """The picture with its size checked, not decoded yet. Raises Unreadable, Refused."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        picture = Image.open(source, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("The picture has too many pixels.") from error
    except UnidentifiedImageError as error:
        raise Unreadable("The file is no picture that can be read here.") from error
    except _DAMAGED as error:
        raise Unreadable("The picture is damaged.") from error
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise Refused("The picture has too many pixels.")
    return picture


def prepare_picture(source: BinaryIO) -> Prepared:
    """Size as it is shown, and preview. Raises Unreadable, Refused."""
    with open_picture(source) as picture:
        width, height = picture.size
        mime = Image.MIME.get(picture.format or "", "")
        try:
            turned = picture.getexif().get(_ORIENTATION) in _TURNED
            picture.draft("RGB", (2 * PREVIEW_SIDE, 2 * PREVIEW_SIDE))
            thumbnail = preview(ImageOps.exif_transpose(picture))
        except _DAMAGED as error:
            raise Unreadable("The picture is damaged.") from error
    if turned:
        width, height = height, width
    return Prepared(mime=mime, width=width, height=height, thumbnail=thumbnail)


def preview(picture: Image.Image) -> bytes:
    """A small JPEG, transparent parts on white; empty when it does not become small enough."""
    picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    if picture.has_transparency_data:
        shown = picture.convert("RGBA")
        ground = Image.new("RGBA", shown.size, "white")
        picture = Image.alpha_composite(ground, shown)
    plain = picture.convert("RGB")
    for quality in _PREVIEW_QUALITIES:
        sink = io.BytesIO()
        plain.save(sink, "JPEG", quality=quality)
        if sink.tell() <= PREVIEW_BYTES:
            return sink.getvalue()
    return b""
