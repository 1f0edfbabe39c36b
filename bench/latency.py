"""From POST /api/send to the text decrypted in the person's inbox: median and 99th percentile.

The request is written to a raw socket; the person notes the arrival by the clock that both
processes share. The yardstick is a bare HTTP round trip over loopback, to a thread that answers
every request with the same bytes.
"""

import asyncio
import json
import socket
import threading
import time

from figures import Figure, Report, parser, percentile
from stages import linked_wigwag, open_stage
from wigwag import runtime

WARM_UP = 20
TIMEOUT_S = 20.0


def request(path: str, port: int, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def read_answer(connection: socket.socket) -> bytes:
    """One response, whole."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65536)
    assert b" 200 " in head.split(b"\r\n")[0], data
    return body


def dial(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def send_all(port: int, recipient: str, count: int) -> dict[str, tuple[float, float]]:
    """When each text left, and when its answer was there."""
    times: dict[str, tuple[float, float]] = {}
    with dial(port) as connection:
        for number in range(count):
            text = f"text {number}"
            body = json.dumps({"recipient": recipient, "message": text}).encode()
            data = request("/api/send", port, body)
            began = time.monotonic()
            connection.sendall(data)
            read_answer(connection)
            times[text] = began, time.monotonic()
    return times


def bare_round_trips(count: int) -> list[float]:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n" + bytes(16)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while connection.recv(65536):
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        times: list[float] = []
        with dial(port) as connection:
            data = request("/", port, b"{}")
            for _ in range(count):
                began = time.monotonic()
                connection.sendall(data)
                read_answer(connection)
                times.append(time.monotonic() - began)
        thread.join()
    return times


async def bench(report: Report) -> None:
    count: int = report.arguments.messages
    async with open_stage() as stage, linked_wigwag(stage, await stage.add_phone()) as server:
        person = stage.person
        await asyncio.to_thread(send_all, server.port, person.jid, WARM_UP)
        await stage.network.wait_arrivals(person, WARM_UP, TIMEOUT_S)
        times = await asyncio.to_thread(send_all, server.port, person.jid, count)
        await stage.network.wait_arrivals(person, WARM_UP + count, TIMEOUT_S)
        arrivals = await stage.network.arrivals(person, after=WARM_UP)
    bare = await asyncio.to_thread(bare_round_trips, count)
    delivered = [arrival.at - times[arrival.text][0] for arrival in arrivals]
    answered = [ended - began for began, ended in times.values()]
    for name, values, targets in (
        ("send to decrypted", delivered, {50: "< 15 ms", 99: ""}),
        ("send to HTTP answer", answered, {50: "", 99: ""}),
    ):
        for percent, target in targets.items():
            report.add(
                Figure(
                    name=f"{name}, p{percent}",
                    value=percentile(values, percent) * 1000,
                    unit="ms",
                    yardstick=percentile(bare, percent) * 1000,
                    yardstick_name=f"bare HTTP round trip, p{percent}",
                    target=target,
                )
            )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--messages", type=int, default=500)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
