# Made by tools/generate_client.py; do not edit it.
"""What can be asked of the server's health."""

from wigwag.client import shapes
from wigwag.client.calls import Call
from wigwag.client.synchronous.asking import Asker


class OpsOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def get_liveness(self) -> shapes.Live:
        """Is the process alive?."""
        return self._json(
            Call(
                method="GET",
                path="/health/live",
            )
        )

    def get_readiness(self) -> shapes.Readiness:
        """Do messages flow?."""
        return self._json(
            Call(
                method="GET",
                path="/health/ready",
            )
        )

    def get_metrics(self) -> str:
        """Queues, lags, drops and durations, for Prometheus."""
        return self._text(
            Call(
                method="GET",
                path="/metrics",
            )
        )
