//! Lines of JSON with an upper bound on their length, on both sides of the control socket.

use serde::Serialize;

/// The longest request, in bytes: a name, some patterns and a password fit many times.
pub const LONGEST_REQUEST: usize = 64 << 10;

/// The longest answer, in bytes: `status` with every origin of the largest server.
pub const LONGEST_ANSWER: u64 = 64 << 20;

/// One value as a line.
///
/// # Errors
/// The value cannot be written as JSON, which would be a bug of its type.
pub fn encode(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}
