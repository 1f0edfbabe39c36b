# Made by tools/generate_client.py; do not edit it.
"""What can be asked of the server's health."""

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call


class AsyncOpsOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def get_liveness(self) -> shapes.Live:
        """Is the process alive?."""
        return await self._json(
            Call(
                method="GET",
                path="/health/live",
            )
        )

    async def get_readiness(self) -> shapes.Readiness:
        """Do messages flow?."""
        return await self._json(
            Call(
                method="GET",
                path="/health/ready",
            )
        )

    async def get_metrics(self) -> str:
        """Queues, lags, drops and durations, for Prometheus."""
        return await self._text(
            Call(
                method="GET",
                path="/metrics",
            )
        )
