# Made by tools/generate_client.py; do not edit it.
"""What can be asked of groups."""

from typing import Literal

from wigwag.client import shapes
from wigwag.client.calls import Call, given, new_key, path_of
from wigwag.client.synchronous.asking import Asker


class GroupsOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def create_group(
        self,
        account: str,
        *,
        subject: str,
        participants: list[str] | None = None,
        announce: bool | None = None,
        locked: bool | None = None,
        approval: bool | None = None,
        admin_add: bool | None = None,
        ephemeral_seconds: Literal[0, 86400, 604800, 7776000] | None = None,
        community: bool | None = None,
        parent: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Made:
        """Make a group or a community."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/groups", account=account),
                body=given(
                    subject=subject,
                    participants=participants,
                    announce=announce,
                    locked=locked,
                    approval=approval,
                    admin_add=admin_add,
                    ephemeral_seconds=ephemeral_seconds,
                    community=community,
                    parent=parent,
                ),
                idempotency_key=idempotency_key or new_key(),
            )
        )

    def change_group(
        self,
        account: str,
        chat: str,
        *,
        subject: str | None = None,
        description: str | None = None,
        announce: bool | None = None,
        locked: bool | None = None,
        approval: bool | None = None,
        admin_add: bool | None = None,
        ephemeral_seconds: Literal[0, 86400, 604800, 7776000] | None = None,
    ) -> shapes.Group:
        """Change the subject, the description or the settings of a group."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}/groups/{chat}", account=account, chat=chat),
                body=given(
                    subject=subject,
                    description=description,
                    announce=announce,
                    locked=locked,
                    approval=approval,
                    admin_add=admin_add,
                    ephemeral_seconds=ephemeral_seconds,
                ),
            )
        )

    def preview_group(self, account: str, *, link: str) -> shapes.Group:
        """The group that a link leads to, without joining it."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/groups/preview", account=account),
                body=given(link=link),
            )
        )

    def join_group(self, account: str, *, link: str) -> shapes.Joined:
        """Join a group by its link."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/groups/join", account=account),
                body=given(link=link),
            )
        )

    def leave_group(self, account: str, chat: str) -> shapes.Left:
        """Leave a group."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/leave", account=account, chat=chat
                ),
            )
        )

    def set_group_picture(self, account: str, chat: str, *, media_id: str) -> shapes.Picture:
        """Set the picture of a group."""
        return self._json(
            Call(
                method="PUT",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/picture", account=account, chat=chat
                ),
                body=given(media_id=media_id),
            )
        )

    def remove_group_picture(self, account: str, chat: str) -> shapes.Picture:
        """Remove the picture of a group."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/picture", account=account, chat=chat
                ),
            )
        )

    def change_participants(
        self, account: str, chat: str, change: str, *, people: list[str]
    ) -> shapes.Outcomes:
        """Add, remove, promote or demote people; one outcome for each."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/participants/{change}",
                    account=account,
                    chat=chat,
                    change=change,
                ),
                body=given(people=people),
            )
        )

    def approve_requests(self, account: str, chat: str, *, people: list[str]) -> shapes.Outcomes:
        """Let people in who asked for it."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/requests/approve",
                    account=account,
                    chat=chat,
                ),
                body=given(people=people),
            )
        )

    def reject_requests(self, account: str, chat: str, *, people: list[str]) -> shapes.Outcomes:
        """Do not let people in who asked for it."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/requests/reject",
                    account=account,
                    chat=chat,
                ),
                body=given(people=people),
            )
        )

    def get_invite_link(self, account: str, chat: str) -> shapes.InviteLink:
        """The link that leads into a group."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/invite", account=account, chat=chat
                ),
            )
        )

    def reset_invite_link(self, account: str, chat: str) -> shapes.InviteLink:
        """Make a new link into a group, and void the former one."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/invite/reset", account=account, chat=chat
                ),
            )
        )

    def list_join_requests(self, account: str, chat: str) -> shapes.WaitingPage:
        """Who asks to be let into a group."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/requests", account=account, chat=chat
                ),
            )
        )
