"""What the parts of an identity share."""

from pathlib import Path

from scripted.traffic_stage import ACCOUNT, TrafficStage
from wigwag.engine.native.store.writes import DropIdentity


async def test_the_own_identity_is_changed_durably(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        await stage.link.save_device(push_name="Alex")
        assert stage.link.device.push_name == "Alex"
        await stage.restart()
        assert stage.link.device.push_name == "Alex"


async def test_an_identity_that_is_unlinked_does_not_come_back(tmp_path: Path) -> None:
    """Its name arrives from the phone while it is being unlinked."""
    async with TrafficStage(tmp_path) as stage:
        device = stage.link.device
        await stage.store.commit([DropIdentity(ACCOUNT, device.jid, device.lid, 0.0, "")])
        await stage.link.save_device(push_name="Alex")
        assert stage.store.find_device(ACCOUNT) is None
