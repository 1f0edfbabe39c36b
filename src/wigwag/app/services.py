"""What the routes may call, made of the use cases."""

from wigwag.app.core import BALLOTS, Core
from wigwag.core.calls import Calls
from wigwag.core.changing import Changing
from wigwag.core.channels import Channels
from wigwag.core.chatstate import ChatState
from wigwag.core.contactbook import ContactBook
from wigwag.core.disappearing import Disappearing
from wigwag.core.erasing import Erasing
from wigwag.core.exports import Exports
from wigwag.core.fetching import Fetching
from wigwag.core.forwarding import Forwarding
from wigwag.core.grouping import Grouping
from wigwag.core.keys import Keys
from wigwag.core.labels import Labels
from wigwag.core.library import Library
from wigwag.core.makings import Makings
from wigwag.core.marking import Marking
from wigwag.core.ownprofile import OwnProfile
from wigwag.core.pairings import Pairings
from wigwag.core.presences import Presences
from wigwag.core.roster import Roster
from wigwag.core.statuses import Statuses
from wigwag.core.vitals import VitalSigns
from wigwag.core.votes import Votes
from wigwag.core.webhooks import Webhooks
from wigwag.http.services import Services


async def open_services(
    core: Core,
    *,
    roster: Roster,
    pairings: Pairings,
    keys: Keys,
    webhooks: Webhooks,
    vitals: VitalSigns,
) -> Services:
    """Sweeps the uploads that a former run left, too."""
    archive, accounts = core.archive, core.accounts
    library = Library(archive)
    chat_state = ChatState(library, accounts)
    changing = Changing(library, accounts, core.sending)
    grouping, channels = Grouping(library, accounts), Channels(library, accounts)
    await core.uploads.start()
    return Services(
        accounts=accounts,
        roster=roster,
        pairings=pairings,
        keys=keys,
        library=library,
        feed=core.feed,
        webhooks=webhooks,
        sending=core.sending,
        changing=changing,
        schedule=core.schedule,
        forwarding=Forwarding(core.sending, core.media),
        chat_state=chat_state,
        disappearing=Disappearing(library, core.sending, grouping),
        labels=Labels(library, accounts),
        calls=Calls(library, accounts),
        statuses=Statuses(library, chat_state),
        marking=Marking(archive, library, accounts),
        presences=Presences(library, accounts),
        contact_book=ContactBook(archive, library, accounts),
        own_profile=OwnProfile(accounts, chat_state),
        older=core.older,
        votes=Votes(library, accounts, changing, BALLOTS),
        exports=Exports(archive, library, core.files),
        grouping=grouping,
        channels=channels,
        makings=Makings(archive, library, accounts, grouping=grouping, channels=channels),
        media=core.media,
        uploads=core.uploads,
        fetching=Fetching(core.remote, core.uploads),
        health=vitals.health,
        erasing=Erasing(archive, library, core.retention),
        vitals=vitals,
    )
