"""The read-only nodes that ordinary users read: one item for each lamp.

The PBXs are the test's; it goes on when it is told that something was heard.
"""

from client import equal, refused
from world import say

LAMP = "urn:lampfield:lamp:1"
DEVICES = "aggregate/device_state"
MAILBOXES = "aggregate/message_waiting"


async def watch(world):
    """Says what every lamp shows and becomes, until the lamp `Custom:enough` is lit. Then asks for
    all of them and says that, too."""
    anna = await world.log_in("anna")
    for kind in ("pubsub_publish", "pubsub_retract"):
        anna.add_event_handler(kind, tell)
    # Without presence: these subscriptions belong to the stream.
    for node in (DEVICES, MAILBOXES):
        answer = (await anna["xep_0060"].subscribe(world.service, node))["pubsub"]["subscription"]
        equal((answer["node"], answer["subscription"]), (node, "subscribed"))
    while (await next_lamp(anna))[0] != "Custom:enough":
        pass
    everything = {}
    for node in (DEVICES, MAILBOXES):
        answer = await anna["xep_0060"].get_items(world.service, node)
        everything |= {item["id"]: lamp(item["payload"]) for item in answer["pubsub"]["items"]}
    say({"all": everything})


async def pages(world):
    """The test has lit 250 lamps: the library turns the pages and finds each once. Who does not
    turn pages is told that there are more."""
    anna = await world.log_in("anna")
    everything = {f"PJSIP/1-{number}" for number in range(250)}
    query = anna.Iq(sto=world.service, stype="get")
    query["pubsub"]["items"]["node"] = DEVICES
    found = []
    async for page in anna["xep_0059"].iterate(query, "pubsub", amount=60):
        part = [item["id"] for item in page["pubsub"]["items"]]
        assert len(part) <= 60, part
        found += part
    equal((len(found), set(found)), (250, everything))
    found = []
    async for page in await anna["xep_0030"].get_items(world.service, DEVICES, iterator=True):
        found += [name for _, _, name in page["disco_items"]["items"]]
    equal((len(found), set(found)), (250, everything))

    first = (await anna["xep_0060"].get_items(world.service, DEVICES))["pubsub"]
    seen = [item["id"] for item in first["items"]]
    assert len(seen) < 250 and first["rsm"]["last"].endswith(seen[-1]), first["rsm"]
    # These lists go forward only.
    query["pubsub"]["rsm"].clear()
    query["pubsub"]["rsm"]["before"] = True
    equal(await refused(query.send()), "feature-not-implemented")


async def one_lamp(world):
    """Asked for by its name, and the newest few."""
    anna = await world.log_in("anna")
    pubsub = anna["xep_0060"]

    async def shown(**what):
        answer = await pubsub.get_items(world.service, DEVICES, **what)
        return {item["id"]: lamp(item["payload"]) for item in answer["pubsub"]["items"]}

    equal(await shown(item_ids=["PJSIP/1-3"]), {"PJSIP/1-3": "INUSE"})
    two = ["PJSIP/1-3", "PJSIP/1-5"]
    equal(await shown(item_ids=two), {name: "INUSE" for name in two})
    equal(len(await shown(max_items=2)), 2)


async def for_oneself(world):
    """Nobody is subscribed by somebody else."""
    anna = await world.log_in("anna")
    stranger = anna["xep_0060"].subscribe(world.service, DEVICES, subscribee=f"bruno@{world.domain}")
    equal(await refused(stranger), "bad-request")
    full = (await anna["xep_0060"].subscribe(world.service, DEVICES, bare=False))["pubsub"]["subscription"]
    equal(full["jid"], anna.boundjid)
    await anna["xep_0060"].unsubscribe(world.service, DEVICES)
    again = anna["xep_0060"].unsubscribe(world.service, DEVICES)
    equal(await refused(again), "unexpected-request")


async def only_reading(world):
    """An ordinary user changes nothing and hears no server's own words."""
    anna = await world.log_in("anna")
    pubsub = anna["xep_0060"]
    equal(await refused(pubsub.create_node(world.service, DEVICES)), "conflict")
    for node in (DEVICES, "device_state"):
        for request in (
            pubsub.publish(world.service, node, id="PJSIP/1", payload=anna.entry("INUSE")),
            pubsub.retract(world.service, node, "PJSIP/1"),
            pubsub.purge(world.service, node),
            pubsub.delete_node(world.service, node),
            pubsub.modify_affiliations(world.service, node, [(anna.bare, "owner")]),
        ):
            equal(await refused(request), "forbidden")
    for node in ("device_state", "message_waiting"):
        equal(await refused(pubsub.subscribe(world.service, node)), "forbidden")
        equal(await refused(pubsub.get_items(world.service, node)), "forbidden")


async def two_streams(world):
    """Each stream has its own subscription; the end of one leaves the other's."""
    desk, phone = await world.log_in("anna"), await world.log_in("anna", resource="phone")
    for client in (desk, phone):
        await client["xep_0060"].subscribe(world.service, DEVICES)
        equal(await next_lamp(client), ("PJSIP/1-0", "INUSE"))
    await phone["xep_0060"].unsubscribe(world.service, DEVICES)
    say({"next": True})
    equal(await next_lamp(desk), ("PJSIP/1-0", "RINGING"))
    await phone.hears_nothing("pubsub_publish")


async def next_lamp(client):
    item = (await client.next("pubsub_publish"))["pubsub_event"]["items"]["item"]
    return item["id"], lamp(item["payload"])


def tell(message):
    # The library's own loop over the items is under way and has their only iterator.
    for item in message["pubsub_event"]["items"]["substanzas"]:
        say({item["id"]: None if item.name == "retract" else lamp(item["payload"])})


def lamp(payload):
    """What a lamp shows: Asterisk's word, or the counts of a mailbox."""
    if payload.tag == f"{{{LAMP}}}state":
        return payload.text
    equal(payload.tag, f"{{{LAMP}}}mailbox")
    return [int(payload.find(f"{{{LAMP}}}{count}").text) for count in ("NEWMSGS", "OLDMSGS")]
