"""All that an account does besides messages, put together."""

from wigwag.engine.common.transfer import Transfer
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.groups import Groups
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.sending.tokens import Tokens
from wigwag.engine.native.social.calls import Calls
from wigwag.engine.native.social.groups import Communities, GroupManagement
from wigwag.engine.native.social.newsletters import Newsletters
from wigwag.engine.native.social.presence import Presence
from wigwag.engine.native.social.profile import Profile


class Social:
    """The actions of one account by noun, as `ports.Engine` shows them."""

    def __init__(
        self,
        link: Link,
        recorder: Recorder,
        *,
        devices: Devices,
        groups: Groups,
        tokens: Tokens,
        transfer: Transfer,
    ) -> None:
        self.presence = Presence(link, devices, tokens)
        self.groups = GroupManagement(link, groups, devices, tokens)
        self.communities = Communities(link)
        self.newsletters = Newsletters(link, recorder, transfer)
        self.calls = Calls(link, recorder)
        self.profile = Profile(link, recorder, devices, tokens)
