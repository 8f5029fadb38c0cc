//! XML framing, JIDs, SASL and stream negotiation: no policy, no I/O.
