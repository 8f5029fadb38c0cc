//! The XMPP door: transports, router and services.
