"""The engine that servers under test have when a test names none."""

import os
from typing import Final

from wigwag.model.capability import EngineKind

ENGINE: Final = EngineKind(os.environ.get("WIGWAG_TEST_ENGINE", EngineKind.NATIVE))
