//! How a kernel begins and ends, as the project's own client sees it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ferrolab_kernel::engine::Engine;
use ferrolab_kernel::server;
use ferrolab_wire::content::{
    ConnectReply, ConnectRequest, Content, ErrorReport, ExecuteRequest, InputReply,
    KernelInfoRequest, ReplyStatus, ShutdownReply, ShutdownRequest,
};
use ferrolab_wire::transport::{Encryption, OmqTransport, ServerSocket, Transport};
use ferrolab_wire::{Channel, ConnectionFile, Event, KernelClient, KeyPolicy, Session, StartFile};
use serde_json::json;

use crate::frontend::{Frontend, Kernel, PATIENCE, cell, loopback, settings};
use crate::parrot::Parrot;

struct Running {
    client: KernelClient,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    fn start(
        make_engine: impl FnOnce() -> anyhow::Result<Box<dyn Engine>> + Send + 'static,
    ) -> Self {
        let connection = loopback();
        let mut client = KernelClient::connect(&connection).unwrap();
        let serving =
            thread::spawn(move || server::serve(&connection.into(), &settings(), make_engine));
        let info = client.wait_ready(PATIENCE, || Ok(())).unwrap();
        assert_eq!(info.banner, "parrot");
        Self { client, serving }
    }

    /// Runs a cell; returns how it ended, what it printed and its errors.
    fn run(&mut self, code: &str) -> (ReplyStatus, String, Vec<ErrorReport>) {
        let mut execution = self.client.execute(&ExecuteRequest::new(code)).unwrap();
        let (mut printed, mut errors) = (String::new(), Vec::new());
        loop {
            match execution
                .next(PATIENCE)
                .unwrap()
                .expect("the kernel answers")
            {
                Event::Stream(stream) => printed.push_str(&stream.text),
                Event::Error(error) => errors.push(error),
                Event::Finished(finished) => return (finished.reply.status, printed, errors),
                _ => {}
            }
        }
    }

    fn stop(self) {
        self.client.control().shutdown(false, PATIENCE).unwrap();
        self.serving.join().unwrap().unwrap();
    }
}

/// An engine that is not made before something is sent.
fn held_back() -> (
    Sender<()>,
    impl FnOnce() -> anyhow::Result<Box<dyn Engine>> + Send,
) {
    let (release, released) = mpsc::channel();
    (release, move || {
        released.recv()?;
        Ok(Box::new(Parrot::default()) as Box<dyn Engine>)
    })
}

#[test]
fn clients_are_answered_while_the_engine_starts() {
    let (release, make_engine) = held_back();
    let mut kernel = Running::start(make_engine);
    let mut execution = kernel
        .client
        .execute(&ExecuteRequest::new("hello"))
        .unwrap();
    assert!(
        execution
            .next(Duration::from_millis(300))
            .unwrap()
            .is_none()
    );
    release.send(()).unwrap();
    assert!(matches!(
        execution.next(PATIENCE).unwrap(),
        Some(Event::Started(_))
    ));
    assert_eq!(kernel.run("again").1, "again");
    kernel.stop();
}

#[test]
fn an_interrupt_drops_cells_that_wait_for_the_engine() {
    let (release, make_engine) = held_back();
    let mut kernel = Running::start(make_engine);
    let control = kernel.client.control();
    let mut execution = kernel
        .client
        .execute(&ExecuteRequest::new("hello"))
        .unwrap();
    thread::sleep(Duration::from_millis(300));
    control.interrupt(PATIENCE).unwrap();
    release.send(()).unwrap();
    let Some(Event::Finished(finished)) = execution.next(PATIENCE).unwrap() else {
        panic!("the cell did something");
    };
    assert_eq!(finished.reply.status, ReplyStatus::Aborted);
    assert_eq!(kernel.run("again").0, ReplyStatus::Ok);
    kernel.stop();
}

#[test]
fn cells_tell_why_there_is_no_engine() {
    let mut kernel =
        Running::start(|| Err(anyhow::anyhow!("no compiler").context("the engine does not start")));
    let (status, _, errors) = kernel.run("hello");
    assert_eq!(status, ReplyStatus::Error);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].ename, "InternalError");
    assert_eq!(errors[0].evalue, "the engine does not start: no compiler");
    kernel.stop();
}

#[test]
fn a_defect_of_the_engine_fails_the_cell_and_not_the_kernel() {
    let mut kernel = Running::start(|| Ok(Box::new(Parrot::default())));
    let (status, _, errors) = kernel.run("panic");
    assert_eq!(status, ReplyStatus::Error);
    assert_eq!(errors.len(), 1);
    assert!(
        errors[0].evalue.ends_with("a defect"),
        "{}",
        errors[0].evalue
    );
    assert_eq!(
        kernel.run("hello"),
        (ReplyStatus::Ok, "hello".to_owned(), Vec::new())
    );
    kernel.stop();
}

