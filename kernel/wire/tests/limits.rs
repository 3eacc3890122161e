//! What a peer without a key can do to a listening socket: nothing that others notice.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ferrolab_wire::transport::{
    ClientSocket, Encryption, Keys, OmqTransport, ServerSocket, Socket, Transport,
};

const PATIENCE: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_millis(300);
const LIMIT: usize = 1 << 20;

/// The log of this process.
struct Log;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn keep_log() {
    tracing_subscriber::fmt()
        .with_writer(|| Log)
        .with_ansi(false)
        .with_env_filter("off,ferrolab_wire=warn")
        .init();
}

/// What is logged about a socket, once there is something.
fn lines_about(endpoint: &str) -> Vec<String> {
    let start = Instant::now();
    loop {
        let lines = lines_so_far(endpoint);
        if !lines.is_empty() || start.elapsed() > PATIENCE {
            thread::sleep(SILENCE);
            return lines_so_far(endpoint);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn lines_so_far(endpoint: &str) -> Vec<String> {
    let log = LINES.lock().unwrap();
    let port = endpoint.rsplit(':').next().unwrap();
    String::from_utf8_lossy(&log)
        .lines()
        .filter(|line| line.contains(port))
        .map(str::to_owned)
        .collect()
}

fn server(encryption: &Encryption) -> Box<dyn Socket> {
    OmqTransport::new("server")
        .with_max_message_bytes(LIMIT)
        .bind(ServerSocket::Router, "tcp://127.0.0.1:0", encryption)
        .unwrap()
}

fn client(server: &dyn Socket, encryption: &Encryption) -> Box<dyn Socket> {
    OmqTransport::new("client")
        .connect(ClientSocket::Dealer, server.endpoint(), encryption)
        .unwrap()
}

fn last_frame(server: &dyn Socket) -> Bytes {
    let frames = server.receive(PATIENCE).unwrap().expect("a message");
    frames.last().unwrap().clone()
}

#[test]
fn a_message_that_is_too_large_is_refused_and_others_go_on() {
    keep_log();
    let server = server(&Encryption::Off);
    let (large, small) = (
        client(&*server, &Encryption::Off),
        client(&*server, &Encryption::Off),
    );
    large.send(vec![Bytes::from(vec![1; 2 * LIMIT])]).unwrap();
    small.send(vec![Bytes::from_static(b"a")]).unwrap();
    assert_eq!(last_frame(&*server), "a");
    assert!(server.receive(SILENCE).unwrap().is_none());
    // The client, which is in this process too, logs that the connection broke.
    let mut lines = lines_about(server.endpoint());
    lines.retain(|line| line.contains("message too large"));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    // Many small frames are one large message.
    large
        .send(vec![Bytes::from_static(&[7; 16]); LIMIT / 16])
        .unwrap();
    small.send(vec![Bytes::from(vec![2; LIMIT / 2])]).unwrap();
    assert_eq!(last_frame(&*server).len(), LIMIT / 2);
    assert!(server.receive(SILENCE).unwrap().is_none());
}

#[test]
fn bytes_that_are_no_zeromq_are_refused_and_others_go_on() {
    let server = server(&Encryption::Off);
    let address = server.endpoint().strip_prefix("tcp://").unwrap();
    let greeting = [
        &[0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0][..],
        b"NULL",
        &[0; 48],
    ]
    .concat();
    let junk: [Vec<u8>; 6] = [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0xFF; 4096],
        vec![0; 4096],
        greeting[..30].to_vec(),
        // A frame that claims to be longer than anything.
        [&greeting[..], &[2], &[0xFF; 8], b"x"].concat(),
        [&greeting[..], &[4, 5], b"\x05READY"].concat(),
    ];
    let mut held = Vec::new();
    for bytes in &junk {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(SILENCE)).unwrap();
        stream.write_all(bytes).unwrap();
        // Whatever the server says, and whether it hangs up, is its own affair.
        let _ = stream.read(&mut [0; 64]);
        held.push(stream);
    }
    let client = client(&*server, &Encryption::Off);
    client.send(vec![Bytes::from_static(b"a")]).unwrap();
    assert_eq!(last_frame(&*server), "a");
}

#[test]
fn who_has_not_the_key_gets_nothing_through() {
    let encryption = Encryption::Curve(Keys::generate());
    let server = server(&encryption);
    let others = [Encryption::Off, Encryption::Curve(Keys::generate())];
    let strangers = others.map(|encryption| client(&*server, &encryption));
    for stranger in &strangers {
        stranger
            .send(vec![Bytes::from_static(b"let me in")])
            .unwrap();
    }
    assert!(server.receive(SILENCE).unwrap().is_none());
    let friend = client(&*server, &encryption);
    friend.send(vec![Bytes::from_static(b"a")]).unwrap();
    assert_eq!(last_frame(&*server), "a");
}
