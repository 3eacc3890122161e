//! Questions that a cell asks the user.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ferrolab_wire::content::{
    Content, ExecuteRequest, InputReply, InputRequest, InterruptRequest, ReplyStatus,
    ShutdownRequest,
};
use ferrolab_wire::{Channel, Message};

use crate::frontend::{Frontend, Kernel, PATIENCE, SILENCE, cell, stranger};

fn answer(frontend: &Frontend, value: &str, question: Option<&Message>) {
    let reply = InputReply {
        status: ReplyStatus::Ok,
        value: value.to_owned(),
    };
    let message = frontend
        .session
        .message(&reply, question.map(|question| &question.header))
        .unwrap();
    frontend.post(Channel::Stdin, &message);
}

fn question(frontend: &Frontend) -> Message {
    let question = frontend
        .receive(Channel::Stdin, PATIENCE)
        .expect("the cell asks");
    assert_eq!(question.msg_type(), InputRequest::TYPE);
    question
}

#[test]
fn the_sender_of_a_cell_is_asked_and_the_cell_waits() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let other = kernel.frontend();
    for (word, password) in [("ask", false), ("password", true)] {
        let id = frontend.send(Channel::Shell, &cell(&format!("{word} who? ")));
        let asked = question(&frontend);
        assert_eq!(asked.parent_id(), Some(id.as_str()));
        let content: InputRequest = asked.content_as().unwrap();
        assert_eq!(
            (content.prompt.as_str(), content.password),
            ("who? ", password)
        );
        assert!(frontend.receive(Channel::Shell, SILENCE).is_none());
        // Jupyter's own client does not say what it answers.
        answer(&frontend, "é😀", (!password).then_some(&asked));
        assert_eq!(frontend.done(&id).text(), "got é😀");
    }
    assert!(other.receive(Channel::Stdin, SILENCE).is_none());
    kernel.stop();
}

#[test]
fn answers_that_are_late_or_come_from_others_do_not_count() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    answer(&frontend, "too early", None);
    // Channels keep no order among each other.
    thread::sleep(SILENCE);
    let id = frontend.send(Channel::Shell, &cell("ask first"));
    let first = question(&frontend);
    frontend.ask(Channel::Control, &InterruptRequest {});
    assert_eq!(frontend.done(&id).text(), "Interrupted");

    let id = frontend.send(Channel::Shell, &cell("ask second"));
    let second = question(&frontend);
    answer(&frontend, "late", Some(&first));
    let reply = InputReply {
        status: ReplyStatus::Ok,
        value: "forged".to_owned(),
    };
    let forged = frontend
        .session
        .message(&reply, Some(&second.header))
        .unwrap();
    let stranger = stranger(&kernel.connection, Channel::Stdin);
    stranger.send(frontend.session.encode(&forged)).unwrap();
    assert!(frontend.receive(Channel::Shell, SILENCE).is_none());
    answer(&frontend, "right", Some(&second));
    assert_eq!(frontend.done(&id).text(), "got right");
    kernel.stop();
}

#[test]
fn a_frontend_that_does_not_allow_it_is_not_asked() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let done = frontend.run(&ExecuteRequest::new("ask who?"));
    assert_eq!(done.text(), "NotAllowed");
    assert!(frontend.receive(Channel::Stdin, SILENCE).is_none());
    kernel.stop();
}

#[test]
fn a_frontend_without_a_stdin_channel_is_nobody() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let shell = stranger(&kernel.connection, Channel::Shell);
    let start = Instant::now();
    let message = frontend.message(&cell("ask who?"));
    shell.send(frontend.session.encode(&message)).unwrap();
    let published = frontend.until_idle(message.header.msg_id());
    assert!(
        published
            .iter()
            .any(|message| message.content["text"] == "NobodyThere"),
        "{published:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(5));
    kernel.stop();
}

#[test]
fn a_shutdown_ends_the_wait() {
    let kernel = Arc::new(Kernel::start());
    let frontend = kernel.frontend();
    frontend.send(Channel::Shell, &cell("ask who?"));
    question(&frontend);
    let start = Instant::now();
    frontend.send(Channel::Control, &ShutdownRequest { restart: false });
    let ended = thread::spawn({
        let kernel = Arc::into_inner(kernel).unwrap();
        move || kernel.join()
    });
    ended.join().unwrap();
    assert!(start.elapsed() < Duration::from_secs(3));
}