#[test]
fn a_shutdown_ends_the_cell_and_the_engine() {
    let parrot = Parrot::default();
    let shut_down = Arc::clone(&parrot.shut_down);
    let mut kernel = Running::start(move || Ok(Box::new(parrot)));
    let control = kernel.client.control();
    let mut execution = kernel.client.execute(&ExecuteRequest::new("wait")).unwrap();
    assert!(matches!(
        execution.next(PATIENCE).unwrap(),
        Some(Event::Started(_))
    ));
    let start = Instant::now();
    control.shutdown(true, PATIENCE).unwrap();
    kernel.serving.join().unwrap().unwrap();
    assert!(shut_down.load(Ordering::SeqCst));
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_the_channel() {
    let connection = loopback();
    let address = format!("{}:{}", connection.ip, connection.iopub_port);
    let _taken = std::net::TcpListener::bind(address).unwrap();
    let port = connection.iopub_port.to_string();
    let error = server::serve(&connection.into(), &settings(), || {
        Ok(Box::new(Parrot::default()))
    })
    .unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("iopub") && text.contains(&port), "{text}");
}

#[test]
fn a_kernel_that_chooses_its_ports_tells_its_launcher_first() {
    let transport = OmqTransport::new("launcher");
    let launcher = transport
        .bind(ServerSocket::Router, "tcp://127.0.0.1:0", &Encryption::Off)
        .unwrap();
    let (_, port) = launcher.endpoint().rsplit_once(':').unwrap();
    let file = json!({
        "kernel_id": "k1",
        "transport": "tcp",
        "registration_ip": "127.0.0.1",
        "registration_port": port.parse::<u16>().unwrap(),
        "signature_scheme": "hmac-sha256",
        "key": "secret",
    });
    let start_file = StartFile::parse(&file.to_string(), KeyPolicy::Required).unwrap();
    let serving = thread::spawn(move || {
        server::serve(&start_file, &settings(), || Ok(Box::new(Parrot::default())))
    });
    let session = Session::new("secret");
    let frames = launcher.receive(PATIENCE).unwrap().unwrap();
    let (mut answer, told) = session.decode_note(&frames).unwrap();
    answer.extend(session.encode_note(&json!({"status": "ok"})));
    launcher.send(answer).unwrap();

    let port = |name: &str| told[name].as_str().unwrap().parse::<u16>().unwrap();
    let mut connection = json!({
        "transport": "tcp",
        "ip": told["ip"],
        "key": "secret",
    });
    for name in [
        "shell_port",
        "iopub_port",
        "stdin_port",
        "control_port",
        "hb_port",
    ] {
        assert_ne!(port(name), 0);
        connection[name] = port(name).into();
    }
    let connection = ConnectionFile::parse(&connection.to_string(), KeyPolicy::Required).unwrap();
    let mut frontend = Frontend::connect(&connection);
    let reply: ConnectReply = frontend
        .ask(Channel::Shell, &ConnectRequest {})
        .content_as()
        .unwrap();
    assert_eq!(reply.hb_port, connection.hb_port);
    assert_eq!(frontend.run(&cell("hello")).text(), "hello");
    frontend.ask(Channel::Shell, &ShutdownRequest { restart: false });
    serving.join().unwrap().unwrap();
}

#[test]
fn every_transport_carries_every_channel() {
    let folder = tempfile::tempdir().unwrap();
    let encrypted = loopback();
    let mut plain = loopback();
    (plain.curve_publickey, plain.curve_secretkey) = (None, None);
    for connection in [
        encrypted,
        plain,
        ConnectionFile::for_ipc(folder.path()).unwrap(),
    ] {
        let kernel = Kernel::at(connection, settings(), || Ok(Box::new(Parrot::default())));
        let mut frontend = kernel.frontend();
        let client = KernelClient::connect(&kernel.connection).unwrap();
        assert!(client.control().beats(PATIENCE).unwrap());
        let id = frontend.send(Channel::Shell, &cell("ask who?"));
        let question = frontend.receive(Channel::Stdin, PATIENCE).unwrap();
        let reply = InputReply {
            status: ReplyStatus::Ok,
            value: "me".to_owned(),
        };
        let reply = frontend
            .session
            .message(&reply, Some(&question.header))
            .unwrap();
        frontend.post(Channel::Stdin, &reply);
        assert_eq!(frontend.done(&id).text(), "got me");
        frontend.ask(Channel::Control, &KernelInfoRequest {});
        kernel.stop();
    }
}

#[test]
fn everyone_is_told_of_a_shutdown() {
    let kernel = Kernel::start();
    let (asking, mut watching) = (kernel.frontend(), kernel.frontend());
    let id = asking.send(Channel::Control, &ShutdownRequest { restart: true });
    let told = watching.published(|message| message.msg_type() == ShutdownReply::TYPE);
    assert_eq!(told.parent_id(), Some(id.as_str()));
    assert_eq!(told.content["restart"], true);
    watching.until_idle(&id);
    kernel.join();
}
