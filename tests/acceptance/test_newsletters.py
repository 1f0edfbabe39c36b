"""Newsletters through the whole server: what is followed is archived, what is owned can be said."""

from base64 import b64encode
from pathlib import Path

from peers.house import EMMA, open_house
from wigwag.sandbox.samples import make_png


async def test_what_a_newsletter_says_is_archived_with_its_files(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        own = (await house.get("/v1/accounts/default")).body["phone"]
        made = await house.post("/sandbox/newsletters", {"owner": EMMA, "name": "Paper"})
        news = made.body["jid"]
        await house.post(f"/sandbox/newsletters/{news}/followers", {"person": own})
        await house.until_rows("SELECT 1 FROM chats WHERE jid = ? AND name = 'Paper'", news)
        said = await house.post(f"/sandbox/newsletters/{news}/posts", {"text": "good morning"})
        found = await house.until_rows(
            "SELECT content, sender FROM messages WHERE id = ?", said.body["id"]
        )
        assert found == [("good morning", news)]
        picture = {"base64": b64encode(make_png(7)).decode()}
        shown = await house.post(f"/sandbox/newsletters/{news}/posts", {"media": picture})
        ((name,),) = await house.until_rows(
            "SELECT filename FROM messages WHERE id = ? AND media_state = 'available'",
            shown.body["id"],
        )
        assert (house.store / news / name).read_bytes() == make_png(7)
        changed = {"text": "good evening", "server_id": said.body["server_id"]}
        await house.post(f"/sandbox/newsletters/{news}/posts", changed)
        await house.until_rows(
            "SELECT 1 FROM messages WHERE id = ? AND content = 'good evening'", said.body["id"]
        )


async def test_an_owned_newsletter_is_sent_to_as_a_chat(tmp_path: Path) -> None:
    file = tmp_path / "outbox" / "cat.png"
    file.parent.mkdir()
    file.write_bytes(make_png(1))
    async with open_house(tmp_path / "store", media_roots=(file.parent,)) as house:
        own = (await house.get("/v1/accounts/default")).body["phone"]
        made = await house.post("/sandbox/newsletters", {"owner": own, "name": "Mine"})
        news = made.body["jid"]
        for sent in (await house.send(news, "hello"), await house.send(news, "look", file)):
            assert (sent.status, sent.body["state"]) == (200, "sent"), sent.body
        posts = (await house.get(f"/sandbox/newsletters/{news}/posts")).body["items"]
        assert [post["type"] for post in posts] == ["text", "media"]
        known = house.rows(
            "SELECT server_id, message_id FROM newsletter_posts WHERE newsletter_jid = ?", news
        )
        assert known == [(post["server_id"], post["id"]) for post in posts]
