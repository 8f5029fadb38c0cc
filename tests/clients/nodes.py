"""Nodes of ordinary users: made, configured, opened and closed to others, deleted."""

from client import equal, refused


async def configured(world):
    """With a form at creation, read back, changed, and with the service's defaults."""
    anna = await world.online("anna")
    pubsub = anna["xep_0060"]
    form = anna.form({"pubsub#title": "What is <new>", "pubsub#max_items": "3"})
    created = await pubsub.create_node(world.service, "news", config=form)
    equal(created["type"], "result")
    found = await configuration(anna, world, "news")
    equal((found["pubsub#title"], found["pubsub#max_items"]), ("What is <new>", "3"))
    equal(found["pubsub#access_model"], "open")
    change = anna.form({"pubsub#max_items": "5", "pubsub#access_model": "whitelist"})
    await pubsub.set_node_config(world.service, "news", change)
    found = await configuration(anna, world, "news")
    equal((found["pubsub#title"], found["pubsub#max_items"]), ("What is <new>", "5"))
    equal(found["pubsub#access_model"], "whitelist")

    # A form that the server sent may be sent back as it is.
    answer = await pubsub.get_node_config(world.service, "news")
    form = answer["pubsub_owner"]["configure"]["form"]
    form.reply()
    await pubsub.set_node_config(world.service, "news", form)
    equal(await configuration(anna, world, "news"), found)

    defaults = (await pubsub.get_node_config(world.service))["pubsub_owner"]["default"]["form"]
    equal(values(defaults)["pubsub#access_model"], "open")
    wrong = anna.form({"pubsub#access_model": "roster"})
    equal(await refused(pubsub.set_node_config(world.service, "news", wrong)), "not-acceptable")
    equal(await refused(pubsub.create_node(world.service, "news")), "conflict")
    instant = (await pubsub.create_node(world.service, None))["pubsub"]["create"]["node"]
    assert instant, "an instant node has no name"
    await pubsub.publish(world.service, instant, payload=anna.entry("one"))
    unusual = "news/ünï & <'more'> \"here\""
    created = (await pubsub.create_node(world.service, unusual))["pubsub"]["create"]["node"]
    equal((await configuration(anna, world, unusual))["pubsub#access_model"], "open")


async def affiliations(world):
    """Who may do what, said by the owner and asked by everybody for himself."""
    anna, bruno, carol = [await world.online(name) for name in ("anna", "bruno", "carol")]
    await anna["xep_0060"].create_node(world.service, "news")
    change = [(bruno.bare, "publisher"), (carol.bare, "outcast")]
    await anna["xep_0060"].modify_affiliations(world.service, "news", change)
    answer = await anna["xep_0060"].get_node_affiliations(world.service, "news")
    found = {str(a["jid"]): a["affiliation"] for a in answer["pubsub_owner"]["affiliations"]}
    equal(found, {anna.bare: "owner", bruno.bare: "publisher", carol.bare: "outcast"})
    for client, affiliation in ((anna, "owner"), (bruno, "publisher"), (carol, "outcast")):
        answer = await client["xep_0060"].get_affiliations(world.service)
        found = {a["node"]: a["affiliation"] for a in answer["pubsub"]["affiliations"]}
        equal(found, {"news": affiliation})

    await bruno["xep_0060"].publish(world.service, "news", payload=bruno.entry("by bruno"))
    for request in (
        carol["xep_0060"].publish(world.service, "news", payload=carol.entry("by carol")),
        carol["xep_0060"].subscribe(world.service, "news"),
        carol["xep_0060"].get_items(world.service, "news"),
        bruno["xep_0060"].get_node_config(world.service, "news"),
        bruno["xep_0060"].get_node_affiliations(world.service, "news"),
        bruno["xep_0060"].modify_affiliations(world.service, "news", [(bruno.bare, "owner")]),
        bruno["xep_0060"].purge(world.service, "news"),
        bruno["xep_0060"].delete_node(world.service, "news"),
    ):
        equal(await refused(request), "forbidden")
    # Somebody has to own it.
    last = anna["xep_0060"].modify_affiliations(world.service, "news", [(anna.bare, "none")])
    equal(await refused(last), "not-acceptable")
    await anna["xep_0060"].modify_affiliations(world.service, "news", [(carol.bare, "none")])
    await carol["xep_0060"].subscribe(world.service, "news")


