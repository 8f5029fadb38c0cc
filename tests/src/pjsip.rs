//! What an Asterisk needs for phones of its own: modules and lines of `pjsip.conf`.

/// The modules, in the order in which 22 can load them.
pub const PJSIP: &[&str] = &[
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_pubsub",
    "res_pjsip_outbound_publish",
    "res_pjsip_exten_state",
    "res_pjsip_pidf_body_generator",
    "res_pjsip_dialog_info_body_generator",
    "res_pjsip_endpoint_identifier_user",
    "chan_pjsip",
];

/// The port of the transport.
pub const SIP_PORT: u16 = 25_060;

/// The transport that all endpoints of an Asterisk share.
pub fn transport() -> String {
    format!("[udp]\ntype=transport\nprotocol=udp\nbind={{address}}:{SIP_PORT}\n")
}

/// An endpoint, with these lines more in its address of record: a contact makes it reachable.
pub fn endpoint(name: &str, contact: &str) -> String {
    format!(
        "[{name}]\ntype=aor\n{contact}\
         [{name}]\ntype=endpoint\naors={name}\ncontext=default\ndisallow=all\nallow=ulaw\n"
    )
}
