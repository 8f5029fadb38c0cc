"""Ways in: mechanisms, STARTTLS and TLS from the start, and who is kept out."""

import ctypes
import ssl

from client import Refused, equal

LABEL = b"EXPORTER-Channel-Binding"


async def scram_sha_256(world):
    await both_ways(world, "SCRAM-SHA-256")


async def scram_sha_1(world):
    await both_ways(world, "SCRAM-SHA-1")


async def scram_sha_256_plus(world):
    await both_ways(world, "SCRAM-SHA-256-PLUS", bound=True)


async def scram_sha_1_plus(world):
    await both_ways(world, "SCRAM-SHA-1-PLUS", bound=True)


async def both_ways(world, mechanism, bound=False):
    """The right password is accepted at the first try, a wrong one never."""
    for direct_tls in (False, True):
        for password, accepted in ((None, True), ("wrong", False)):
            client = world.client("anna", password, mechanism=mechanism)
            if bound:
                bind_to_channel(client)
            try:
                await world.connect(client, direct_tls=direct_tls)
            except Refused:
                equal((client.refusals, accepted), ([(mechanism, "not-authorized")], False))
                continue
            equal((client.refusals, accepted), ([], True))
            equal(client["feature_mechanisms"].mech.name, mechanism)
            equal("starttls" in client.features, not direct_tls)
            await client.caught_up()


async def another_channel_is_refused(world):
    """As if somebody sat between client and server: the binding is that of another connection."""
    client = world.client("anna", mechanism="SCRAM-SHA-256-PLUS")
    bind_to_channel(client, lambda _: bytes(32))
    try:
        await world.connect(client)
    except Refused:
        equal(client.refusals, [("SCRAM-SHA-256-PLUS", "not-authorized")])
    else:
        raise AssertionError("logged in with the binding of another channel")


async def whatever_the_library_prefers(world):
    """No mechanism is asked for. This library tries -PLUS first, also without the tls-exporter that
    Python does not give it, and on TLS 1.2 with tls-unique, which nobody should use. That is refused
    and costs nothing: what it tries next leads in, as often as it comes."""
    hopeless = [("SCRAM-SHA-256-PLUS", "malformed-request"), ("SCRAM-SHA-1-PLUS", "malformed-request")]
    for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
        for direct_tls in (False, True):
            for _ in range(4):
                client = world.client("anna", mechanism=None)
                client.ssl_context.maximum_version = version
                await world.connect(client, direct_tls=direct_tls)
                equal(client["feature_mechanisms"].mech.name, "SCRAM-SHA-256")
                equal(client.refusals, hopeless)
                await client.disconnect()


async def an_unknown_user(world):
    try:
        await world.log_in("nobody")
    except Refused:
        return
    raise AssertionError("logged in without an account")


async def the_same_full_jid_twice(world):
    """The newer login takes the place of the older, which is told why; another resource stays."""
    other = await world.log_in("anna", resource="other")
    older = await world.log_in("anna", resource="desk")
    newer = await world.log_in("anna", resource="desk")
    error = await older.next("stream_error")
    equal(error["condition"], "conflict")
    await older.next("disconnected")
    equal(newer.boundjid, older.boundjid)
    newer.send_presence()
    await newer.caught_up()
    await other.caught_up()


def bind_to_channel(client, export=None):
    """Gives the library the channel binding that Python cannot (cpython issue 95341)."""
    mechanisms = client["feature_mechanisms"]
    usual = mechanisms.sasl_callback

    def credentials(required, optional):
        found = usual(required, optional)
        found["channel_binding"] = (export or tls_exporter)(client.socket)
        return found

    mechanisms.sasl_callback = credentials


def tls_exporter(ssl_object):
    """RFC 9266, asked of OpenSSL itself: in `PySSLSocket` the `SSL *` follows the object's head and
    one pointer, in the Python of this Debian."""
    pointer = ctypes.c_void_p.from_address(id(ssl_object._sslobj) + object.__basicsize__ + 8)
    openssl = ctypes.CDLL("libssl.so.3")
    out = ctypes.create_string_buffer(32)
    done = openssl.SSL_export_keying_material(
        pointer, out, ctypes.c_size_t(32), LABEL, ctypes.c_size_t(len(LABEL)), b"", ctypes.c_size_t(0), 1
    )
    equal(done, 1)
    return out.raw
