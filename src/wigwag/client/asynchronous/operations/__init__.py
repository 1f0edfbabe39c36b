# Made by tools/generate_client.py; do not edit it.
"""Every operation of the interface."""

from wigwag.client.asynchronous.operations.accounts import AsyncAccountsOperations
from wigwag.client.asynchronous.operations.calls import AsyncCallsOperations
from wigwag.client.asynchronous.operations.changes import AsyncChangesOperations
from wigwag.client.asynchronous.operations.chats import AsyncChatsOperations
from wigwag.client.asynchronous.operations.communities import AsyncCommunitiesOperations
from wigwag.client.asynchronous.operations.contacts import AsyncContactsOperations
from wigwag.client.asynchronous.operations.events import AsyncEventsOperations
from wigwag.client.asynchronous.operations.groups import AsyncGroupsOperations
from wigwag.client.asynchronous.operations.keys import AsyncKeysOperations
from wigwag.client.asynchronous.operations.labels import AsyncLabelsOperations
from wigwag.client.asynchronous.operations.media import AsyncMediaOperations
from wigwag.client.asynchronous.operations.messages import AsyncMessagesOperations
from wigwag.client.asynchronous.operations.newsletters import AsyncNewslettersOperations
from wigwag.client.asynchronous.operations.ops import AsyncOpsOperations
from wigwag.client.asynchronous.operations.polls import AsyncPollsOperations
from wigwag.client.asynchronous.operations.profile import AsyncProfileOperations
from wigwag.client.asynchronous.operations.scheduled import AsyncScheduledOperations
from wigwag.client.asynchronous.operations.statuses import AsyncStatusesOperations
from wigwag.client.asynchronous.operations.webhooks import AsyncWebhooksOperations


class AsyncOperations(
    AsyncAccountsOperations,
    AsyncCallsOperations,
    AsyncChangesOperations,
    AsyncChatsOperations,
    AsyncCommunitiesOperations,
    AsyncContactsOperations,
    AsyncEventsOperations,
    AsyncGroupsOperations,
    AsyncKeysOperations,
    AsyncLabelsOperations,
    AsyncMediaOperations,
    AsyncMessagesOperations,
    AsyncNewslettersOperations,
    AsyncOpsOperations,
    AsyncPollsOperations,
    AsyncProfileOperations,
    AsyncScheduledOperations,
    AsyncStatusesOperations,
    AsyncWebhooksOperations,
):
    """What can be asked, noun by noun."""
