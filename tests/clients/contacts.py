"""Rosters, who may see whom, and messages between people."""

from client import equal, refused


async def roster(world):
    """Set, changed and removed on one resource; the library of the other learns it by a push."""
    desk = await world.log_in("anna", resource="desk")
    phone = await world.log_in("anna", resource="phone")
    bruno = f"bruno@{world.domain}"
    for client in (desk, phone):
        equal(contacts(await roster_of(client)), {})
        client.forget()

    await desk.update_roster(bruno, name="Bruno", groups=["Sales", "Friends & family"])
    wanted = {bruno: ("Bruno", "none", {"Sales", "Friends & family"})}
    for client in (desk, phone):
        equal(contacts(await client.next("roster_update")), wanted)
        equal(client.client_roster[bruno]["name"], "Bruno")
    await phone.update_roster(bruno, name="Bruno <b>", groups=[])
    wanted = {bruno: ("Bruno <b>", "none", set())}
    for client in (desk, phone):
        equal(contacts(await client.next("roster_update")), wanted)
        equal(contacts(await roster_of(client)), wanted)
        client.forget()

    await desk.del_roster_item(bruno)
    for client in (desk, phone):
        equal(contacts(await client.next("roster_update")), {bruno: ("", "remove", set())})
        equal(contacts(await roster_of(client)), {})


async def handshake(world):
    """Each asks and each agrees; then they see each other come and go. In the end each takes it
    back."""
    anna, bruno = await two_people(world)
    await asks_and_agrees(anna, bruno)
    equal(contacts(await roster_of(anna)), {bruno.bare: ("", "to", set())})
    equal(contacts(await roster_of(bruno)), {anna.bare: ("", "from", set())})
    await bruno.hears_nothing("presence_available")
    await asks_and_agrees(bruno, anna)
    for one, other in ((anna, bruno), (bruno, anna)):
        equal(contacts(await roster_of(one)), {other.bare: ("", "both", set())})

    bruno.send_presence(pshow="away", pstatus="lunch")
    gone = await anna.next("presence_away", bruno)
    equal((gone["show"], gone["status"]), ("away", "lunch"))
    await bruno.disconnect()
    await anna.next("presence_unavailable", bruno)
    bruno = await world.log_in("bruno")
    by_hand(bruno)
    await roster_of(bruno)
    bruno.send_presence()
    equal((await anna.next("presence_available", bruno))["from"], bruno.boundjid)
    # He asks the server who of his contacts is there by being available himself.
    await bruno.next("presence_available", anna)

    anna.send_presence(pto=bruno.bare, ptype="unsubscribe")
    await bruno.next("presence_unsubscribe", anna)
    await anna.next("presence_unavailable", bruno)
    bruno.send_presence(pto=anna.bare, ptype="unsubscribe")
    await anna.next("presence_unsubscribe", bruno)
    await bruno.next("presence_unavailable", anna)
    for one, other in ((anna, bruno), (bruno, anna)):
        equal(contacts(await roster_of(one)), {other.bare: ("", "none", set())})


async def declined(world):
    """Who is declined sees nothing."""
    anna, bruno = await two_people(world)
    anna.send_presence(pto=bruno.bare, ptype="subscribe")
    await bruno.next("presence_subscribe", anna)
    bruno.send_presence(pto=anna.bare, ptype="unsubscribed")
    await anna.next("presence_unsubscribed", bruno)
    equal(contacts(await roster_of(anna)), {bruno.bare: ("", "none", set())})
    bruno.send_presence(pshow="away")
    await bruno.caught_up()
    await anna.hears_nothing("presence_away", "presence_available")


async def asked_while_away(world):
    """A question waits for who is not there."""
    anna = await world.online("anna")
    by_hand(anna)
    anna.send_presence(pto=f"bruno@{world.domain}", ptype="subscribe")
    await anna.caught_up()
    bruno = await world.log_in("bruno")
    by_hand(bruno)
    bruno.send_presence()
    await bruno.next("presence_subscribe", anna)


