"""A slixmpp client whose events can be waited for one by one.

The library does the work; nothing here writes or reads XML. Its own certificate checks stay on.
"""

import asyncio

import slixmpp
from slixmpp.exceptions import IqError
from slixmpp.plugins.xep_0059.stanza import Set
from slixmpp.plugins.xep_0060.stanza import Pubsub
from slixmpp.xmlstream import ET, register_stanza_plugin

# Seconds to wait for what should come at once.
PATIENCE = 20

PLUGINS = ["xep_0004", "xep_0030", "xep_0059", "xep_0060", "xep_0077", "xep_0092", "xep_0199", "xep_0202"]

# The namespace of the payloads that scenarios publish.
ENTRY = "urn:example:entry"

# The library's events that scenarios wait for.
EVENTS = [
    "disconnected", "message", "message_error", "presence_available", "presence_away",
    "presence_subscribe", "presence_subscribed", "presence_unavailable", "presence_unsubscribe",
    "presence_unsubscribed", "pubsub_config", "pubsub_delete", "pubsub_publish", "pubsub_purge",
    "pubsub_retract", "roster_update", "stream_error",
]

# The library pages disco items by itself, PubSub items only where this is said.
register_stanza_plugin(Pubsub, Set)


class Refused(Exception):
    """The server accepts no credentials of this client."""


class Client(slixmpp.ClientXMPP):
    """One connection."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        for plugin in PLUGINS:
            self.register_plugin(plugin)
        self["xep_0077"].create_account = False
        # What PLAIN would prove nothing about.
        self["feature_mechanisms"].encrypted_plain = False
        # Mechanisms that were tried and refused, in order.
        self.refusals = []
        self.came = {event: asyncio.Queue() for event in EVENTS}
        for event, queue in self.came.items():
            self.add_event_handler(event, queue.put_nowait)

    async def log_in(self, host, port):
        """Connects and waits for the session; `Refused` when there is none."""
        login = asyncio.get_running_loop().create_future()

        def settle(outcome):
            if not login.done():
                login.set_result(outcome)

        self.add_event_handler("session_start", lambda _: settle(None))
        self.add_event_handler("failed_all_auth", lambda _: settle(Refused()))
        self.add_event_handler("disconnected", lambda why: settle(ConnectionError(why)))
        self.add_event_handler("failed_auth", self._note_refusal)
        self.connect(host, port)
        outcome = await asyncio.wait_for(login, PATIENCE)
        if outcome is not None:
            raise outcome

    def _note_refusal(self, failure):
        self.refusals.append((self["feature_mechanisms"].mech.name, failure["condition"]))

    @property
    def bare(self):
        return self.boundjid.bare

    async def next(self, event, sender=None):
        """The next of these events that has not been taken yet; those of others are skipped."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    came = await self.came[event].get()
                    if sender is None or came["from"].bare == sender.bare:
                        return came
        except TimeoutError:
            raise AssertionError(f"{self.boundjid}: no {event} from {sender and sender.bare}") from None

    async def caught_up(self):
        """What the server has said until now has been read: the answer of a ping comes after it."""
        await self["xep_0199"].send_ping(self.boundjid.host)

    async def hears_nothing(self, *events):
        """No such event has come."""
        await self.caught_up()
        for event in events:
            assert self.came[event].empty(), f"{self.boundjid}: {self.came[event].get_nowait()}"

    def form(self, values):
        """A filled-in form; the library adds the form's type."""
        form = self["xep_0004"].make_form(ftype="submit")
        for name, value in values.items():
            form.add_field(var=name, value=value)
        return form

    def entry(self, text):
        """A payload."""
        entry = ET.Element(f"{{{ENTRY}}}entry")
        entry.text = text
        return entry

    def forget(self):
        """Forgets what came until now."""
        for queue in self.came.values():
            while not queue.empty():
                queue.get_nowait()


async def refused(request):
    """The condition of the error that a request gets; fails when it gets a result."""
    try:
        answer = await request
    except IqError as error:
        return error.condition
    raise AssertionError(f"not refused: {answer}")


def equal(found, wanted):
    """Fails with both values."""
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"
