# Made by tools/generate_client.py; do not edit it.
"""What can be asked of keys."""

from datetime import datetime

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call, given, path_of


class AsyncKeysOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def list_keys(self) -> shapes.KeyPage:
        """All keys, without their secrets."""
        return await self._json(
            Call(
                method="GET",
                path="/v1/keys",
            )
        )

    async def create_key(
        self,
        *,
        name: str,
        scopes: list[shapes.Scope],
        accounts: list[str] | None = None,
        chats: list[str] | None = None,
        expires_at: str | datetime | None = None,
    ) -> shapes.CreatedKey:
        """Make a key."""
        return await self._json(
            Call(
                method="POST",
                path="/v1/keys",
                body=given(
                    name=name, scopes=scopes, accounts=accounts, chats=chats, expires_at=expires_at
                ),
            )
        )

    async def get_key(self, key_id: str) -> shapes.Key:
        """One key, without its secret."""
        return await self._json(
            Call(
                method="GET",
                path=path_of("/v1/keys/{key_id}", key_id=key_id),
            )
        )

    async def change_key(
        self, key_id: str, *, name: str | None = None, expires_at: str | datetime | None = None
    ) -> shapes.Key:
        """Change a key."""
        return await self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/keys/{key_id}", key_id=key_id),
                body=given(name=name, expires_at=expires_at),
            )
        )

    async def delete_key(self, key_id: str) -> None:
        """Take a key back."""
        return await self._json(
            Call(
                method="DELETE",
                path=path_of("/v1/keys/{key_id}", key_id=key_id),
            )
        )
