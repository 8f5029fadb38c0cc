"""Subscriptions and what is notified."""

from client import ENTRY, equal, refused


async def life(world):
    """Subscribed once and twice, listed by both sides, ended."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    await anna["xep_0060"].create_node(world.service, "news")
    for _ in range(2):
        answer = (await bruno["xep_0060"].subscribe(world.service, "news"))["pubsub"]["subscription"]
        equal((answer["jid"], answer["node"]), (bruno.bare, "news"))
        equal(answer["subscription"], "subscribed")
    listed = (await bruno["xep_0060"].get_subscriptions(world.service))["pubsub"]["subscriptions"]
    equal([(s["node"], str(s["jid"]), s["subscription"]) for s in listed],
          [("news", bruno.bare, "subscribed")])
    stranger = anna["xep_0060"].subscribe(world.service, "news", subscribee=bruno.bare)
    equal(await refused(stranger), "bad-request")
    equal(await refused(bruno["xep_0060"].subscribe(world.service, "nothing")), "item-not-found")

    await publish(anna, world, "one")
    await bruno.next("pubsub_publish")
    await bruno.hears_nothing("pubsub_publish")
    await bruno["xep_0060"].unsubscribe(world.service, "news")
    await publish(anna, world, "two")
    await bruno.hears_nothing("pubsub_publish")
    again = bruno["xep_0060"].unsubscribe(world.service, "news")
    equal(await refused(again), "unexpected-request")


async def payloads(world):
    """Notifications with the payload, without it, and from a node that keeps nothing."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    pubsub = anna["xep_0060"]
    await pubsub.create_node(world.service, "full")
    await pubsub.create_node(
        world.service, "bare", config=anna.form({"pubsub#deliver_payloads": "0"}))
    await pubsub.create_node(
        world.service, "passing", config=anna.form({"pubsub#persist_items": "0"}))
    for node in ("full", "bare", "passing"):
        await bruno["xep_0060"].subscribe(world.service, node)
    text = "5 < 6 & 'seven' \N{TELEPHONE RECEIVER}"
    for node, has_payload in (("full", True), ("bare", False), ("passing", True)):
        await pubsub.publish(world.service, node, id=f"to {node}", payload=anna.entry(text))
        came = await bruno.next("pubsub_publish")
        equal(str(came["from"]), world.service)
        items = came["pubsub_event"]["items"]
        equal((items["node"], items["item"]["id"]), (node, f"to {node}"))
        payload = items["item"]["payload"]
        equal(payload is not None, has_payload)
        if has_payload:
            equal((payload.tag, payload.text), (f"{{{ENTRY}}}entry", text))
    await bruno.hears_nothing("pubsub_publish")


async def the_last_item(world):
    """The newest item comes after the subscription, unless the node's owner says never."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    never = anna.form({"pubsub#send_last_published_item": "never"})
    await anna["xep_0060"].create_node(world.service, "news")
    await anna["xep_0060"].create_node(world.service, "quiet", config=never)
    for node in ("news", "quiet"):
        for id in ("one", "two"):
            await publish(anna, world, id, node)
        await bruno["xep_0060"].subscribe(world.service, node)
    came = (await bruno.next("pubsub_publish"))["pubsub_event"]["items"]
    equal((came["node"], came["item"]["id"], came["item"]["payload"].text), ("news", "two", "two"))
    await bruno.hears_nothing("pubsub_publish")


async def options(world):
    """Deliver or not, by the subscriber's own choice."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    await anna["xep_0060"].create_node(world.service, "news")
    await bruno["xep_0060"].subscribe(world.service, "news", options=subscribe_form(bruno, "0"))
    equal(await delivers(bruno, world), "0")
    await publish(anna, world, "unheard")
    await bruno.hears_nothing("pubsub_publish")
    # The library asks with a get where XEP-0060 wants a set.
    change = bruno.Iq(sto=world.service, stype="set")
    change["pubsub"]["options"]["node"] = "news"
    change["pubsub"]["options"]["jid"] = bruno.bare
    change["pubsub"]["options"]["options"] = subscribe_form(bruno, "1")
    await change.send()
    equal(await delivers(bruno, world), "1")
    await publish(anna, world, "heard")
    came = await bruno.next("pubsub_publish")
    equal(came["pubsub_event"]["items"]["item"]["id"], "heard")
    others = anna["xep_0060"].get_subscription_options(world.service, "news", bruno.bare)
    equal(await refused(others), "forbidden")


async def several_resources(world):
    """A bare address is every resource that is there, a full one just that one."""
    anna = await world.online("anna")
    desk, phone = await world.online("bruno"), await world.online("bruno", resource="phone")
    for node in ("all", "one"):
        await anna["xep_0060"].create_node(world.service, node)
    await desk["xep_0060"].subscribe(world.service, "all")
    await phone["xep_0060"].subscribe(world.service, "one", bare=False)
    await publish(anna, world, "first", "all")
    await publish(anna, world, "second", "one")
    equal(await heard(desk), ["first"])
    equal(await heard(phone), ["first", "second"])
    # A resource that is not available hears nothing for the account.
    phone.send_presence(ptype="unavailable")
    await phone.caught_up()
    await publish(anna, world, "third", "all")
    equal((await heard(desk), await heard(phone)), (["third"], []))


async def publish(client, world, id, node="news"):
    await client["xep_0060"].publish(world.service, node, id=id, payload=client.entry(id))


async def heard(client):
    """The ids that were notified until now."""
    await client.caught_up()
    queue, ids = client.came["pubsub_publish"], []
    while not queue.empty():
        ids.append(queue.get_nowait()["pubsub_event"]["items"]["item"]["id"])
    return ids


def subscribe_form(client, deliver):
    form = client.form({"pubsub#deliver": deliver})
    kind = "http://jabber.org/protocol/pubsub#subscribe_options"
    form.add_field(var="FORM_TYPE", ftype="hidden", value=kind)
    return form


async def delivers(client, world):
    answer = await client["xep_0060"].get_subscription_options(world.service, "news", client.bare)
    form = answer["pubsub"]["options"]["options"]
    return form.get_fields()["pubsub#deliver"].get_value(convert=False)
