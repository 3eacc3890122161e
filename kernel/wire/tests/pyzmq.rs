//! Both ends against libzmq and Jupyter's own client library, which sign, encrypt and queue in
//! their own way. They need a Python with `pyzmq` and `jupyter_client`, which
//! `FERROLAB_TEST_PYTHON` names.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use ferrolab_wire::content::{
    ExecuteReply, ExecuteRequest, IopubWelcome, ReplyStatus, Stream, StreamName,
};
use ferrolab_wire::transport::{OmqTransport, ServerSocket, Socket, Transport, TransportError};
use ferrolab_wire::{Channel, ConnectionFile, Event, KernelClient, Session};
use serde_json::Map;

const PATIENCE: Duration = Duration::from_mins(1);
const LINES: usize = 20_000;

/// Asks a kernel as Jupyter does and checks what comes: `CLIENT connection-file lines`.
const CLIENT: &str = r#"
import sys, time, zmq
from jupyter_client import BlockingKernelClient
client = BlockingKernelClient()
client.load_connection_file(sys.argv[1])
lines = int(sys.argv[2])
secret = client.curve_publickey is not None

beat = zmq.Context.instance().socket(zmq.REQ)
if secret:
    beat.curve_publickey, beat.curve_secretkey = zmq.curve_keypair()
    beat.curve_serverkey = client.curve_publickey
beat.connect(client._make_url("hb"))
beat.send(b"beat")
assert beat.poll(20000) and beat.recv() == b"beat"

for attempt in ("first", "again"):
    shell, iopub = client.connect_shell(), client.connect_iopub()
    assert iopub.poll(20000), "nobody greets"
    _, welcome = client.session.feed_identities(iopub.recv_multipart())
    welcome = client.session.deserialize(welcome)
    assert welcome["msg_type"] == "iopub_welcome" and welcome["content"] == {"subscription": ""}

    frames = client.session.serialize(client.session.msg("execute_request", {"code": "forged"}))
    frames[1] = b"0" * 64
    shell.send_multipart(frames)
    request = client.session.send(shell, "execute_request", {"code": str(lines)})
    time.sleep(1)  # the queues fill
    for i in range(lines):
        assert iopub.poll(20000), f"line {i} is lost"
        _, frames = client.session.feed_identities(iopub.recv_multipart())
        message = client.session.deserialize(frames)
        assert message["content"]["text"] == f"line {i}\n", (i, message["content"])
        assert message["parent_header"]["msg_id"] == request["header"]["msg_id"]
    assert shell.poll(20000)
    _, reply = client.session.recv(shell, mode=0)
    assert reply["content"]["status"] == "ok", reply
    shell.close(), iopub.close()
print("all is well")
"#;

/// A kernel that repeats the code of a cell: `KERNEL connection-file`.
const KERNEL: &str = r#"
import json, sys, zmq
from jupyter_client.session import Session
file = json.load(open(sys.argv[1]))
session = Session(key=file["key"].encode(), signature_scheme=file["signature_scheme"])
context = zmq.Context()
def listen(kind, name):
    socket = context.socket(kind)
    if "curve_publickey" in file:
        socket.curve_server = True
        socket.curve_publickey = file["curve_publickey"].encode()
        socket.curve_secretkey = file["curve_secretkey"].encode()
    colon = ":" if file["transport"] == "tcp" else "-"
    socket.bind(f"{file['transport']}://{file['ip']}{colon}{file[name + '_port']}")
    return socket
shell, control = listen(zmq.ROUTER, "shell"), listen(zmq.ROUTER, "control")
iopub, heart = listen(zmq.PUB, "iopub"), listen(zmq.REP, "hb")
poller = zmq.Poller()
for socket in (shell, control, heart):
    poller.register(socket, zmq.POLLIN)
def publish(request, kind, content):
    session.send(iopub, kind, content, parent=request, ident=kind.encode())
def reply(socket, ident, request, content, **options):
    session.send(socket, request["msg_type"].replace("request", "reply"), content, parent=request, ident=ident, **options)
