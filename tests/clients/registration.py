"""Accounts that people make themselves."""

import asyncio

from slixmpp.exceptions import IqError

from client import PATIENCE, Refused, equal, refused


async def closed(world):
    """Not offered, and who asks all the same is sent away before anything happens."""
    client = world.client("nina", "my own")
    equal(await register(world, client), "not-authorized")
    equal("register" in client.seen_features, False)
    await log_in_fails(world, "my own")


async def life(world):
    """Made, used, its password changed, given up."""
    nina = world.client("nina", "my own")
    equal(await register(world, nina), None)
    equal("register" in nina.seen_features, True)
    nina = await world.online("nina", password="my own")
    await nina["xep_0060"].create_node(world.service, "news")
    equal(await register(world, world.client("anna", "another")), "conflict")

    # The library sends it as it is here, and prepared (RFC 4013: "IX") at the login.
    better = "bëtter, =Ⅸ"
    await nina["xep_0077"].change_password(better, jid=world.domain)
    await log_in_fails(world, "my own")
    again = await world.log_in("nina", password=better, resource="phone")
    # Three from one address are enough for a while.
    equal(await register(world, world.client("otto", "too")), "resource-constraint")
    await again["xep_0077"].cancel_registration(jid=world.domain)
    await nina.next("disconnected")
    await log_in_fails(world, better)

    # What the configuration declares is not the user's to end.
    anna = await world.log_in("anna")
    left = anna["xep_0077"].cancel_registration(jid=world.domain)
    equal(await refused(left), "not-allowed")


async def register(world, client):
    """Asks for the account instead of logging in, also where that is not offered. The condition of
    the error, or None."""
    outcome = asyncio.get_running_loop().create_future()
    client.seen_features = []

    async def ask(features):
        client.seen_features = list(features["features"])
        request = client.Iq(sto=world.domain, stype="set")
        request["register"]["username"] = client.boundjid.user
        request["register"]["password"] = client.password
        try:
            await request.send()
            settle(None)
        except IqError as error:
            settle(error.condition)
        return True

    def settle(condition):
        if not outcome.done():
            outcome.set_result(condition)

    client.add_event_handler("stream_error", lambda error: settle(error["condition"]))
    # In place of the login.
    client.register_feature("mechanisms", ask, restart=True, order=10)
    client.enable_direct_tls = False
    client.connect(world.place["host"], world.place["port"])
    try:
        return await asyncio.wait_for(outcome, PATIENCE)
    finally:
        await client.disconnect()


async def log_in_fails(world, password):
    try:
        await world.log_in("nina", password=password)
    except Refused:
        return
    raise AssertionError(f"{password!r} is accepted")
