//! Namespaces that the stream layer itself writes or looks for. Services name their own.

/// Stanzas of a client stream (RFC 6120, 4.8.2).
pub const CLIENT: &str = "jabber:client";
/// Stanzas of a component's stream (XEP-0114).
pub const COMPONENT: &str = "jabber:component:accept";
/// The stream element itself, its features and its errors.
pub const STREAM: &str = "http://etherx.jabber.org/streams";
/// The ends of a stream whose elements are messages of their own (RFC 7395).
pub const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
/// Conditions inside a stream error.
pub const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
/// Conditions inside a stanza error.
pub const STANZA_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
/// STARTTLS (RFC 6120 section 5).
pub const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
/// SASL logins (RFC 6120 section 6).
pub const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
/// Channel bindings offered beside the mechanisms (XEP-0440).
pub const SASL_CHANNEL_BINDING: &str = "urn:xmpp:sasl-cb:0";
/// Binding a resource (RFC 6120 section 7).
pub const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
/// Session establishment (RFC 3921), a no-op today.
pub const SESSION: &str = "urn:ietf:params:xml:ns:xmpp-session";
/// Login without SASL (XEP-0078).
pub const IQ_AUTH: &str = "jabber:iq:auth";
/// The stream feature that announces login without SASL.
pub const IQ_AUTH_FEATURE: &str = "http://jabber.org/features/iq-auth";
/// What a relay and the server say to each other besides XMPP: that one knows of the other, and from
/// where the PBX comes.
pub const RELAY: &str = "urn:lampfield:relay:0";
/// The id of everything that a relay says again, and the server may have heard before.
pub const RELAY_AGAIN: &str = "lampfield-relay";
/// What the prefix `xml` always means.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// What the attribute prefix `xmlns` always means.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
