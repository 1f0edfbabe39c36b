"""`/metrics` for Prometheus: every queue, lag, drop and duration.

`METRICS` is the one place that says what there is and what it means; docs/reference/metrics.md is
made from it. No label holds an account, a number, an address or a text: every one has few values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from starlette.responses import Response

from wigwag import __version__
from wigwag.core.measures import Histogram
from wigwag.core.vitals import Vitals, VitalSigns
from wigwag.http.callers import needs
from wigwag.http.metering import HttpMeter
from wigwag.http.services import Services
from wigwag.http.streams import Seats
from wigwag.model.errors import ScopeMissing
from wigwag.model.health import CheckState
from wigwag.model.key import ApiKey, Scope

PREFIX: Final = "wigwag_"
_GAUGE: Final = "gauge"
_COUNTER: Final = "counter"
_HISTOGRAM: Final = "histogram"
Samples = Iterable[tuple[Sequence[str], Any]]
"""Values of labels, and the value: a number, or a Histogram."""


class Spec(NamedTuple):
    """A metric: its name without the prefix, its kind, what it means, its labels."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


METRICS: Final = (
    Spec("build_info", _GAUGE, "Always 1; the version is a label.", ("version",)),
    Spec("ready", _GAUGE, "1 while messages flow, as /health/ready tells; else 0."),
    Spec("checks", _GAUGE, "Checks of /health/ready, by their state.", ("check", "state")),
    Spec("accounts", _GAUGE, "Accounts by the state of their connection.", ("state",)),
    Spec(
        "queue_length",
        _GAUGE,
        "What waits: units for the writer of messages.db (archive_writer) and of whatsapp.db "
        "(engine_writer), stanzas that have no end yet (stanzas), events for the archive (inbox), "
        "messages to be sent (outbox), events for webhooks (deliveries), files to be fetched "
        "(media) and that are being fetched (media_running), files that are looked at or converted "
        "(media_work).",
        ("queue",),
    ),
    Spec("event_streams", _GAUGE, "Long polls, server-sent events and websockets that are open."),
    Spec("event_log_head", _GAUGE, "Number of the newest event."),
    Spec("event_log_oldest", _GAUGE, "Number of the oldest event that is kept; 0 without any."),
    Spec(
        "webhook_lag_events",
        _GAUGE,
        "Events of the log that the webhook furthest behind has not looked at.",
    ),
    Spec("delivery_oldest_seconds", _GAUGE, "Age of the oldest event that a webhook waits for."),
    Spec("deliveries_dead", _GAUGE, "Events that were given up for a webhook."),
    Spec("outbox_oldest_seconds", _GAUGE, "Age of the oldest message that is not sent yet."),
    Spec("events_rejected", _GAUGE, "Events that could not be recorded, kept aside whole."),
    Spec("messages_unreadable", _GAUGE, "Messages that cannot be decrypted and are hoped for."),
    Spec("stanzas_total", _COUNTER, "What WhatsApp sent, by tag.", ("tag",)),
    Spec("stanzas_ended_total", _COUNTER, "What became of it.", ("end",)),
    Spec("stanzas_dropped_total", _COUNTER, "Of it, what was dropped, and why.", ("reason",)),
    Spec("parts_dropped_total", _COUNTER, "Parts that were dropped, and why.", ("reason",)),
    Spec("engine_events_total", _COUNTER, "Durable events made of what WhatsApp sent."),
    Spec("sends_total", _COUNTER, "Attempts to send: sent, failed, again.", ("outcome",)),
    Spec(
        "downloads_total",
        _COUNTER,
        "Attempts to fetch a file, by the state that it came to.",
        ("outcome",),
    ),
    Spec("webhook_attempts_total", _COUNTER, "Requests to receivers of webhooks.", ("verdict",)),
    Spec("commit_seconds", _HISTOGRAM, "Commits, from begin to disk.", ("database",)),
    Spec("send_seconds", _HISTOGRAM, "From the engine to WhatsApp's acknowledgement."),
    Spec(
        "http_request_seconds",
        _HISTOGRAM,
        "Requests until their answer begins, by route (as in /openapi.json).",
        ("method", "route", "status"),
    ),
    Spec("disk_free_bytes", _GAUGE, "Free bytes on the disk of the store."),
    Spec("disk_low", _GAUGE, "1 while files wait for room on the disk; else 0."),
    Spec("database_bytes", _GAUGE, "Size of a database with its log.", ("database",)),
)
PROCESS_METRICS: Final = (
    ("process_resident_memory_bytes", "Memory that the process holds."),
    ("process_virtual_memory_bytes", "Address space of the process."),
    ("process_cpu_seconds_total", "CPU time of the process."),
    ("process_open_fds", "Open files and sockets."),
    ("process_max_fds", "How many there may be."),
    ("process_start_time_seconds", "When the process started, in seconds since 1970."),
)
"""Those of the official client library; on Linux alone."""