async def access_models(world):
    """Open to everybody, and to its members only."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    form = anna.form({"pubsub#access_model": "whitelist"})
    await anna["xep_0060"].create_node(world.service, "closed", config=form)
    await anna["xep_0060"].create_node(world.service, "open")
    for node in ("closed", "open"):
        await anna["xep_0060"].publish(world.service, node, payload=anna.entry("secret?"))
    await bruno["xep_0060"].subscribe(world.service, "open")
    equal(len((await bruno["xep_0060"].get_items(world.service, "open"))["pubsub"]["items"]), 1)
    equal(await refused(bruno["xep_0060"].subscribe(world.service, "closed")), "not-allowed")
    equal(await refused(bruno["xep_0060"].get_items(world.service, "closed")), "not-allowed")

    await anna["xep_0060"].modify_affiliations(world.service, "closed", [(bruno.bare, "member")])
    await bruno["xep_0060"].subscribe(world.service, "closed")
    equal(len((await bruno["xep_0060"].get_items(world.service, "closed"))["pubsub"]["items"]), 1)
    # Who is put out hears nothing more.
    await anna["xep_0060"].modify_affiliations(world.service, "closed", [(bruno.bare, "outcast")])
    bruno.forget()
    await anna["xep_0060"].publish(world.service, "closed", payload=anna.entry("secret!"))
    await bruno.hears_nothing("pubsub_publish")


async def publish_models(world):
    """Publishers only, subscribers too, everybody."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    await anna["xep_0060"].create_node(world.service, "wall")

    def write():
        return bruno["xep_0060"].publish(world.service, "wall", payload=bruno.entry("hello"))

    equal(await refused(write()), "forbidden")
    await configure(anna, world, "wall", {"pubsub#publish_model": "subscribers"})
    equal(await refused(write()), "forbidden")
    await bruno["xep_0060"].subscribe(world.service, "wall")
    await write()
    await bruno["xep_0060"].unsubscribe(world.service, "wall")
    equal(await refused(write()), "forbidden")
    await configure(anna, world, "wall", {"pubsub#publish_model": "open"})
    await write()


async def deleted(world):
    """Subscribers are told, and nothing is left."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    await anna["xep_0060"].create_node(world.service, "news")
    await anna["xep_0060"].publish(world.service, "news", payload=anna.entry("last words"))
    await bruno["xep_0060"].subscribe(world.service, "news")
    await anna["xep_0060"].delete_node(world.service, "news")
    gone = await bruno.next("pubsub_delete")
    equal(gone["pubsub_event"]["delete"]["node"], "news")
    equal(await refused(anna["xep_0060"].delete_node(world.service, "news")), "item-not-found")
    equal(await refused(bruno["xep_0060"].get_items(world.service, "news")), "item-not-found")
    answer = await bruno["xep_0060"].get_subscriptions(world.service)
    equal(len(answer["pubsub"]["subscriptions"]), 0)
    # The name is free, and the old node's items and subscribers do not come back with it.
    await bruno["xep_0060"].create_node(world.service, "news")
    equal(len((await bruno["xep_0060"].get_items(world.service, "news"))["pubsub"]["items"]), 0)


async def kept_over_a_restart(world):
    """First half: a node with an item and a subscriber. The test restarts the server."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    await anna["xep_0060"].create_node(world.service, "news")
    await anna["xep_0060"].publish(world.service, "news", id="old", payload=anna.entry("still here"))
    await bruno["xep_0060"].subscribe(world.service, "news")


async def found_after_a_restart(world):
    """Second half: all of it is there."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    item = (await bruno["xep_0060"].get_item(world.service, "news", "old"))["pubsub"]["items"]["item"]
    equal(item["payload"].text, "still here")
    bruno.forget()
    await anna["xep_0060"].publish(world.service, "news", id="new", payload=anna.entry("more"))
    equal((await bruno.next("pubsub_publish"))["pubsub_event"]["items"]["item"]["id"], "new")


async def configure(client, world, node, settings):
    await client["xep_0060"].set_node_config(world.service, node, client.form(settings))


async def configuration(client, world, node):
    answer = await client["xep_0060"].get_node_config(world.service, node)
    return values(answer["pubsub_owner"]["configure"]["form"])


def values(form):
    return {name: field.get_value(convert=False) for name, field in form.get_fields().items()}
