//! What clients get from the server, told stanza by stanza.