def samples(
    vitals: Vitals, signs: VitalSigns, meter: HttpMeter, streams: int
) -> dict[str, Samples]:
    """The values of every metric of `METRICS`, by name."""
    measures, lag = signs.measures, vitals.lag
    ready = all(check.state is not CheckState.FAILED for check in vitals.checks)
    behind = 0 if lag.webhook_cursor is None else max(0, vitals.head_seq - lag.webhook_cursor)
    queues = vitals.queues | {"deliveries": vitals.deliveries.pending, "media": lag.media_pending}
    return {
        "build_info": [((__version__,), 1)],
        "ready": _one(ready),
        "checks": _check_samples(vitals),
        "accounts": _by_word(vitals.accounts),
        "queue_length": _by_word(queues),
        "event_streams": _one(streams),
        "event_log_head": _one(vitals.head_seq),
        "event_log_oldest": _one(lag.oldest_seq),
        "webhook_lag_events": _one(behind),
        "delivery_oldest_seconds": _one(vitals.delivery_age_s),
        "deliveries_dead": _one(vitals.deliveries.dead),
        "outbox_oldest_seconds": _one(vitals.outbox_age_s),
        "events_rejected": _one(lag.rejected),
        "messages_unreadable": _one(vitals.unreadable),
        "stanzas_total": _by_word(vitals.stanzas["arrived"]),
        "stanzas_ended_total": _by_word(vitals.stanzas["ended"]),
        "stanzas_dropped_total": _by_word(vitals.stanzas["dropped"]),
        "parts_dropped_total": _by_word(vitals.stanzas["parts"]),
        "engine_events_total": _one(vitals.events),
        "sends_total": _by_word(measures.sends),
        "downloads_total": _by_word(measures.downloads),
        "webhook_attempts_total": _by_word(measures.deliveries),
        "commit_seconds": _by_word(signs.commits),
        "send_seconds": [((), measures.send_s)],
        "http_request_seconds": list(meter.requests.items()),
        "disk_free_bytes": [] if vitals.free_bytes is None else _one(vitals.free_bytes),
        "disk_low": _one(vitals.is_low),
        "database_bytes": _by_word(vitals.file_bytes),
    }


def _one(value: float) -> Samples:
    return [((), float(value))]


def _by_word(values: Mapping[str, Any]) -> Samples:
    return [((word,), value) for word, value in sorted(values.items())]


def _check_samples(vitals: Vitals) -> Samples:
    counts = {(check.name, state.value): 0 for check in vitals.checks for state in CheckState}
    for check in vitals.checks:
        counts[check.name, check.state.value] += 1
    return list(counts.items())


class _Families(Collector):
    """The metrics of one moment, for the library that writes them down."""

    def __init__(self, values: Mapping[str, Samples]) -> None:
        self._values = values

    def collect(self) -> Iterator[Metric]:
        for spec in METRICS:
            yield _family(spec, self._values[spec.name])


def _family(spec: Spec, values: Samples) -> Metric:
    name = PREFIX + spec.name
    if spec.kind == _HISTOGRAM:
        family = HistogramMetricFamily(name, spec.help, labels=spec.labels)
        for labels, histogram in values:
            assert isinstance(histogram, Histogram)  # noqa: S101 - what `samples` gives
            family.add_metric(labels, histogram.cumulative(), histogram.total_s)
        return family
    made = CounterMetricFamily if spec.kind == _COUNTER else GaugeMetricFamily
    family = made(name, spec.help, labels=spec.labels)
    for labels, value in values:
        family.add_metric(labels, value)
    return family


def exposition(values: Mapping[str, Samples]) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(_Families(values))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


def metrics_router(services: Services, meter: HttpMeter, seats: Seats) -> APIRouter:
    router = APIRouter(tags=["ops"])

    @router.get(
        "/metrics",
        summary="Queues, lags, drops and durations, for Prometheus",
        response_class=Response,
        responses={
            200: {
                "description": "Prometheus' text format",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            }
        },
    )
    async def get_metrics(key: Annotated[ApiKey, needs(Scope.READ)]) -> Response:
        if key.accounts or key.chats:
            raise ScopeMissing("Metrics tell of all accounts; take a key without limits.")
        vitals = await services.vitals.read()
        text = exposition(samples(vitals, services.vitals, meter, seats.count))
        return Response(text, headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    return router
