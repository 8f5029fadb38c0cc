//! The relay's two ends, what a PBX says and what a server says, and what it is told at its start. It panics by itself.

use lampfield_relay::trial;

/// What one write of the PBX may hold, in a corpus that people can read.
const WRITES: u8 = b'\x1e';

pub fn check_pbx(data: &[u8]) {
    let pieces: Vec<_> = data.split(|byte| *byte == WRITES).collect();
    trial::pbx_says(&pieces);
}

pub fn check_login(data: &[u8]) {
    trial::server_begins(data);
}

pub fn check_arguments(data: &[u8]) {
    trial::is_typed(&String::from_utf8_lossy(data));
}

pub fn check_server(data: &[u8]) {
    trial::server_says(data);
}
