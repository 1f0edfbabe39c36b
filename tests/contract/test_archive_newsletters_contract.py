"""Every archive keeps newsletters and whom an account shuts out so."""

from stored.archives import A
from wigwag.model.record import ContactRecord, NewsletterRecord, PostRecord
from wigwag.ports import Archive, ArchiveTx

NEWS = "120363000000000009@newsletter"
PAPER = NewsletterRecord(A, NEWS, "Paper", "All", "0029Va", 5, 1_000, True, "active", "owner")
POST = PostRecord(A, NEWS, 7, "N1", 3, '[["+",2]]')


async def test_newsletters_and_their_posts(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> None:
        assert tx.newsletters.find(A, NEWS) is None
        assert tx.newsletters.find_post(A, NEWS, 7) is None
        tx.newsletters.save(PAPER)
        tx.newsletters.save_post(POST)
        tx.newsletters.save_post(PostRecord(A, NEWS, 8, "", None, None))

    await archive.write(unit)
    renamed = PAPER._replace(name="Times")
    await archive.write(lambda tx: tx.newsletters.save(renamed))
    assert await archive.write(lambda tx: tx.newsletters.find(A, NEWS)) == renamed
    assert await archive.write(lambda tx: tx.newsletters.find_post(A, NEWS, 7)) == POST
    found = await archive.find_newsletter(A, NEWS)
    assert found is not None
    assert (found.name, found.subscribers, found.verified, found.role) == (
        "Times",
        5,
        True,
        "owner",
    )
    assert (await archive.list_newsletters(A, "", 50)).items == (found,)
    assert (await archive.list_newsletters("other", "", 50)).items == ()
    post = await archive.find_post(A, NEWS, "N1")
    assert post is not None
    assert (post.server_id, post.views, post.reactions) == (7, 3, (("+", 2),))
    assert await archive.find_post(A, NEWS, "N2") is None


async def test_who_is_shut_out(archive: Archive) -> None:
    def unit(tx: ArchiveTx) -> list[str]:
        for account, jid, blocked in (
            (A, "1@lid", True),
            (A, "2@lid", False),
            ("b", "3@lid", True),
        ):
            tx.people.save_contact(ContactRecord(account, jid, about="x", blocked=blocked))
        return tx.people.list_blocked(A)

    assert await archive.write(unit) == ["1@lid"]
    contact = await archive.find_contact(A, "1@lid")
    assert contact is not None
    assert (contact.blocked, contact.about) == (True, "x")
