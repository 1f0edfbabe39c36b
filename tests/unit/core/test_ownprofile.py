"""What the account shows of itself."""

import pytest

from stored.desk import Desk
from stored.engine import OWN, OWN_LID, StoredEngine
from wigwag.core.chatstate import ChatState
from wigwag.core.ownprofile import OwnProfile, ProfileWishes
from wigwag.model.appstate import PushNameSet
from wigwag.model.errors import NotPaired
from wigwag.model.profile import Picture, PrivacySetting

ACCOUNT = "default"


@pytest.fixture
def profile(linked: Desk, engine: StoredEngine) -> OwnProfile:
    linked.accounts.add(engine)
    return OwnProfile(linked.accounts, ChatState(linked.library, linked.accounts))


async def test_it_is_shown_and_changed(engine: StoredEngine, profile: OwnProfile) -> None:
    shown = await profile.get(ACCOUNT)
    assert (shown.jid, shown.lid, shown.about, shown.picture) == (
        str(OWN),
        str(OWN_LID),
        None,
        None,
    )
    engine.profile.pictures[OWN] = Picture(id="7", url="https://x")
    changed = await profile.change(ACCOUNT, ProfileWishes(name="Al", about="Hi", picture=b"jpeg"))
    assert changed.picture == engine.profile.pictures[OWN]
    assert (changed.name, engine.profile.own_about) == ("Al", "Hi")
    assert engine.appstate.changes == [PushNameSet(name="Al")]
    await profile.change(ACCOUNT, ProfileWishes(about=""))
    await profile.change(ACCOUNT, ProfileWishes(picture=b""))
    assert engine.profile.own_about == ""
    await profile.change(ACCOUNT, ProfileWishes(default_ephemeral_s=86_400))
    assert engine.profile.default_ephemeral_s == 86_400
    assert engine.profile.set_pictures == [(OWN, b"jpeg"), (OWN, None)]


async def test_privacy(profile: OwnProfile) -> None:
    wishes = {PrivacySetting.ONLINE: "match_last_seen"}
    assert await profile.set_privacy(ACCOUNT, wishes) == {PrivacySetting.LAST_SEEN: "all", **wishes}
    assert (await profile.privacy(ACCOUNT))[PrivacySetting.ONLINE] == "match_last_seen"


async def test_an_account_that_is_not_linked(linked: Desk) -> None:
    linked.accounts.add(StoredEngine(own=None))
    profile = OwnProfile(linked.accounts, ChatState(linked.library, linked.accounts))
    with pytest.raises(NotPaired):
        await profile.get(ACCOUNT)
