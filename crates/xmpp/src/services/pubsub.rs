//! Publish-subscribe (XEP-0060): an engine without XML, a codec without policy, and thin glue.
