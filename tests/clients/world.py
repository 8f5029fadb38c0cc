"""Where the server is, and the clients of one scenario."""

import asyncio
import json
import pathlib
import ssl

from client import Client


def say(value):
    """Tells the test something while the scenario runs."""
    print(json.dumps(value), flush=True)


class World:
    """Everything a scenario starts from; its clients are gone when it ends."""

    def __init__(self, place):
        self.place = place
        self.domain = place["domain"]
        self.service = f"pubsub.{self.domain}"
        self.clients = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await asyncio.gather(*(client.disconnect() for client in self.clients))

    def client(self, user, password=None, resource="desk", mechanism="SCRAM-SHA-256"):
        """A client that has not connected yet, with the account's own password by default."""
        if password is None:
            password = self.place["password"].format(user)
        jid = f"{user}@{self.domain}/{resource}"
        context = ssl.create_default_context(cadata=self.place["certificate"])
        client = Client(jid, password, sasl_mech=mechanism, ssl_context=context)
        self.clients.append(client)
        return client

    async def log_in(self, user, *, direct_tls=False, **more):
        """A client that is logged in and has not sent its presence."""
        client = self.client(user, **more)
        await self.connect(client, direct_tls=direct_tls)
        return client

    async def online(self, user, **more):
        """As `log_in`, and available: it hears from its contacts and subscriptions."""
        client = await self.log_in(user, **more)
        client.send_presence()
        await client.caught_up()
        client.forget()
        return client

    async def connect(self, client, *, direct_tls=False):
        """Connects to the one or the other port and waits for the end of the login."""
        client.enable_direct_tls = direct_tls
        client.enable_starttls = not direct_tls
        port = self.place["tls_port" if direct_tls else "port"]
        await client.log_in(self.place["host"], port)
