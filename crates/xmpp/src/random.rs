//! Unpredictable numbers from the kernel.

/// 128 unpredictable bits as hexadecimal digits: stream ids, nonces, resources.
pub fn token() -> String {
    let high = number();
    let low = number();
    format!("{high:016x}{low:016x}")
}

/// 64 unpredictable bits from the kernel.
pub fn number() -> u64 {
    getrandom::u64().unwrap_or_else(|error| {
        // Without randomness nothing here is safe, and no supported kernel does this.
        tracing::error!("the kernel provides no random numbers: {error}");
        std::process::abort()
    })
}
