"""What the server and its PubSub service say about themselves."""

import datetime

from client import equal, refused


async def server(world):
    anna = await world.log_in("anna")
    disco = anna["xep_0030"]
    info = (await disco.get_info(world.domain))["disco_info"]
    assert ("server", "im") in kinds(info), info
    wanted = {"jabber:iq:version", "urn:xmpp:ping", "urn:xmpp:time", "jabber:iq:roster"}
    wanted.add("http://jabber.org/protocol/disco#items")
    assert wanted <= info["features"], wanted - info["features"]
    items = (await disco.get_items(world.domain))["disco_items"]["items"]
    equal([str(jid) for jid, _, _ in items], [world.service])
    # One's own account, and nobody else's.
    own = (await disco.get_info(anna.bare))["disco_info"]
    assert ("account", "registered") in kinds(own), own
    equal(await refused(disco.get_info(f"bruno@{world.domain}")), "service-unavailable")
    equal(await refused(disco.get_info(f"nobody@{world.domain}")), "service-unavailable")
    # The library itself is asked through the server and answers.
    phone = await world.log_in("anna", resource="phone")
    asked = (await anna["xep_0030"].get_info(phone.boundjid))["disco_info"]
    assert "http://jabber.org/protocol/disco#info" in asked["features"], asked


async def pubsub(world):
    """The service, its nodes, what a node is and which items it has."""
    anna = await world.log_in("anna")
    disco, pubsub = anna["xep_0030"], anna["xep_0060"]
    info = (await disco.get_info(world.service))["disco_info"]
    assert ("pubsub", "service") in kinds(info), info
    features = {f"http://jabber.org/protocol/pubsub#{word}" for word in (
        "create-nodes", "config-node", "publish", "publish-options", "subscribe", "retrieve-items",
        "retract-items", "purge-nodes", "delete-nodes", "modify-affiliations", "rsm",
    )}
    assert features <= info["features"], features - info["features"]

    await pubsub.create_node(world.service, "news", config=anna.form({"pubsub#title": "What is new"}))
    for id in ("first", "second"):
        await pubsub.publish(world.service, "news", id=id, payload=anna.entry(id))
    nodes = (await pubsub.get_nodes(world.service))["disco_items"]["items"]
    named = {node: name for _, node, name in nodes}
    equal(named["news"], "What is new")
    assert {"aggregate/device_state", "aggregate/message_waiting"} <= set(named), named
    node = (await disco.get_info(world.service, "news"))["disco_info"]
    assert ("pubsub", "leaf") in kinds(node), node
    meta_data = node.xml.find("{jabber:x:data}x")
    assert meta_data is not None, node
    items = (await disco.get_items(world.service, "news"))["disco_items"]["items"]
    equal(sorted(name for _, _, name in items), ["first", "second"])
    equal(await refused(disco.get_info(world.service, "nothing")), "item-not-found")
    equal(await refused(disco.get_items(world.service, "nothing")), "item-not-found")


async def many_nodes(world):
    """The library turns the pages by itself and finds each node once."""
    anna = await world.log_in("anna")
    names = {f"node-{number:02}" for number in range(25)}
    for name in names:
        await anna["xep_0060"].create_node(world.service, name)
    found, pages = [], 0
    async for page in await anna["xep_0060"].get_nodes(world.service, iterator=True):
        found += [node for _, node, _ in page["disco_items"]["items"]]
        pages += 1
    generic = [node for node in found if node.startswith("node-")]
    equal((sorted(generic), pages > 2), (sorted(names), True))
    equal(len(found), len(set(found)))


async def small_talk(world):
    """Version, time and ping."""
    anna = await world.log_in("anna")
    version = (await anna["xep_0092"].get_version(world.domain))["software_version"]
    equal(version["name"], "Lampfield")
    assert version["version"], version
    time = (await anna["xep_0202"].get_entity_time(world.domain))["entity_time"]
    # The text itself: the library's own reading accepts no answer that XEP-0202 allows.
    utc = anna["xep_0082"].parse(time._get_sub_text("utc"))
    away = abs(utc - datetime.datetime.now(datetime.timezone.utc))
    assert away < datetime.timedelta(minutes=1), time
    equal(time._get_sub_text("tzo"), "+00:00")
    # To the server, and to one's own account on it.
    for to in (world.domain, anna.bare):
        assert await anna["xep_0199"].ping(to) >= 0


def kinds(info):
    return {(category, kind) for category, kind, _, _ in info["identities"]}
