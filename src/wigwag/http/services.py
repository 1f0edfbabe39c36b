"""What the routes may call: the use cases of the core, and nothing else."""

from dataclasses import dataclass

from wigwag.core.accounts import Accounts
from wigwag.core.media import MediaFetcher
from wigwag.core.sending import Sending


@dataclass(frozen=True, kw_only=True)
class Services:
    accounts: Accounts
    sending: Sending
    media: MediaFetcher
