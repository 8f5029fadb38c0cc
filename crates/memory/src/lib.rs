//! What the process gives back to the system: the heap that a flood needed, and the code that was
//! needed only once.
//!
//! Both are calls to the system that no safe library offers, so this crate, as `tcp`, has
//! unsafe code. Nothing here changes what the program does or holds: only resident memory.

mod code;
mod heap;

pub use code::unmap_code;
pub use heap::release_heap;
