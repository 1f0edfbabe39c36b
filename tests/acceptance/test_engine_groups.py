"""Groups and status updates between the native engine and people of the sandbox."""

from pathlib import Path

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.model.appstate import ContactNamed
from wigwag.model.content import MessageKey, Reaction, Text
from wigwag.model.event import AppStateChanged, GroupChanged, GroupChangeKind, GroupJoined
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.residents.person import Person
from wigwag.wire.nodes import Node


def sent_messages(town: EngineTown, to: Jid) -> list[Node]:
    """The message stanzas of the engine to a chat, in order."""
    entries = town.sandbox.transcript.entries(limit=100_000)
    return [
        entry.node
        for entry in entries
        if entry.inbound and entry.node.tag == "message" and entry.node.attrs.get("to") == to
    ]


def change(town: EngineTown, group: Jid, action: str, *people: Person) -> None:
    """The phone changes who is in the group."""
    directory = town.sandbox.network.directory
    groups = town.sandbox.network.groups
    accounts = [directory.get(person.lid) for person in people]
    groups.change_members(groups.get(group), town.phone.account, action, accounts)


async def test_a_group_talks_both_ways(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friends = [
            town.sandbox.add_person(name, f"1555010000{number}")
            for number, name in enumerate(("Finn", "Gina", "Hugo"), start=2)
        ]
        await town.link()
        group = town.sandbox.create_group("Friends", [town.phone.pn, *(f.pn for f in friends)])
        (joined,) = await town.until_told(GroupJoined)
        assert joined.group.subject == "Friends"
        assert len(joined.group.participants) == 4
        sent = await town.send(group.jid, "hello all")
        assert sent.chat == group.jid
        for friend in friends:
            entry = await friend.wait_for(lambda entry: entry.text == "hello all")
            assert entry.chat == group.jid
        await town.phone.wait_for(lambda entry: entry.text == "hello all")
        for friend in friends:
            friend.send_text(group.jid, f"hello from {friend.name}")
        await town.until_texts(*(f"hello from {friend.name}" for friend in friends))
        for message in town.messages:
            assert message.key.chat == group.jid
            assert message.key.sender in {friend.lid for friend in friends}
            assert message.sender_alt in {friend.pn for friend in friends}
            assert message.chat_alt is None


async def test_the_sender_key_goes_to_each_device_once(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        finn = town.sandbox.add_person("Finn", "15550100002")
        gina = town.sandbox.add_person("Gina", "15550100003")
        await town.link()
        group = town.sandbox.create_group("Friends", [town.phone.pn, finn.pn])
        await town.until_told(GroupJoined)
        for number in range(3):
            await town.send(group.jid, f"line {number}")
        change(town, group.jid, "add", gina)
        await town.until_told(GroupChanged)
        await town.send(group.jid, "welcome")
        await gina.wait_for(lambda entry: entry.text == "welcome")
        handed = [
            [to.attr("jid") for to in node.kids[0].kids] if node.child("participants") else []
            for node in sent_messages(town, group.jid)
        ]
        assert [len(devices) for devices in handed] == [2, 0, 0, 1]
        change(town, group.jid, "remove", finn)
        await town.until_told(GroupChanged, 2)
        assert town.told(GroupChanged)[1].kind is GroupChangeKind.REMOVE
        await town.send(group.jid, "without Finn")
        await gina.wait_for(lambda entry: entry.text == "without Finn")
        again = sent_messages(town, group.jid)[-1]
        assert len(again.kids[0].kids) == 2


async def test_a_group_is_learnt_at_the_login(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        finn = town.sandbox.add_person("Finn", "15550100002")
        town.sandbox.create_group("Old friends", [town.phone.pn, finn.pn])
        await town.link()
        (joined,) = await town.until_told(GroupJoined)
        assert joined.group.subject == "Old friends"
        await town.restart()
        finn.send_text(town.phone.pn, "still there?")
        await town.until_texts("still there?")
        assert len(town.told(GroupJoined)) == 1


async def test_reactions_in_a_group_know_their_target(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        finn = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        group = town.sandbox.create_group("Friends", [town.phone.pn, finn.pn])
        await town.until_told(GroupJoined)
        sent = await town.send(group.jid, "react to me")
        await finn.wait_for(lambda entry: entry.text == "react to me")
        finn.react(sent.id, "\N{PARTY POPPER}")
        await until(lambda: any(isinstance(m.content, Reaction) for m in town.messages))
        (reaction,) = [m.content for m in town.messages if isinstance(m.content, Reaction)]
        own = MessageKey(chat=group.jid, sender=town.phone.lid, id=sent.id, from_me=True)
        assert reaction.target == own


async def test_status_updates_both_ways(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        finn = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        finn.post_status(Text(text="on holiday"))
        await town.until_texts("on holiday")
        (message,) = town.messages
        assert message.key.chat == STATUS_JID
        assert message.key.sender == finn.lid
        named = ContactNamed(jid=finn.pn, full_name="Finn", first_name="Finn")
        town.phone.app_state.name_contacts([named])
        await until(lambda: any(c.full_name == "Finn" for c in _contacts(town)))
        await town.send(STATUS_JID, "at work")
        entry = await finn.wait_for(lambda entry: entry.text == "at work")
        assert entry.chat == STATUS_JID


def _contacts(town: EngineTown) -> list[ContactNamed]:
    told = [timed.change for event in town.told(AppStateChanged) for timed in event.changes]
    return [change for change in told if isinstance(change, ContactNamed)]
