# Made by tools/generate_client.py; do not edit it.
"""What can be asked of labels."""

from wigwag.client import shapes
from wigwag.client.calls import Call, given, path_of
from wigwag.client.synchronous.asking import Asker


class LabelsOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def make_label(self, account: str, *, name: str, color: int | None = None) -> shapes.Label:
        """Make a label."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/labels", account=account),
                body=given(name=name, color=color),
            )
        )

    def change_label(
        self, account: str, label: str, *, name: str | None = None, color: int | None = None
    ) -> shapes.Label:
        """Give a label another name or colour."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}/labels/{label}", account=account, label=label),
                body=given(name=name, color=color),
            )
        )

    def delete_label(self, account: str, label: str) -> None:
        """Delete a label."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of("/v1/accounts/{account}/labels/{label}", account=account, label=label),
            )
        )

    def label_chat(self, account: str, chat: str, label: str) -> shapes.Chat:
        """Put a label on a chat."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/chats/{chat}/labels/{label}",
                    account=account,
                    chat=chat,
                    label=label,
                ),
            )
        )

    def unlabel_chat(self, account: str, chat: str, label: str) -> shapes.Chat:
        """Take a label off a chat."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/chats/{chat}/labels/{label}",
                    account=account,
                    chat=chat,
                    label=label,
                ),
            )
        )

    def label_message(
        self,
        account: str,
        message_id: str,
        label: str,
        *,
        chat: str | None = None,
        sender: str | None = None,
    ) -> None:
        """Put a label on a message."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/labels/{label}",
                    account=account,
                    message_id=message_id,
                    label=label,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    def unlabel_message(
        self,
        account: str,
        message_id: str,
        label: str,
        *,
        chat: str | None = None,
        sender: str | None = None,
    ) -> None:
        """Take a label off a message."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/labels/{label}",
                    account=account,
                    message_id=message_id,
                    label=label,
                ),
                query={"chat": chat, "sender": sender},
            )
        )
