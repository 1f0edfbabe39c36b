"""Files over the interface of version 1: from a stranger's phone to the caller, and no further."""

import hashlib
from pathlib import Path

from peers.house import SAM, House, open_house
from scripted.outside import inside

ROOT = Path(__file__).parents[2]
MESSAGES = "/v1/accounts/default/messages"
PAGE = b"<html><script>fetch('http://evil.example')</script></html>"


async def url_of(house: House, message_id: str) -> str:
    await house.until_rows("SELECT 1 FROM messages WHERE id = ?", message_id)
    return str((await house.get(f"{MESSAGES}/{message_id}")).body["media"]["url"])


async def test_files_are_served_as_they_were_sent_and_harmless(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store", fetch_allow=("127.0.0.1",)) as house:
        picture = (ROOT / "docs/sample.png").read_bytes()
        sent = await house.person_sends(SAM, picture, kind="image")
        url = await url_of(house, sent)
        whole = await house.get(url)
        assert (whole.status, whole.body) == (200, picture)
        assert whole.headers["content-type"] == "image/png"
        assert whole.headers["etag"] == f'"{hashlib.sha256(picture).hexdigest()}"'
        part = await house.get(url, range="bytes=10-19")
        assert (part.status, part.body) == (206, picture[10:20])
        head = await house.request("HEAD", url)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(picture))

        sent = await house.person_sends(
            SAM, PAGE, kind="document", mime="text/html", filename="../été.html"
        )
        page = await house.get(await url_of(house, sent))
        assert (page.status, page.body) == (200, PAGE)
        assert page.headers["content-type"] == "application/octet-stream"
        assert page.headers["content-disposition"].startswith("attachment; filename*=utf-8''")
        assert page.headers["content-disposition"].endswith("%C3%A9t%C3%A9.html")
        assert page.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert page.headers["x-content-type-options"] == "nosniff"

        unknown = await house.get(f"{MESSAGES}/nothing/media")
        assert (unknown.status, unknown.body["code"]) == (404, "not_found")
        await a_file_is_sent_by_its_url(house)


async def a_file_is_sent_by_its_url(house: House) -> None:
    """From another server to a person's phone, once, and nothing of it stays behind."""
    async with inside() as service:
        service.moves = {"/report": "/report.txt"}
        base = f"http://127.0.0.1:{service.port}"
        body = {"to": SAM, "type": "document", "media": {"url": f"{base}/report"}}
        answers = [
            await house.request("POST", MESSAGES, body, headers={"idempotency-key": "report"})
            for _ in range(2)
        ]
        assert [answer.status for answer in answers] == [201, 201], answers
        assert answers[0].body == answers[1].body
        assert service.seen == ["/report", "/report.txt"]
        entry = await house.until_in_inbox(SAM, answers[0].body["id"])
        assert (entry["media"]["filename"], entry["media"]["size_bytes"]) == ("report.txt", 8)
        assert entry["media"]["sha256"] == hashlib.sha256(b"the file").hexdigest()
        assert list((house.store / "uploads").iterdir()) == []

        refused = await house.post(MESSAGES, body | {"media": {"url": "http://[::1]/"}})
        assert (refused.status, refused.body["code"]) == (403, "url_refused")
        body["media"] = {"url": f"http://127.0.0.1:{house.port}/nothing"}
        failed = await house.post(MESSAGES, body)
        assert (failed.status, failed.body["code"]) == (422, "url_failed")
