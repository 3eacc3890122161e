//! What is no request: it is refused with one line in the log, and the kernel goes on.

use std::io;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ferrolab_wire::content::{Content, KernelInfoReply, KernelInfoRequest};
use ferrolab_wire::{Channel, Session};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::frontend::{Frontend, Kernel, PATIENCE, SILENCE, cell};

/// The log of this process. Tests that share it look for the port of their own kernel.
struct Log;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

/// Starts to keep the log.
fn keep_log() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_writer(Log)
            .with_ansi(false)
            .with_env_filter("off,ferrolab_kernel=warn,ferrolab_wire=warn")
            .init();
    });
}

fn lines_about(word: &str) -> Vec<String> {
    let log = LINES.lock().unwrap();
    String::from_utf8_lossy(&log)
        .lines()
        .filter(|line| line.contains(word))
        .map(str::to_owned)
        .collect()
}

/// Waits for a number of lines in the log, and a little longer for lines too many.
fn expect_lines(word: &str, count: usize) -> Vec<String> {
    let start = Instant::now();
    while lines_about(word).len() < count && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(50));
    let lines = lines_about(word);
    assert_eq!(lines.len(), count, "{lines:#?}");
    lines
}

/// Frames that are no message under the kernel's key.
fn junk(frontend: &Frontend) -> Vec<Vec<Bytes>> {
    let good = frontend
        .session
        .encode(&frontend.message(&KernelInfoRequest {}));
    let with = |at: usize, frame: &'static [u8]| {
        let mut frames = good.clone();
        frames[at] = Bytes::from_static(frame);
        frames
    };
    let stranger = Session::new("another key");
    let unsigned = Session::new("");
    let request = stranger.message(&KernelInfoRequest {}, None).unwrap();
    // Signed as it should be, and still no message.
    let mut listing = frontend.message(&KernelInfoRequest {});
    listing.content = json!([1]);
    let mut deep = frontend.message(&KernelInfoRequest {});
    let nested = (0..1000).fold(json!(1), |inner, _| json!({ "a": inner }));
    deep.metadata.insert("deep".to_owned(), nested);
    vec![
        vec![Bytes::new()],
        vec![Bytes::from_static(b"\xff\xfe")],
        good[..3].to_vec(),
        with(0, b"no delimiter"),
        with(1, b"not even hex"),
        with(1, &[b'0'; 64]),
        with(1, b""),
        with(2, b"\xff"),
        stranger.encode(&request),
        unsigned.encode(&request),
        frontend.session.encode(&listing),
        frontend.session.encode(&deep),
        good.clone(),
    ]
}

#[test]
fn what_is_no_message_is_refused_with_one_line_each() {
    keep_log();
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    for channel in [Channel::Shell, Channel::Control, Channel::Stdin] {
        let port = format!(":{}", kernel.connection.port(channel));
        let junk = junk(&frontend);
        for frames in &junk {
            frontend.socket(channel).send(frames.clone()).unwrap();
        }
        // The last one is good, but only once.
        if channel != Channel::Stdin {
            let reply = frontend.receive(channel, PATIENCE).expect("an answer");
            assert_eq!(reply.msg_type(), KernelInfoReply::TYPE);
        }
        let good = junk.last().unwrap().clone();
        frontend.socket(channel).send(good).unwrap();
        for line in expect_lines(&port, junk.len()) {
            assert!(line.contains("a message was refused"), "{line}");
            assert!(!line.contains(&kernel.connection.key), "{line}");
        }
        assert!(frontend.receive(channel, SILENCE).is_none(), "no answer");
    }
    frontend
        .socket(Channel::Iopub)
        .send(vec![Bytes::from_static(b"\x01\xff")])
        .ok();
    let info: KernelInfoReply = frontend
        .ask(Channel::Shell, &KernelInfoRequest {})
        .content_as()
        .unwrap();
    assert_eq!(info.banner, "parrot");
    assert_eq!(frontend.run(&cell("hello")).text(), "hello");
    kernel.stop();
}

#[test]
fn a_request_of_a_type_that_nobody_knows_is_done_at_once() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    for channel in [Channel::Shell, Channel::Control] {
        let mut message = frontend.message(&KernelInfoRequest {});
        message.header = ferrolab_wire::Header::parse(Bytes::from(
            json!({"msg_id": channel.name(), "msg_type": "made_up_request", "session": "s"})
                .to_string(),
        ))
        .unwrap();
        let id = frontend.post(channel, &message);
        assert_eq!(frontend.until_idle(&id).len(), 2);
    }
    assert_eq!(frontend.run(&cell("hello")).text(), "hello");
    kernel.stop();
}
