"""A sandbox town for every engine there is."""

from typing import Final

from scripted.engine_town import EngineTown
from wigwag.model.capability import EngineKind

TOWNS: Final[dict[EngineKind, type[EngineTown]]] = {EngineKind.NATIVE: EngineTown}
