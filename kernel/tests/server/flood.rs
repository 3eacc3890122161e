//! A cell that prints much.

use std::thread;
use std::time::{Duration, Instant};

use ferrolab_wire::Channel;
use ferrolab_wire::content::{Content, ExecuteReply, Stream};

use crate::frontend::{Frontend, Kernel, PATIENCE, cell};
use crate::parrot::flood_line;

const LINES: usize = 100_000;

/// Reads the output of a flood and checks every line of it; returns the number of messages.
fn read(frontend: &Frontend, request: &str, lines: usize) -> usize {
    let mut text = String::new();
    let mut line = 0;
    let mut messages = 0;
    while line < lines {
        let message = frontend
            .receive(Channel::Iopub, PATIENCE)
            .expect("the flood goes on");
        if message.msg_type() != Stream::TYPE || message.parent_id() != Some(request) {
            continue;
        }
        messages += 1;
        text.push_str(&message.content_as::<Stream>().unwrap().text);
        let mut read = 0;
        while let Some(end) = text[read..].find('\n') {
            let next = &text[read..=read + end];
            assert_eq!(next, flood_line(line), "line {line}");
            line += 1;
            read += next.len();
        }
        text.drain(..read);
    }
    assert_eq!(text, "");
    messages
}

#[test]
fn a_flood_arrives_whole_and_fast() {
    let kernel = Kernel::start();
    let frontend = kernel.frontend();
    let start = Instant::now();
    let id = frontend.send(Channel::Shell, &cell(&format!("flood {LINES}")));
    let messages = read(&frontend, &id, LINES);
    let time = start.elapsed();
    frontend.reply(Channel::Shell, &id);
    let megabytes = (LINES * flood_line(0).len()) as f64 / 1e6;
    let speed = megabytes / time.as_secs_f64();
    println!("{megabytes:.1} MB in {messages} messages: {speed:.0} MB/s");
    // Far below what is usual, for machines that do much else.
    assert!(speed > 10.0, "{speed} MB/s");
    assert!(messages < LINES / 100, "{messages} messages");
    kernel.stop();
}

#[test]
fn a_reader_that_is_late_loses_nothing() {
    let kernel = Kernel::start();
    let frontend = kernel.frontend();
    let lines = 5 * LINES;
    let id = frontend.send(Channel::Shell, &cell(&format!("flood {lines}")));
    thread::sleep(Duration::from_secs(1));
    read(&frontend, &id, lines);
    let reply: ExecuteReply = frontend.reply(Channel::Shell, &id).content_as().unwrap();
    assert_eq!(reply.execution_count, 1);
    kernel.stop();
}

#[test]
fn text_does_not_wait_long_for_more() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let start = Instant::now();
    frontend.send(Channel::Shell, &cell("wait"));
    frontend.published(|message| message.msg_type() == Stream::TYPE);
    assert!(
        start.elapsed() < Duration::from_millis(500),
        "{:?}",
        start.elapsed()
    );
    frontend.send(
        Channel::Control,
        &ferrolab_wire::content::InterruptRequest {},
    );
    kernel.stop();
}
