# Made by tools/generate_client.py; do not edit it.
"""Every operation of the interface."""

from wigwag.client.synchronous.operations.accounts import AccountsOperations
from wigwag.client.synchronous.operations.calls import CallsOperations
from wigwag.client.synchronous.operations.changes import ChangesOperations
from wigwag.client.synchronous.operations.chats import ChatsOperations
from wigwag.client.synchronous.operations.communities import CommunitiesOperations
from wigwag.client.synchronous.operations.contacts import ContactsOperations
from wigwag.client.synchronous.operations.events import EventsOperations
from wigwag.client.synchronous.operations.groups import GroupsOperations
from wigwag.client.synchronous.operations.keys import KeysOperations
from wigwag.client.synchronous.operations.labels import LabelsOperations
from wigwag.client.synchronous.operations.media import MediaOperations
from wigwag.client.synchronous.operations.messages import MessagesOperations
from wigwag.client.synchronous.operations.newsletters import NewslettersOperations
from wigwag.client.synchronous.operations.ops import OpsOperations
from wigwag.client.synchronous.operations.polls import PollsOperations
from wigwag.client.synchronous.operations.profile import ProfileOperations
from wigwag.client.synchronous.operations.scheduled import ScheduledOperations
from wigwag.client.synchronous.operations.statuses import StatusesOperations
from wigwag.client.synchronous.operations.webhooks import WebhooksOperations


class Operations(
    AccountsOperations,
    CallsOperations,
    ChangesOperations,
    ChatsOperations,
    CommunitiesOperations,
    ContactsOperations,
    EventsOperations,
    GroupsOperations,
    KeysOperations,
    LabelsOperations,
    MediaOperations,
    MessagesOperations,
    NewslettersOperations,
    OpsOperations,
    PollsOperations,
    ProfileOperations,
    ScheduledOperations,
    StatusesOperations,
    WebhooksOperations,
):
    """What can be asked, noun by noun."""
