//! Two socket options that no safe library offers (socket2, rustix and nix do not): the only unsafe
//! code of this crate.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// `TCP_RTO_MAX_MS` of linux/tcp.h; libc does not have it yet.
const TCP_RTO_MAX_MS: libc::c_int = 44;

/// How long ago the last segment of the peer came in that acknowledged anything, as every segment
/// after the first does.
pub fn last_heard(socket: BorrowedFd<'_>) -> io::Result<Duration> {
    let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
    let mut length = libc::socklen_t::try_from(size_of::<libc::tcp_info>()).unwrap_or_default();
    // SAFETY: the descriptor is open while it is borrowed; the kernel writes at most `length` bytes
    // into `info`, which has as many.
    let done = unsafe {
        let into = info.as_mut_ptr().cast();
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_TCP, libc::TCP_INFO, into, &raw mut length)
    };
    if done != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all zeros are a valid `tcp_info`, which has only integers, and so is what the kernel
    // has written over them.
    let info = unsafe { info.assume_init() };
    Ok(Duration::from_millis(info.tcpi_last_ack_recv.into()))
}

/// Bounds the pauses between retransmissions.
pub fn set_longest_pause(socket: BorrowedFd<'_>, pause: Duration) -> io::Result<()> {
    let millis = libc::c_int::try_from(pause.as_millis()).unwrap_or(libc::c_int::MAX);
    let length = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or_default();
    // SAFETY: the descriptor is open while it is borrowed; the kernel reads `length` bytes of
    // `millis`, which has as many.
    let done = unsafe {
        let from = (&raw const millis).cast();
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_TCP, TCP_RTO_MAX_MS, from, length)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