while True:
    for socket, _ in poller.poll():
        if socket is heart:
            heart.send(heart.recv())
            continue
        ident, request = session.recv(socket, mode=0)
        kind = request["msg_type"]
        publish(request, "status", {"execution_state": "busy"})
        if kind == "kernel_info_request":
            reply(socket, ident, request, {"status": "ok", "protocol_version": "5.3", "implementation": "toy", "language_info": {"name": "toy", "codemirror_mode": {"name": "x"}}, "banner": ""})
        elif kind == "execute_request":
            code = request["content"]["code"]
            publish(request, "execute_input", {"code": code, "execution_count": 1})
            iopub.send_multipart([b"junk", b"<IDS|MSG>", b"00", b"{}", b"{}", b"{}", b"{}"])
            publish(request, "stream", {"name": "stdout", "text": code})
            publish(request, "made_up", {})
            publish(request, "error", {"ename": "E", "evalue": "v", "traceback": ["t"]})
            reply(socket, ident, request, {"status": "error", "execution_count": 1, "ename": "E", "evalue": "v", "traceback": ["t"]}, metadata={"ferrolab": {"wall_ms": 1.5}})
        elif kind == "shutdown_request":
            reply(socket, ident, request, {"status": "ok", "restart": request["content"]["restart"]})
            context.destroy(linger=1000)
            sys.exit(0)
        else:
            reply(socket, ident, request, {"status": "ok"})
        publish(request, "status", {"execution_state": "idle"})
"#;

/// Starts a script, if there is a Python for it.
fn python(script: &str, arguments: &[&str]) -> Option<Child> {
    let Some(python) = std::env::var_os("FERROLAB_TEST_PYTHON") else {
        eprintln!("SKIPPED: FERROLAB_TEST_PYTHON names no Python with pyzmq and jupyter_client");
        return None;
    };
    let child = Command::new(python)
        .args(["-c", script])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the Python of FERROLAB_TEST_PYTHON starts");
    Some(child)
}

fn connections(folder: &Path) -> HashMap<&'static str, ConnectionFile> {
    let encrypted = ConnectionFile::for_tcp(Ipv4Addr::LOCALHOST.into()).unwrap();
    let mut plain = ConnectionFile::for_tcp(Ipv4Addr::LOCALHOST.into()).unwrap();
    (plain.curve_publickey, plain.curve_secretkey) = (None, None);
    let ipc = ConnectionFile::for_ipc(folder).unwrap();
    HashMap::from([("tcp", plain), ("curve", encrypted), ("ipc", ipc)])
}

#[test]
fn jupyter_clients_lose_nothing_over_our_server_sockets() {
    let folder = tempfile::tempdir().unwrap();
    for (name, mut connection) in connections(folder.path()) {
        let path = folder.path().join(name);
        let server = Server::start(&mut connection);
        connection.write_new(&path).unwrap();
        let lines = LINES.to_string();
        let Some(client) = python(CLIENT, &[path.to_str().unwrap(), &lines]) else {
            return;
        };
        let output = client.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "the client is not content over {name}"
        );
        assert_eq!(output.stdout.trim_ascii(), b"all is well");
        server.stop();
    }
}

