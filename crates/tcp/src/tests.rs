use std::time::Instant;

use socket2::SockFilter;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::*;

/// `BPF_RET | BPF_K` of linux/bpf_common.h: with 0, whatever arrives is dropped.
const RETURN: u16 = 0x06;
/// What is written until no more is taken.
const PIECE: [u8; 4_096] = [0; 4_096];
/// The peer's kernel has no more room by then.
const FULL: Duration = Duration::from_millis(300);
/// What [`SILENCE`] may become by looking now and then.
const NOTICED: Duration = Duration::from_secs(12);

/// A connection on a kernel that cannot bound its pauses, and its peer.
struct Pair {
    stream: TcpStream,
    peer: TcpStream,
}

impl Pair {
    async fn connect() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (peer, _) = listener.accept().await.unwrap();
        prepare_with_doubling_pauses(&stream).unwrap();
        Self { stream, peer }
    }

    /// Writes what both kernels take, so that data waits for a peer that does not read.
    async fn fill(&self) {
        while timeout(FULL, self.stream.writable()).await.is_ok() {
            let _ = self.stream.try_write(&PIECE);
        }
    }

    /// Nothing arrives at the peer any more, so that it says nothing either.
    fn cut_the_line(&self) {
        SockRef::from(&self.peer).attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)]).unwrap();
    }

    /// How long after a cut it is noticed.
    async fn is_noticed(&self) -> Duration {
        self.cut_the_line();
        let began = Instant::now();
        cut(&self.stream).await;
        began.elapsed()
    }
}

#[tokio::test]
async fn a_cut_is_noticed_whatever_waits() {
    let nothing = async {
        let pair = Pair::connect().await;
        sleep(Duration::from_secs(2)).await;
        pair.is_noticed().await
    };
    let data_on_its_way = async {
        let pair = Pair::connect().await;
        sleep(Duration::from_secs(2)).await;
        pair.cut_the_line();
        pair.stream.try_write(&PIECE).unwrap();
        pair.is_noticed().await
    };
    let no_room = async {
        let pair = Pair::connect().await;
        pair.fill().await;
        sleep(Duration::from_secs(2)).await;
        pair.is_noticed().await
    };
    let no_room_for_long = async {
        let pair = Pair::connect().await;
        pair.fill().await;
        sleep(Duration::from_secs(8)).await;
        pair.is_noticed().await
    };
    let (nothing, data_on_its_way, no_room, no_room_for_long) =
        tokio::join!(nothing, data_on_its_way, no_room, no_room_for_long);
    for noticed in [nothing, data_on_its_way, no_room] {
        assert!(noticed < NOTICED, "{noticed:?}");
    }
    // It was asked after 0.2, 0.6, 1.4, 3, 6.2, 12.6 and 25.4 s, the last two times in vain.
    assert!(no_room_for_long < Duration::from_secs(22), "{no_room_for_long:?}");
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_not_cut() {
    let pair = Pair::connect().await;
    pair.fill().await;
    let cut = timeout(Duration::from_secs(42), cut(&pair.stream)).await;
    assert!(cut.is_err(), "{:?}", Heard::of(pair.stream.as_fd()));
}

#[test]
fn a_peer_has_been_asked_once_something_was_sent_that_it_has_to_answer() {
    let second = Duration::from_secs(1);
    let idle = Heard { silence: 9 * second, is_awaited: false, sent: 20 * second, probes: 0 };
    assert!(!was_asked(idle));
    assert!(!was_asked(Heard { probes: 1, ..idle }), "it may be lost");
    assert!(was_asked(Heard { probes: 2, ..idle }));
    assert!(!was_asked(Heard { is_awaited: true, ..idle }), "an answer came since");
    assert!(was_asked(Heard { is_awaited: true, sent: 2 * second, ..idle }));
}

#[tokio::test]
async fn a_peer_that_says_nothing_and_lives_is_not_cut() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let _peer = listener.accept().await.unwrap();
    prepare(&stream).unwrap();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(6) {
        let silence = Heard::of(stream.as_fd()).unwrap().silence;
        assert!(silence < Duration::from_secs(5), "{silence:?}");
        sleep(Duration::from_millis(100)).await;
    }
    let waits = timeout(Duration::from_millis(500), async {
        let check = async {
            sleep(Duration::from_millis(100)).await;
            let kernels = SockRef::from(&stream).tcp_user_timeout().unwrap();
            assert_eq!(kernels, Some(NEVER), "the kernel's own watch is known to be wrong");
            std::future::pending::<()>().await;
        };
        tokio::join!(cut(&stream), check)
    });
    assert!(waits.await.is_err());
    let kernels = SockRef::from(&stream).tcp_user_timeout().unwrap();
    assert_eq!(kernels, Some(UNACKNOWLEDGED), "for what is unsent when it is closed");
}

#[tokio::test]
async fn a_peer_that_has_been_silent_is_asked_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let _peer = listener.accept().await.unwrap();
    let seldom = TcpKeepalive::new().with_time(Duration::from_mins(1));
    SockRef::from(&stream).set_tcp_keepalive(&seldom).unwrap();
    sleep(KEEPALIVE.0 + Duration::from_millis(300)).await;
    let silence = Heard::of(stream.as_fd()).unwrap().silence;
    assert!(silence > KEEPALIVE.0, "{silence:?}");
    ask(&stream).unwrap();
    sleep(Duration::from_millis(150)).await;
    let silence = Heard::of(stream.as_fd()).unwrap().silence;
    assert!(silence < KEEPALIVE.0 / 2, "{silence:?}");
}
