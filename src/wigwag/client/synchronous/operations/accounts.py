# Made by tools/generate_client.py; do not edit it.
"""What can be asked of accounts."""

from contextlib import AbstractContextManager

from wigwag.client import shapes
from wigwag.client.calls import Call, given, path_of
from wigwag.client.synchronous.asking import Asker, Download


class AccountsOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def list_accounts(self) -> shapes.AccountPage:
        """All accounts."""
        return self._json(
            Call(
                method="GET",
                path="/v1/accounts",
            )
        )

    def create_account(
        self, *, account: str, engine: shapes.EngineKind | None = None
    ) -> shapes.Account:
        """Make an account, which begins to pair."""
        return self._json(
            Call(
                method="POST",
                path="/v1/accounts",
                body=given(account=account, engine=engine),
            )
        )

    def get_account(self, account: str) -> shapes.Account:
        """One account."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}", account=account),
            )
        )

    def change_account(self, account: str, *, engine: shapes.EngineKind) -> shapes.Account:
        """Change the engine of an account."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}", account=account),
                body=given(engine=engine),
            )
        )

    def delete_account(self, account: str) -> None:
        """Unlink an account and serve it no more."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of("/v1/accounts/{account}", account=account),
            )
        )

    def pair_account(self, account: str) -> shapes.Account:
        """Begin to pair, or show the current code again."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/pair", account=account),
            )
        )

    def make_pairing_code(self, account: str, *, phone: str) -> shapes.PairingCode:
        """A code to type on the phone."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/pair-code", account=account),
                body=given(phone=phone),
            )
        )

    def logout_account(self, account: str) -> shapes.Account:
        """Unlink from the phone; what is archived stays."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/logout", account=account),
            )
        )

    def restart_account(self, account: str) -> shapes.Account:
        """Connect anew, out of every state."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/restart", account=account),
            )
        )

    def get_qr(self, account: str, kind: str) -> AbstractContextManager[Download]:
        """The QR code to scan."""
        return self._download(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/qr.{kind}", account=account, kind=kind),
            )
        )

    def list_labels(self, account: str) -> shapes.LabelPage:
        """Labels."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/labels", account=account),
            )
        )

    def list_quick_replies(self, account: str) -> shapes.QuickReplyPage:
        """Quick replies."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/quick-replies", account=account),
            )
        )

    def list_settings(self, account: str) -> shapes.SettingPage:
        """Settings that the devices of the account share."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/settings", account=account),
            )
        )

    def list_history(self, account: str) -> shapes.HistoryPage:
        """How far history has come."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/history", account=account),
            )
        )
