//! The test equipment itself: a line does to packets what it was asked to, and nothing else.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lampfield_tests::line::{Line, Quality, Width};
use lampfield_tests::namespace::Namespace;

const PORT: u16 = 25_000;

/// What timers and a loaded machine may add to a delay.
const LATE: Duration = Duration::from_millis(15);

struct Pair {
    near: Arc<Namespace>,
    far: Arc<Namespace>,
    line: Line,
}

impl Pair {
    fn joined_by(quality: Quality) -> Self {
        let (near, far) = (Namespace::make(), Namespace::make());
        let line = Line::between(&near, &far, 1, quality);
        Self { near, far, line }
    }

    /// A connection from the near machine to the far one, both ends.
    fn connect(&self) -> (TcpStream, TcpStream) {
        let to = SocketAddrV4::new(self.line.far(), PORT);
        let listener = self.far.within(|| TcpListener::bind(to)).unwrap();
        let client = self.near.within(|| TcpStream::connect(to)).unwrap();
        let (server, _) = listener.accept().unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        (client, server)
    }

    /// How many of this many datagrams of 100 bytes arrive, one every `pause`.
    fn arrive(&self, datagrams: usize, pause: Duration) -> usize {
        let to = SocketAddrV4::new(self.line.far(), PORT);
        let receiver = self.far.within(|| UdpSocket::bind(to)).unwrap();
        let sender = self.near.within(|| UdpSocket::bind((self.line.near(), 0))).unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let counted = std::thread::spawn(move || {
            (0..datagrams).take_while(|_| receiver.recv(&mut [0; 200]).is_ok()).count()
        });
        for _ in 0..datagrams {
            sender.send_to(&[0; 100], to).unwrap();
            wait(pause);
        }
        counted.join().unwrap()
    }
}

#[allow(clippy::disallowed_methods)]
fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// The quickest of some round trips of a byte.
fn round_trip(client: &mut TcpStream, server: &mut TcpStream) -> Duration {
    let once = |_| {
        let start = Instant::now();
        client.write_all(b"x").unwrap();
        server.read_exact(&mut [0]).unwrap();
        server.write_all(b"y").unwrap();
        client.read_exact(&mut [0]).unwrap();
        start.elapsed()
    };
    (0..5).map(once).min().unwrap()
}

#[test]
fn a_round_trip_takes_what_was_asked() {
    for asked in [0, 40, 200, 300].map(Duration::from_millis) {
        let pair = Pair::joined_by(Quality::round_trip(asked));
        let (mut client, mut server) = pair.connect();
        let took = round_trip(&mut client, &mut server);
        assert!(took >= asked && took < asked + LATE, "asked for {asked:?}, took {took:?}");
    }
}

#[test]
fn as_many_get_lost_as_were_asked() {
    let pause = Duration::from_micros(200);
    let perfect = Pair::joined_by(Quality::round_trip(Duration::from_millis(20)));
    assert_eq!(perfect.arrive(2_000, pause), 2_000);
    let lossy = Pair::joined_by(Quality::round_trip(Duration::from_millis(20)).loss(0.1));
    let arrived = lossy.arrive(2_000, pause);
    // Three times the standard deviation on each side.
    assert!((1_760..=1_840).contains(&arrived), "{arrived} of 2000 with a loss of 10 %");
}

#[test]
fn a_narrow_line_carries_its_width_and_loses_what_would_wait_too_long() {
    // With their headers 100 datagrams are 12,800 bytes: half a second. Only the queue's 100 ms
    // can wait.
    let width = Width { bytes_per_second: 25_600, queue: Duration::from_millis(100) };
    let pair = Pair::joined_by(Quality::round_trip(Duration::from_millis(20)).width(width));
    let arrived = pair.arrive(100, Duration::ZERO);
    assert!((20..=35).contains(&arrived), "{arrived} of 100");
}

#[test]
fn a_cut_line_carries_nothing_nobody_is_told_and_a_stream_survives() {
    let pair = Pair::joined_by(Quality::round_trip(Duration::from_millis(200)));
    let (mut client, mut server) = pair.connect();
    round_trip(&mut client, &mut server);
    pair.line.cut();
    client.write_all(b"client").unwrap();
    server.write_all(b"server").unwrap();
    let quiet = Duration::from_millis(1_500);
    for stream in [&mut client, &mut server] {
        stream.set_read_timeout(Some(quiet)).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    }
    pair.line.heal();
    let mut word = [0; 6];
    client.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"server");
    server.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"client");
}

#[test]
fn a_line_can_become_another_one() {
    let slow = Quality::round_trip(Duration::from_millis(200));
    let pair = Pair::joined_by(Quality::round_trip(Duration::ZERO));
    let (mut client, mut server) = pair.connect();
    assert!(round_trip(&mut client, &mut server) < LATE);
    pair.line.turn_into(slow);
    assert!(round_trip(&mut client, &mut server) >= slow.delay * 2);
}

/// A cable that is pulled loses what is on it.
#[test]
fn what_is_on_the_way_when_the_line_is_cut_is_lost() {
    let pair = Pair::joined_by(Quality::round_trip(Duration::from_millis(400)));
    let to = SocketAddrV4::new(pair.line.far(), PORT);
    let receiver = pair.far.within(|| UdpSocket::bind(to)).unwrap();
    receiver.set_read_timeout(Some(Duration::from_millis(600))).unwrap();
    let sender = pair.near.within(|| UdpSocket::bind((pair.line.near(), 0))).unwrap();
    sender.send_to(b"lost", to).unwrap();
    wait(Duration::from_millis(50));
    pair.line.cut();
    assert!(receiver.recv(&mut [0; 10]).is_err());
    // What sets out before the end is lost even if it would arrive after it.
    sender.send_to(b"lost", to).unwrap();
    wait(Duration::from_millis(50));
    pair.line.heal();
    sender.send_to(b"heard", to).unwrap();
    assert_eq!(receiver.recv(&mut [0; 10]).unwrap(), 5);
}
