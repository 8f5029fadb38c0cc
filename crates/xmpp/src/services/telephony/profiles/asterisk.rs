//! What this door declares of an Asterisk. The tests of the hub and of the operations read this file too, so that it is
//! written down once.

use std::time::Duration;

use lampfield_hub::kit::{PeerCache, Profile, Waits};

/// COMPAT(asterisk<=22 res_xmpp): it goes on showing what it heard while it is away, files device states under the entity
/// id that said them, publishes all of them anew at each login, has one connection at a time, and drops what comes under
/// its own entity id as an echo. Before it connects again it waits 1, 2, 4 .. 60 s, and never begins anew at 1 s in the
/// life of the process, however well the sessions between went.
pub const ASTERISK: Profile = Profile {
    cache: PeerCache::Survives,
    files_by_identity: true,
    repeats: true,
    one_connection: true,
    waits: Some(Waits {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(60),
        remedy: "run lampfield relay on that machine (lampfield invite NAME prints how); or find out why its line drops \
                 (where it breaks its own stream, net.ipv4.tcp_wmem = 4096 4194304 8388608 in a file in its \
                 /etc/sysctl.d helps, or clear text inside a VPN), and restart that Asterisk when it is idle",
        relay_remedy: "find out on that machine why its relay was restarted: journalctl -u lampfield-relay; and restart \
                       that Asterisk when it is idle, which resets its waits",
    }),
    shares_identity: false,
    identity_remedy: "give each PBX its own entityid= in [options] of asterisk.conf, then: core restart when convenient",
};
