//! Two socket options, by the macro that nix has for those it does not offer itself (neither does
//! socket2 or rustix): the unsafe calls are its own.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::sys::socket::{GetSockOpt, SetSockOpt};
use nix::{getsockopt_impl, setsockopt_impl, sockopt_impl};

/// `TCP_RTO_MAX_MS` of linux/tcp.h; libc does not have it yet.
const TCP_RTO_MAX_MS: libc::c_int = 44;

sockopt_impl!(
    /// The longest pause between retransmissions, in milliseconds.
    LongestPause, SetOnly, libc::SOL_TCP, TCP_RTO_MAX_MS, u32
);

sockopt_impl!(
    /// What the kernel knows.
    Info, GetOnly, libc::SOL_TCP, libc::TCP_INFO, TcpInfo
);

/// The beginning of `tcp_info` of linux/tcp.h, as every kernel has it. That of libc grows with the newest
/// one, and nix takes no shorter answer than it has asked for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TcpInfo {
    _state_ca_state_retransmits: [u8; 3],
    probes: u8,
    _backoff_options_bits: [u8; 4],
    _rto_ato_snd_mss_rcv_mss: [u32; 4],
    unacked: u32,
    _sacked_lost_retrans_fackets: [u32; 4],
    last_data_sent: u32,
    _last_ack_sent_last_data_recv: [u32; 2],
    last_ack_recv: u32,
}

/// When the peer's TCP was heard last, and what it has been asked since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// How long ago its last segment came in that acknowledged anything, as every one after the first
    /// does.
    pub silence: Duration,
    /// Something that was sent has not been acknowledged.
    pub is_awaited: bool,
    /// How long ago data was sent last, for the first time or again.
    pub sent: Duration,
    /// How many probes were sent since it was heard last: of an idle connection, or of a window that the
    /// peer has closed. Any acknowledgment sets this to 0.
    pub probes: u8,
}

impl Heard {
    /// Asks the kernel.
    pub fn of(socket: BorrowedFd<'_>) -> io::Result<Self> {
        let info = Info.get(&socket)?;
        let millis = |count: u32| Duration::from_millis(count.into());
        Ok(Self {
            silence: millis(info.last_ack_recv),
            is_awaited: info.unacked > 0,
            sent: millis(info.last_data_sent),
            probes: info.probes,
        })
    }
}

/// Bounds the pauses between retransmissions, and between probes of a closed window.
pub fn set_longest_pause(socket: BorrowedFd<'_>, pause: Duration) -> io::Result<()> {
    let millis = u32::try_from(pause.as_millis()).unwrap_or(u32::MAX);
    Ok(LongestPause.set(&socket, &millis)?)
}