async def by_themselves(world):
    """Left alone, the library agrees and asks back: one question makes two who see each other."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    for client in (anna, bruno):
        await roster_of(client)
    anna.send_presence(pto=bruno.bare, ptype="subscribe")
    await anna.next("presence_available", bruno)
    await bruno.next("presence_available", anna)
    for one, other in ((anna, bruno), (bruno, anna)):
        equal(contacts(await roster_of(one)), {other.bare: ("", "both", set())})


async def servers_among_themselves(world):
    """PBX accounts are in each other's roster and see each other, with nothing said by anybody."""
    one, other = await world.log_in("server1"), await world.log_in("server2")
    for client, peer in ((one, other), (other, one)):
        found = contacts(await roster_of(client))
        equal(found[peer.bare][1], "both")
        equal(set(found), {f"server{n}@{world.domain}" for n in range(1, 10)} - {client.bare})
    one.send_presence()
    other.send_presence()
    await one.next("presence_available", other)
    await other.next("presence_available", one)
    await other.disconnect()
    await one.next("presence_unavailable", other)


async def servers_and_people(world):
    """A PBX shows itself to other PBXs, not to people; they are told so at once."""
    anna, server = await world.online("anna"), await world.online("server1")
    by_hand(anna)
    await roster_of(anna)
    anna.send_presence(pto=server.bare, ptype="subscribe")
    await anna.next("presence_unsubscribed", server)
    await anna.hears_nothing("presence_available")
    await server.hears_nothing("presence_subscribe")
    assert anna.bare not in contacts(await roster_of(server))


async def messages(world):
    """To one resource, to whoever is there, and to nobody."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    text = "5 < 6 & \"7\" 'ünïcödé' \N{TELEPHONE RECEIVER}\nsecond line"
    anna.send_message(mto=bruno.boundjid, mbody=text, msubject="greeting", mtype="chat")
    came = await bruno.next("message")
    equal((came["from"], came["to"]), (anna.boundjid, bruno.boundjid))
    equal((came["body"], came["subject"], came["type"]), (text, "greeting", "chat"))
    came.reply("back").send()
    equal((await anna.next("message"))["body"], "back")
    anna.send_message(mto=bruno.bare, mbody="to whoever is there")
    equal((await bruno.next("message"))["body"], "to whoever is there")
    anna.send_message(mto=f"{bruno.bare}/left-since", mbody="wherever you are", mtype="chat")
    equal((await bruno.next("message"))["body"], "wherever you are")
    anna.send_message(mto=f"nobody@{world.domain}", mbody="lost")
    equal((await anna.next("message_error"))["error"]["condition"], "service-unavailable")
    # Questions to a resource are carried to it, and its answers back.
    await anna["xep_0199"].send_ping(bruno.boundjid)
    left = f"{bruno.bare}/left-since"
    equal(await refused(anna["xep_0199"].send_ping(left)), "service-unavailable")


async def two_people(world):
    people = await world.online("anna"), await world.online("bruno")
    for client in people:
        by_hand(client)
        await roster_of(client)
        client.forget()
    return people


async def asks_and_agrees(one, other):
    one.send_presence(pto=other.bare, ptype="subscribe")
    await other.next("presence_subscribe", one)
    other.send_presence(pto=one.bare, ptype="subscribed")
    await one.next("presence_subscribed", other)
    await one.next("presence_available", other)


def by_hand(client):
    """The library neither agrees nor asks back by itself."""
    client.roster.auto_authorize = None
    client.roster.auto_subscribe = False


async def roster_of(client):
    answer = client.Iq(stype="get")
    answer.enable("roster")
    return await answer.send()


def contacts(iq):
    """Name, subscription and groups by address."""
    items = iq["roster"]["items"].items()
    return {str(jid): (item["name"], item["subscription"], set(item["groups"])) for jid, item in items}
