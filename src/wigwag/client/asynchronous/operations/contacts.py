# Made by tools/generate_client.py; do not edit it.
"""What can be asked of contacts."""

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call, given, path_of


class AsyncContactsOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def check_contacts(self, account: str, *, phones: list[str]) -> shapes.CheckedPage:
        """Which numbers are on WhatsApp."""
        return await self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/contacts/check", account=account),
                body=given(phones=phones),
            )
        )

    async def block_contact(self, account: str, jid: str) -> shapes.Blocked:
        """Shut a person out."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/block", account=account, jid=jid
                ),
            )
        )

    async def unblock_contact(self, account: str, jid: str) -> shapes.Blocked:
        """Let a person in again."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/unblock", account=account, jid=jid
                ),
            )
        )

    async def subscribe_contact(self, account: str, jid: str) -> shapes.Followed:
        """Be told when a person comes and goes (presence.updated)."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/subscribe", account=account, jid=jid
                ),
            )
        )

    async def get_contact_picture(
        self, account: str, jid: str, *, preview: bool | None = None
    ) -> shapes.ContactPicture:
        """Where a person's picture is."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/picture", account=account, jid=jid
                ),
                query={"preview": preview},
            )
        )

    async def get_contact_about(self, account: str, jid: str) -> shapes.About:
        """What a person says of themselves."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/about", account=account, jid=jid
                ),
            )
        )

    async def get_business(self, account: str, jid: str) -> shapes.Business:
        """What a business says of itself."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/business", account=account, jid=jid
                ),
            )
        )

    async def list_blocklist(self, account: str) -> shapes.BlocklistPage:
        """Whom the account shuts out."""
        return await self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/blocklist", account=account),
            )
        )

    async def erase_contact(self, account: str, jid: str) -> shapes.Erased:
        """Erase a person. Messages from and to them, names, reactions, votes, receipts,
        files that no other message has, and what the event log and deliveries to webhooks
        say of them. It cannot be undone.
        """
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/erase", account=account, jid=jid
                ),
            )
        )