/// The least that has the sockets of a kernel: a cell's code says how many lines it prints.
struct Server {
    sockets: Vec<Arc<dyn Socket>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Server {
    /// Listens at ports of the system's choice and writes them into `connection`.
    fn start(connection: &mut ConnectionFile) -> Self {
        let transport = OmqTransport::new("server");
        let encryption = connection.encryption().unwrap();
        if connection.ip == "127.0.0.1" {
            (
                connection.shell_port,
                connection.iopub_port,
                connection.hb_port,
            ) = (0, 0, 0);
        }
        let bind = |kind, channel| -> Arc<dyn Socket> {
            transport
                .bind(kind, &connection.endpoint(channel), &encryption)
                .unwrap()
                .into()
        };
        let shell = bind(ServerSocket::Router, Channel::Shell);
        let iopub = bind(ServerSocket::Publisher, Channel::Iopub);
        let heartbeat = bind(ServerSocket::Replier, Channel::Heartbeat);
        if connection.ip == "127.0.0.1" {
            let port = |socket: &Arc<dyn Socket>| {
                socket
                    .endpoint()
                    .rsplit_once(':')
                    .unwrap()
                    .1
                    .parse()
                    .unwrap()
            };
            connection.shell_port = port(&shell);
            connection.iopub_port = port(&iopub);
            connection.hb_port = port(&heartbeat);
        }
        let session = Arc::new(Session::new(&connection.key));
        let threads = vec![
            thread::spawn({
                let socket = Arc::clone(&heartbeat);
                move || for_each(&*socket, |frames| socket.send(frames).unwrap())
            }),
            thread::spawn({
                let (socket, session) = (Arc::clone(&iopub), Arc::clone(&session));
                move || {
                    for_each(&*socket, |frames| {
                        if frames[0].first() == Some(&1) {
                            let welcome = IopubWelcome {
                                subscription: String::new(),
                            };
                            let message = session.message(&welcome, None).unwrap();
                            socket.send(session.encode(&message)).unwrap();
                        }
                    });
                }
            }),
            thread::spawn({
                let (shell, iopub) = (Arc::clone(&shell), Arc::clone(&iopub));
                move || {
                    for_each(&*shell, |frames| {
                        answer(&session, &*shell, &*iopub, &frames);
                    });
                }
            }),
        ];
        Self {
            sockets: vec![shell, iopub, heartbeat],
            threads,
        }
    }

    fn stop(self) {
        self.sockets.iter().for_each(|socket| socket.close());
        self.threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    }
}

fn for_each(socket: &dyn Socket, mut take: impl FnMut(Vec<Bytes>)) {
    loop {
        match socket.receive(PATIENCE) {
            Ok(Some(frames)) => take(frames),
            Ok(None) => {}
            Err(TransportError::Closed) => return,
            Err(error) => panic!("{error}"),
        }
    }
}

fn answer(session: &Session, shell: &dyn Socket, iopub: &dyn Socket, frames: &[Bytes]) {
    let Ok(request) = session.decode(frames) else {
        return;
    };
    let lines: usize = request
        .content_as::<ExecuteRequest>()
        .unwrap()
        .code
        .parse()
        .unwrap();
    for line in 0..lines {
        let text = Stream {
            name: StreamName::Stdout,
            text: format!("line {line}\n"),
        };
        let mut message = session.message(&text, Some(&request.header)).unwrap();
        message.identities = vec![Bytes::from_static(b"stream")];
        iopub.send(session.encode(&message)).unwrap();
    }
    let reply = ExecuteReply {
        status: ReplyStatus::Ok,
        execution_count: 1,
        payload: Vec::new(),
        user_expressions: Map::new(),
        error: None,
    };
    let mut message = session.message(&reply, Some(&request.header)).unwrap();
    message.identities = request.identities;
    shell.send(session.encode(&message)).unwrap();
}

#[test]
fn our_client_runs_cells_in_a_kernel_of_another_make() {
    let folder = tempfile::tempdir().unwrap();
    for (name, connection) in connections(folder.path()) {
        let path = folder.path().join(name);
        connection.write_new(&path).unwrap();
        let mut client = KernelClient::connect(&connection).unwrap();
        let Some(mut kernel) = python(KERNEL, &[path.to_str().unwrap()]) else {
            return;
        };
        let info = client.wait_ready(PATIENCE, || Ok(())).unwrap();
        assert_eq!(info.implementation, "toy");

        for code in ["a", "é😀"] {
            let mut execution = client.execute(&ExecuteRequest::new(code)).unwrap();
            let mut seen = Vec::new();
            let finished = loop {
                match execution
                    .next(PATIENCE)
                    .unwrap()
                    .expect("the kernel answers")
                {
                    Event::Started(input) => seen.push(format!("started {}", input.code)),
                    Event::Stream(stream) => seen.push(format!("printed {}", stream.text)),
                    Event::Error(error) => seen.push(format!("failed {}", error.ename)),
                    Event::Finished(finished) => break finished,
                    other => panic!("unexpected: {other:?}"),
                }
            };
            assert_eq!(
                seen,
                [
                    format!("started {code}"),
                    format!("printed {code}"),
                    "failed E".into()
                ]
            );
            assert_eq!(finished.reply.status, ReplyStatus::Error);
            assert_eq!(finished.reply.error.unwrap().traceback, ["t"]);
            assert_eq!(finished.metadata["ferrolab"]["wall_ms"], 1.5);
            assert!(finished.complete);
        }

        let control = client.control();
        assert!(control.beats(PATIENCE).unwrap());
        control.interrupt(PATIENCE).unwrap();
        control.shutdown(false, PATIENCE).unwrap();
        assert!(kernel.wait().unwrap().success());
        assert!(!control.beats(Duration::from_millis(300)).unwrap());
    }
}

#[test]
fn a_kernel_that_has_died_is_not_waited_for() {
    let connection = ConnectionFile::for_tcp(Ipv4Addr::LOCALHOST.into()).unwrap();
    let mut client = KernelClient::connect(&connection).unwrap();
    let error = client
        .wait_ready(PATIENCE, || Err("killed".to_owned()))
        .unwrap_err();
    assert_eq!(error.to_string(), "the kernel died: killed");
    let error = client
        .wait_ready(Duration::from_millis(200), || Ok(()))
        .unwrap_err();
    assert!(error.to_string().contains("did not answer"), "{error}");
}
