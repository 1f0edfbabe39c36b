"""What the routes may call: the use cases of the core, and nothing else."""

from dataclasses import dataclass

from wigwag.core.accounts import Accounts
from wigwag.core.calls import Calls
from wigwag.core.changing import Changing
from wigwag.core.channels import Channels
from wigwag.core.chatstate import ChatState
from wigwag.core.contactbook import ContactBook
from wigwag.core.disappearing import Disappearing
from wigwag.core.erasing import Erasing
from wigwag.core.exports import Exports
from wigwag.core.feed import Feed
from wigwag.core.fetching import Fetching
from wigwag.core.forwarding import Forwarding
from wigwag.core.grouping import Grouping
from wigwag.core.health import Health
from wigwag.core.keys import Keys
from wigwag.core.labels import Labels
from wigwag.core.library import Library
from wigwag.core.makings import Makings
from wigwag.core.marking import Marking
from wigwag.core.media import MediaFetcher
from wigwag.core.older import OlderMessages
from wigwag.core.ownprofile import OwnProfile
from wigwag.core.pairings import Pairings
from wigwag.core.presences import Presences
from wigwag.core.roster import Roster
from wigwag.core.schedule import Schedule
from wigwag.core.sending import Sending
from wigwag.core.statuses import Statuses
from wigwag.core.uploads import Uploads
from wigwag.core.vitals import VitalSigns
from wigwag.core.votes import Votes
from wigwag.core.webhooks import Webhooks


@dataclass(frozen=True, kw_only=True)
class Services:
    accounts: Accounts
    roster: Roster
    pairings: Pairings
    keys: Keys
    library: Library
    feed: Feed
    webhooks: Webhooks
    sending: Sending
    schedule: Schedule
    changing: Changing
    forwarding: Forwarding
    chat_state: ChatState
    disappearing: Disappearing
    labels: Labels
    calls: Calls
    statuses: Statuses
    marking: Marking
    presences: Presences
    contact_book: ContactBook
    own_profile: OwnProfile
    older: OlderMessages
    votes: Votes
    exports: Exports
    grouping: Grouping
    makings: Makings
    channels: Channels
    media: MediaFetcher
    uploads: Uploads
    fetching: Fetching
    health: Health
    erasing: Erasing
    vitals: VitalSigns
