"""What looks at files that are to be sent, and converts them."""

from pathlib import Path
from typing import Protocol

from wigwag.model.content import MediaKind
from wigwag.model.media import Prepared


class MediaWorkshop(Protocol):
    """Decoders behind a wall."""

    async def prepare(self, source: Path, target: Path, kind: MediaKind) -> Prepared:
        """Look at the file `source`, which is to be sent as `kind`.

        Any sound becomes a voice note, any picture a sticker, an animated GIF a film: the
        converted file is then in `target`, an empty file until now. All others stay as they are.
        Raises MediaUnreadable (cannot be decoded), MediaRefused (asks for more than is reasonable),
        MediaToolMissing (the library for it is not installed), StorageFull.
        """
        ...
