//! How a stock Asterisk is made to take up a change in its `xmpp.conf`: one wording for all remedies. The manual
//! has the commands.

/// What its console is told after most changes.
pub const RELOAD: &str = "module reload res_xmpp.so";

/// The same if the module was not loaded so far.
pub const LOAD: &str = "module load res_xmpp.so";

/// The same after a change of `pubsub_node` or `distribute_events`, or of `usetls` towards the server itself.
/// COMPAT(asterisk<=22 res_xmpp): a reload does not open its stream anew for these, and it can only be unloaded after
/// `chan_motif`, which Debian's packages load.
pub const LOAD_ANEW: &str = "load res_xmpp.so anew (lampfield help load-anew)";
