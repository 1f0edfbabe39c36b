"""`/metrics`: what is told, in the form that Prometheus reads, and nothing of anybody."""

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from stored.desk import Desk
from stored.doors import ADMIN, Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.makers import ANN, received
from wigwag.core.diskroom import DiskRoom
from wigwag.core.health import Health
from wigwag.core.measures import Histogram, Measures
from wigwag.core.vitals import VitalSigns
from wigwag.http.metrics import METRICS, PREFIX, PROCESS_METRICS
from wigwag.model.key import Scope
from wigwag.model.webhook import DeliveryRecord, WebhookRecord
from wigwag.ports import Counters

PAGE = Path(__file__).parents[3] / "docs/reference/metrics.md"


def signs_of(desk: Desk, measures: Measures) -> VitalSigns:
    disk = DiskRoom(lambda: 5_000, 1_000)
    commits = Histogram()
    commits.observe(0.002)
    return VitalSigns(
        desk.archive,
        desk.accounts,
        disk,
        Health(desk.accounts, desk.archive, disk, lambda: ""),
        measures,
        queues={"outbox": lambda: 3},
        commits={"messages.db": commits},
        file_bytes=lambda: {"messages.db": 4096},
    )


async def scraped(doors: Doors) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample, by its name and its labels."""
    doors.key = ADMIN
    answer = await doors.client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_queues_lags_drops_and_durations(desk: Desk) -> None:
    measures = Measures()
    measures.sends["sent"] += 2
    measures.send_s.observe(0.2)
    webhook = WebhookRecord("wh_1", "https://x.example", "", "", "", "whsec_", 0, 0)
    delivery = DeliveryRecord("wh_1", "e", 1, "lane", "t", b"{}", 0)
    async with open_doors(desk, fresh=True, vitals=signs_of(desk, measures)) as doors:
        await desk.take(received("A1"))
        await desk.archive.write(lambda tx: tx.webhooks.add(webhook))
        await desk.archive.write(lambda tx: tx.webhooks.add_deliveries([delivery]))
        found = await scraped(doors)
        again = await scraped(doors)
    head = desk.archive.last_seq
    assert found["wigwag_event_log_head", ()] == found["wigwag_webhook_lag_events", ()] == head
    assert found["wigwag_event_log_oldest", ()] == 1
    for queue, length in (("outbox", 3), ("deliveries", 1), ("media", 0), ("inbox", 0)):
        assert found["wigwag_queue_length", (("queue", queue),)] == length
    assert found["wigwag_delivery_oldest_seconds", ()] > 1e9
    assert found["wigwag_sends_total", (("outcome", "sent"),)] == 2
    assert found["wigwag_send_seconds_sum", ()] == 0.2
    assert found["wigwag_commit_seconds_count", (("database", "messages.db"),)] == 1
    assert found["wigwag_accounts", (("state", "connected"),)] == 1
    assert found["wigwag_accounts", (("state", "banned"),)] == 0
    assert found["wigwag_ready", ()] == 1
    assert found["wigwag_disk_free_bytes", ()] == 5_000
    labels = (("method", "GET"), ("route", "/metrics"), ("status", "2xx"))
    assert again["wigwag_http_request_seconds_count", labels] == 1


class Busy(StoredEngine):
    """It has counted something."""

    @property
    def counters(self) -> Counters:
        return Counters(
            arrived={"message": 5},
            ended={"stored": 3, "dropped": 1},
            dropped={"late_ack": 1},
            parts={},
            under_way=1,
            backlog=4,
            open_messages=2,
            events=9,
        )


async def test_what_the_engines_count(desk: Desk) -> None:
    desk.accounts.add(Busy())
    async with open_doors(desk, fresh=True, vitals=signs_of(desk, Measures())) as doors:
        found = await scraped(doors)
    assert found["wigwag_stanzas_total", (("tag", "message"),)] == 5
    assert found["wigwag_stanzas_ended_total", (("end", "stored"),)] == 3
    assert found["wigwag_stanzas_dropped_total", (("reason", "late_ack"),)] == 1
    assert found["wigwag_queue_length", (("queue", "stanzas"),)] == 1
    assert found["wigwag_queue_length", (("queue", "inbox"),)] == 4
    assert found["wigwag_messages_unreadable", ()] == 2
    assert found["wigwag_engine_events_total", ()] == 9


async def test_paths_of_callers_are_no_labels(desk: Desk) -> None:
    async with open_doors(desk, fresh=True, vitals=signs_of(desk, Measures())) as doors:
        for path in (f"/v1/accounts/default/chats/{ANN}", "/15550001111", "/v1/nothing/secret"):
            await doors.client.get(path)
        await doors.client.request("BREW", "/metrics")
        found = await scraped(doors)
    routes = {dict(labels).get("route") for _, labels in found}
    assert "/v1/accounts/{account}/chats/{chat}" in routes
    assert "unmatched" in routes
    methods = {dict(labels).get("method") for _, labels in found}
    assert methods - {None} == {"GET", "other"}
    text = repr(found)
    for told in (ANN.user, "15550001111", "secret", "BREW"):
        assert told not in text


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (key_of(Scope.READ), 200),
        (key_of(Scope.SEND), 403),
        (key_of(Scope.READ, accounts=("default",)), 403),
        (key_of(Scope.READ, chats=(str(ANN),)), 403),
    ],
)
async def test_who_may_ask(desk: Desk, key: Any, status: int) -> None:
    async with open_doors(desk, fresh=True, vitals=signs_of(desk, Measures())) as doors:
        doors.key = key
        answer = await doors.client.get("/metrics")
    assert answer.status_code == status, answer.text


async def test_every_metric_is_documented_and_every_documented_one_is_there(desk: Desk) -> None:
    documented = set(re.findall(r"^\| `(\w+)`", PAGE.read_text(), re.MULTILINE))
    process = {name for name, _ in PROCESS_METRICS}
    assert documented == {PREFIX + spec.name for spec in METRICS} | process
    async with open_doors(desk, fresh=True, vitals=signs_of(desk, Measures())) as doors:
        doors.key = ADMIN
        text = (await doors.client.get("/metrics")).text
    told = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    assert documented - process <= told
    assert told <= documented
