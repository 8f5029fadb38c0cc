"""Items: published, read whole and by pages, retracted."""

from client import equal, refused

from nodes import configuration, configure


async def published_and_read(world):
    """One by one, all, the newest few; the same id replaces; without an id one is given."""
    anna = await world.online("anna")
    pubsub = anna["xep_0060"]
    await pubsub.create_node(world.service, "news")
    given = await pubsub.publish(world.service, "news", payload=anna.entry("zero"))
    name = given["pubsub"]["publish"]["item"]["id"]
    assert name, given
    for id in ("one", "two", "three & <four>"):
        answer = await pubsub.publish(world.service, "news", id=id, payload=anna.entry(id.upper()))
        equal(answer["pubsub"]["publish"]["item"]["id"], id)
    await pubsub.publish(world.service, "news", id="one", payload=anna.entry("ONE AGAIN"))
    everything = await pubsub.get_items(world.service, "news")
    wanted = {"one": "ONE AGAIN", "two": "TWO", "three & <four>": "THREE & <FOUR>", name: "zero"}
    equal(texts(everything), wanted)
    equal(texts(await pubsub.get_item(world.service, "news", "two")), {"two": "TWO"})
    two = await pubsub.get_items(world.service, "news", item_ids=["two", name])
    equal(texts(two), {"two": "TWO", name: "zero"})
    newest = await pubsub.get_items(world.service, "news", max_items=1)
    equal(texts(newest), {"one": "ONE AGAIN"})
    equal(await refused(pubsub.get_items(world.service, "nothing")), "item-not-found")
    equal(await refused(pubsub.publish(world.service, "news", id="empty")), "bad-request")


async def bounded(world):
    """The oldest goes first; a transient node keeps nothing."""
    anna = await world.online("anna")
    pubsub = anna["xep_0060"]
    await pubsub.create_node(world.service, "news", config=anna.form({"pubsub#max_items": "2"}))
    for id in ("one", "two", "three"):
        await pubsub.publish(world.service, "news", id=id, payload=anna.entry(id))
    equal(set(texts(await pubsub.get_items(world.service, "news"))), {"two", "three"})
    large = anna.entry("x<&" * 10_000)
    await pubsub.publish(world.service, "news", id="large", payload=large)
    equal(texts(await pubsub.get_item(world.service, "news", "large")), {"large": large.text})
    larger = pubsub.publish(world.service, "news", payload=anna.entry("x" * 200_000))
    equal(await refused(larger), "not-acceptable")
    await configure(anna, world, "news", {"pubsub#persist_items": "0"})
    equal(await refused(pubsub.get_items(world.service, "news")), "feature-not-implemented")


async def publish_options(world):
    """A node that is not there is made so; one that is there has to be so."""
    anna = await world.online("anna")
    pubsub = anna["xep_0060"]

    def publish(settings):
        form = anna.form({"pubsub#access_model": "whitelist", **settings})
        kind = "http://jabber.org/protocol/pubsub#publish-options"
        form.add_field(var="FORM_TYPE", ftype="hidden", value=kind)
        return pubsub.publish(world.service, "diary", payload=anna.entry("dear"), options=form)

    await publish({"pubsub#max_items": "7"})
    found = await configuration(anna, world, "diary")
    equal((found["pubsub#access_model"], found["pubsub#max_items"]), ("whitelist", "7"))
    await publish({"pubsub#max_items": "7"})
    equal(await refused(publish({"pubsub#max_items": "8"})), "conflict")
    await configure(anna, world, "diary", {"pubsub#max_items": "8"})
    await publish({"pubsub#max_items": "8"})
    equal(len((await pubsub.get_items(world.service, "diary"))["pubsub"]["items"]), 3)


async def pages(world):
    """The library turns the pages itself, forwards and backwards, and finds each item once."""
    anna = await world.online("anna")
    pubsub = anna["xep_0060"]
    await pubsub.create_node(world.service, "news", config=anna.form({"pubsub#max_items": "max"}))
    ids = [f"item-{number:02}" for number in range(23)]
    for id in ids:
        await pubsub.publish(world.service, "news", id=id, payload=anna.entry(id))
    for backwards in (False, True):
        query = anna.Iq(sto=world.service, stype="get")
        query["pubsub"]["items"]["node"] = "news"
        found = []
        async for page in anna["xep_0059"].iterate(query, "pubsub", amount=10, reverse=backwards):
            part = list(texts(page))
            assert len(part) <= 10, part
            equal(page["pubsub"]["rsm"]["count"], "23")
            found = part + found if backwards else found + part
        # Newest or oldest first is the server's choice; the order of the pages is not.
        assert found in (ids, ids[::-1]), found
    number = 0
    async for page in await anna["xep_0030"].get_items(world.service, "news", iterator=True):
        number += len(page["disco_items"]["items"])
    equal(number, len(ids))


async def retracted_and_purged(world):
    """One item, then all; subscribers are told."""
    anna, bruno = await world.online("anna"), await world.online("bruno")
    await anna["xep_0060"].create_node(world.service, "news")
    for id in ("one", "two", "three"):
        await anna["xep_0060"].publish(world.service, "news", id=id, payload=anna.entry(id))
    await bruno["xep_0060"].subscribe(world.service, "news")
    equal(await refused(bruno["xep_0060"].retract(world.service, "news", "one")), "forbidden")
    await anna["xep_0060"].retract(world.service, "news", "two", notify=True)
    gone = await bruno.next("pubsub_retract")
    equal(gone["pubsub_event"]["items"]["retract"]["id"], "two")
    equal(set(texts(await bruno["xep_0060"].get_items(world.service, "news"))), {"one", "three"})
    again = anna["xep_0060"].retract(world.service, "news", "two")
    equal(await refused(again), "item-not-found")
    await anna["xep_0060"].purge(world.service, "news")
    equal((await bruno.next("pubsub_purge"))["pubsub_event"]["purge"]["node"], "news")
    equal(texts(await bruno["xep_0060"].get_items(world.service, "news")), {})


def texts(answer):
    """Payloads by id, in the order of the answer."""
    return {item["id"]: item["payload"].text for item in answer["pubsub"]["items"]}
