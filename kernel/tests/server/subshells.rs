//! Subshells: requests that must not wait behind a cell.

use ferrolab_wire::Channel;
use ferrolab_wire::content::{
    CommInfoRequest, CompleteRequest, Content, CreateSubshellReply, CreateSubshellRequest,
    DeleteSubshellReply, DeleteSubshellRequest, ExecuteReply, HistoryAccess, HistoryRequest,
    InspectRequest, InterruptRequest, IsCompleteRequest, KernelInfoRequest, ListSubshellReply,
    ListSubshellRequest, ReplyStatus,
};

use crate::frontend::{Frontend, Kernel, cell};

fn create(frontend: &mut Frontend) -> String {
    let reply: CreateSubshellReply = frontend
        .ask(Channel::Control, &CreateSubshellRequest {})
        .content_as()
        .unwrap();
    assert_eq!(reply.status, ReplyStatus::Ok);
    reply.subshell_id
}

fn list(frontend: &mut Frontend) -> Vec<String> {
    let reply: ListSubshellReply = frontend
        .ask(Channel::Control, &ListSubshellRequest {})
        .content_as()
        .unwrap();
    reply.subshell_id
}

/// Asks a subshell; there is an answer although a cell runs.
fn ask<C: Content>(frontend: &mut Frontend, subshell: &str, request: &C) {
    let id = frontend.send_to_subshell(subshell, request);
    let reply = frontend.reply(Channel::Shell, &id);
    assert_eq!(reply.content["status"], "ok", "{}", C::TYPE);
    let header = reply.parent_header.unwrap();
    assert_eq!(header.subshell_id(), Some(subshell));
    assert_eq!(frontend.until_idle(&id).len(), 2);
}

#[test]
fn subshells_come_and_go() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    assert_eq!(list(&mut frontend), Vec::<String>::new());
    let mut names = [create(&mut frontend), create(&mut frontend)];
    names.sort();
    assert_eq!(list(&mut frontend), names);
    let [first, second] = names;
    let delete = DeleteSubshellRequest {
        subshell_id: first.clone(),
    };
    let reply: DeleteSubshellReply = frontend
        .ask(Channel::Control, &delete)
        .content_as()
        .unwrap();
    assert_eq!(reply.status, ReplyStatus::Ok);
    assert_eq!(list(&mut frontend), [second]);
    let reply = frontend.ask(Channel::Control, &delete);
    assert_eq!(reply.msg_type(), "delete_subshell_reply");
    assert_eq!(reply.content["status"], "error");

    let id = frontend.send_to_subshell(&first, &KernelInfoRequest {});
    let reply = frontend.reply(Channel::Shell, &id);
    assert_eq!(reply.msg_type(), "kernel_info_reply");
    assert_eq!(reply.content["status"], "error");
    assert_eq!(frontend.until_idle(&id).len(), 2);
    kernel.stop();
}

#[test]
fn everything_but_cells_is_answered_while_a_cell_runs() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let subshell = create(&mut frontend);
    let running = frontend.send(Channel::Shell, &cell("wait"));
    frontend.published(|message| message.msg_type() == "stream");
    let code = "length".to_owned();
    let completion = CompleteRequest {
        code: code.clone(),
        cursor_pos: 3,
    };
    let inspection = InspectRequest {
        code: code.clone(),
        cursor_pos: 0,
        detail_level: 0,
    };
    let history = HistoryRequest {
        output: false,
        raw: true,
        access: HistoryAccess::Tail { n: None },
    };
    ask(&mut frontend, &subshell, &completion);
    ask(&mut frontend, &subshell, &inspection);
    ask(&mut frontend, &subshell, &history);
    ask(&mut frontend, &subshell, &CommInfoRequest::default());
    ask(&mut frontend, &subshell, &KernelInfoRequest {});
    let id = frontend.send_to_subshell(&subshell, &IsCompleteRequest { code });
    let reply = frontend.reply(Channel::Shell, &id);
    assert_eq!(reply.content["status"], "complete");

    let waiting = frontend.send_to_subshell(&subshell, &cell("hello"));
    frontend.ask(Channel::Control, &InterruptRequest {});
    assert_eq!(frontend.done(&running).reply.status, ReplyStatus::Error);
    let done = frontend.done(&waiting);
    assert_eq!(
        done.text(),
        "hello",
        "a failure concerns its own shell only"
    );
    assert_eq!(done.reply.execution_count, 2);
    kernel.stop();
}

#[test]
fn cells_of_all_shells_take_their_place_in_one_queue() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let subshell = create(&mut frontend);
    let sent = [
        frontend.send(Channel::Shell, &cell("sleep 200")),
        frontend.send_to_subshell(&subshell, &cell("a")),
        frontend.send(Channel::Shell, &cell("b")),
        frontend.send_to_subshell(&subshell, &cell("fail")),
        frontend.send_to_subshell(&subshell, &cell("c")),
    ];
    let mut replies = Vec::new();
    for _ in &sent {
        let reply = frontend
            .receive(Channel::Shell, crate::frontend::PATIENCE)
            .unwrap();
        let index = sent
            .iter()
            .position(|id| Some(id.as_str()) == reply.parent_id())
            .unwrap();
        let content: ExecuteReply = reply.content_as().unwrap();
        replies.push((index, content.status, content.execution_count));
    }
    // The subshell hands its cells over in a thread of its own.
    replies.sort_by_key(|(index, ..)| *index);
    let statuses: Vec<_> = replies.iter().map(|(_, status, _)| *status).collect();
    assert_eq!(
        statuses,
        [
            ReplyStatus::Ok,
            ReplyStatus::Ok,
            ReplyStatus::Ok,
            ReplyStatus::Error,
            ReplyStatus::Aborted
        ]
    );
    let mut counts: Vec<_> = replies.iter().take(4).map(|(.., count)| *count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2, 3, 4]);
    kernel.stop();
}
