//! The identity of a PBX among others.

/// An EID that follows from the name of a PBX, so that it is the same each time: six bytes, locally
/// administered as a made-up MAC address is (FNV-1a of the name).
pub fn eid_of(name: &str) -> String {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
    let bytes = hash.to_be_bytes();
    let parts = bytes.iter().skip(3).map(|byte| format!(":{byte:02x}"));
    format!("02{}", parts.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_own() {
        let eid = eid_of("pbx-1");
        assert_eq!(eid.len(), 17);
        assert!(eid.starts_with("02:") && eid != eid_of("pbx-2"));
    }
}
