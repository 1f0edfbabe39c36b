"""What the phone shows of us."""

from typing import Final

from wigwag.wire.client_payload import DeviceDescription

DEVICE: Final = DeviceDescription(os="wigwag", platform="UNKNOWN")
"""What the phone shows under its linked devices."""
