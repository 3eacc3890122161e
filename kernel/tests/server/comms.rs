//! Comms, opened by either end.

use std::sync::Arc;

use bytes::Bytes;
use ferrolab_kernel::engine::CommEvent;
use ferrolab_wire::content::{
    CommClose, CommInfoReply, CommInfoRequest, CommMsg, CommOpen, Content,
};
use ferrolab_wire::{Channel, Message};
use serde_json::json;

use crate::frontend::{Frontend, Kernel, cell};
use crate::parrot::Parrot;

fn open(id: &str, target: &str) -> CommOpen {
    CommOpen {
        comm_id: id.to_owned(),
        target_name: target.to_owned(),
        data: json!({"a": 1}),
    }
}

fn list(frontend: &mut Frontend, target: Option<&str>) -> Vec<(String, String)> {
    let request = CommInfoRequest {
        target_name: target.map(str::to_owned),
    };
    let reply: CommInfoReply = frontend.ask(Channel::Shell, &request).content_as().unwrap();
    reply
        .comms
        .into_iter()
        .map(|(id, comm)| (id, comm.target_name))
        .collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(id, target)| ((*id).to_owned(), (*target).to_owned()))
        .collect()
}

#[test]
fn buffers_travel_in_both_directions() {
    let parrot = Parrot::default();
    let heard = Arc::clone(&parrot.heard);
    let kernel = Kernel::with(move || Ok(Box::new(parrot)));
    let mut frontend = kernel.frontend();
    frontend.send(Channel::Shell, &open("c1", "echo"));
    let buffers = vec![
        Bytes::from_static(&[0, 1, 254, 255]),
        Bytes::new(),
        Bytes::from(vec![7; 100_000]),
    ];
    let mut message = frontend.message(&CommMsg {
        comm_id: "c1".to_owned(),
        data: json!({"x": [1, null]}),
    });
    message.buffers.clone_from(&buffers);
    message.metadata.insert("m".to_owned(), 1.into());
    let id = frontend.post(Channel::Shell, &message);
    let published = frontend.until_idle(&id);
    let types: Vec<_> = published.iter().map(Message::msg_type).collect();
    assert_eq!(types, ["status", "stream", "comm_msg", "status"]);
    assert_eq!(
        published[2].content,
        json!({"comm_id": "c1", "data": {"x": [1, null]}})
    );
    assert_eq!(published[2].buffers, buffers);
    assert_eq!(published[2].metadata["m"], 1);

    let id = frontend.send(
        Channel::Shell,
        &CommClose {
            comm_id: "c1".to_owned(),
            data: json!({}),
        },
    );
    frontend.until_idle(&id);
    let heard = heard.lock().unwrap();
    assert!(matches!(&heard[0], CommEvent::Open { id, target, parcel }
        if id == "c1" && target == "echo" && parcel.data == json!({"a": 1})));
    assert!(matches!(&heard[1], CommEvent::Message { parcel, .. } if parcel.buffers == buffers));
    assert!(matches!(&heard[2], CommEvent::Close { id, .. } if id == "c1"));
    kernel.stop();
}

#[test]
fn a_target_that_nobody_knows_is_closed() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let id = frontend.send(Channel::Shell, &open("c1", "nobody"));
    let published = frontend.until_idle(&id);
    assert_eq!(published.len(), 3);
    assert_eq!(published[1].msg_type(), CommClose::TYPE);
    assert_eq!(published[1].content, json!({"comm_id": "c1", "data": {}}));
    assert_eq!(list(&mut frontend, None), []);
    kernel.stop();
}

#[test]
fn the_open_comms_are_listed() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let done = frontend.run(&cell("open w1"));
    assert_eq!(
        done.content(CommOpen::TYPE),
        &json!({"comm_id": "w1", "target_name": "jupyter.widget", "data": {"text": "hello"}})
    );
    let opened = &done.published[2];
    assert_eq!(opened.metadata["version"], "2");
    assert_eq!(opened.buffers, [&[0_u8, 255, 10][..], &[]]);
    frontend.send(Channel::Shell, &open("c1", "echo"));
    assert_eq!(
        list(&mut frontend, None),
        owned(&[("c1", "echo"), ("w1", "jupyter.widget")])
    );
    assert_eq!(list(&mut frontend, Some("echo")), owned(&[("c1", "echo")]));
    assert_eq!(list(&mut frontend, Some("else")), []);

    let done = frontend.run(&cell("say w1"));
    assert_eq!(done.content(CommMsg::TYPE)["data"]["text"], "more");
    let done = frontend.run(&cell("close w1"));
    assert_eq!(done.content(CommClose::TYPE)["data"]["text"], "bye");
    assert_eq!(list(&mut frontend, None), owned(&[("c1", "echo")]));
    let done = frontend.run(&cell("say w1"));
    assert_eq!(done.types(), ["status", "execute_input", "status"]);
    kernel.stop();
}

#[test]
fn messages_on_comms_keep_their_place_among_cells() {
    let parrot = Parrot::default();
    let heard = Arc::clone(&parrot.heard);
    let kernel = Kernel::with(move || Ok(Box::new(parrot)));
    let mut frontend = kernel.frontend();
    let running = frontend.send(Channel::Shell, &cell("sleep 300"));
    let opening = frontend.send(Channel::Shell, &open("c1", "echo"));
    let unknown = frontend.send(
        Channel::Shell,
        &CommMsg {
            comm_id: "c2".to_owned(),
            data: json!({}),
        },
    );
    assert_eq!(
        list(frontend_after(&mut frontend, &running), None),
        owned(&[("c1", "echo")])
    );
    frontend.until_idle(&opening);
    assert_eq!(frontend.until_idle(&unknown).len(), 2);
    assert_eq!(heard.lock().unwrap().len(), 1, "no such comm");
    kernel.stop();
}

/// The frontend once a cell has run.
fn frontend_after<'a>(frontend: &'a mut Frontend, cell: &str) -> &'a mut Frontend {
    frontend.done(cell);
    frontend
}
