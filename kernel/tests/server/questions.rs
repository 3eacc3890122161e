//! Questions about code, also while a cell runs.

use ferrolab_wire::Channel;
use ferrolab_wire::content::{
    CompleteReply, CompleteRequest, ExecutionState, InspectReply, InspectRequest, InterruptRequest,
    IsCompleteReply, IsCompleteRequest, KernelInfoReply, KernelInfoRequest, UsageReply,
    UsageRequest,
};
use serde_json::json;

use crate::frontend::{Kernel, cell, is_status};

fn complete(code: &str, cursor_pos: usize) -> CompleteRequest {
    CompleteRequest {
        code: code.to_owned(),
        cursor_pos,
    }
}

#[test]
fn answers_count_code_points() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let reply: CompleteReply = frontend
        .ask(Channel::Shell, &complete("é😀 len", 6))
        .content_as()
        .unwrap();
    assert_eq!(reply.matches, ["length"]);
    assert_eq!((reply.cursor_start, reply.cursor_end), (3, 6));
    assert_eq!(
        reply.metadata["_jupyter_types_experimental"],
        json!([{
            "text": "length",
            "type": "method",
            "signature": "fn length(&self) -> usize",
            "start": 3,
            "end": 6,
        }])
    );
    let inspect = |cursor_pos| InspectRequest {
        code: "é😀 length".to_owned(),
        cursor_pos,
        detail_level: 1,
    };
    let reply: InspectReply = frontend
        .ask(Channel::Shell, &inspect(3))
        .content_as()
        .unwrap();
    assert!(reply.found);
    assert_eq!(reply.data["text/markdown"], "how *long* it is");
    let reply: InspectReply = frontend
        .ask(Channel::Shell, &inspect(0))
        .content_as()
        .unwrap();
    assert!(!reply.found && reply.data.is_empty());
    for (code, expected) in [
        ("a", IsCompleteReply::Complete),
        (
            "f {",
            IsCompleteReply::Incomplete {
                indent: "    ".to_owned(),
            },
        ),
        (")", IsCompleteReply::Invalid),
    ] {
        let code = code.to_owned();
        let reply: IsCompleteReply = frontend
            .ask(Channel::Shell, &IsCompleteRequest { code })
            .content_as()
            .unwrap();
        assert_eq!(reply, expected);
    }
    kernel.stop();
}

#[test]
fn a_question_that_makes_the_analyst_panic_gets_an_empty_answer() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    for (code, matches) in [("panic", 0), ("len", 1)] {
        let reply: CompleteReply = frontend
            .ask(Channel::Shell, &complete(code, 3))
            .content_as()
            .unwrap();
        assert_eq!(reply.matches.len(), matches);
    }
    kernel.stop();
}

#[test]
fn questions_are_answered_while_a_cell_runs_and_the_kernel_is_still_busy_then() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let running = frontend.send(Channel::Shell, &cell("wait"));
    frontend.published(|message| message.msg_type() == "stream");
    let id = frontend.send(Channel::Shell, &complete("len", 3));
    let reply: CompleteReply = frontend.reply(Channel::Shell, &id).content_as().unwrap();
    assert_eq!(reply.matches, ["length"]);
    assert_eq!(frontend.until_idle(&id).len(), 2);
    let next = frontend.published(|_| true);
    assert!(is_status(&next, ExecutionState::Busy));
    assert_eq!(next.parent_id(), Some(running.as_str()));

    let code = "a".to_owned();
    frontend.ask(Channel::Shell, &IsCompleteRequest { code });
    for channel in [Channel::Shell, Channel::Control] {
        let info: KernelInfoReply = frontend
            .ask(channel, &KernelInfoRequest {})
            .content_as()
            .unwrap();
        assert_eq!(info.protocol_version, "5.5");
        assert_eq!(
            info.supported_features,
            ["iopub_welcome", "kernel subshells"]
        );
    }
    frontend.ask(Channel::Control, &InterruptRequest {});
    let done = frontend.done(&running);
    assert_eq!(done.reply.error.unwrap().ename, "Interrupted");
    let id = frontend.send(Channel::Control, &KernelInfoRequest {});
    frontend.reply(Channel::Control, &id);
    frontend.until_idle(&id);
    assert!(
        frontend
            .receive(Channel::Iopub, crate::frontend::SILENCE)
            .is_none(),
        "nothing runs any more"
    );
    kernel.stop();
}

#[test]
fn monitors_are_told_what_the_kernel_uses() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let ask = |frontend: &mut crate::frontend::Frontend| -> UsageReply {
        let reply = frontend.ask(Channel::Control, &UsageRequest {});
        assert_eq!(reply.msg_type(), "usage_reply");
        reply.content_as().unwrap()
    };
    let first = ask(&mut frontend);
    assert_eq!(first.pid, std::process::id());
    assert!(!first.hostname.is_empty());
    assert!(first.kernel_memory > 1_000_000);
    assert!(first.host_virtual_memory.total > first.host_virtual_memory.available);
    assert_eq!(first.host_cpu_percent, None);
    frontend.run(&cell("flood 100000"));
    let second = ask(&mut frontend);
    assert!(second.host_cpu_percent.is_some());
    assert!(second.kernel_cpu > 0.0);
    kernel.stop();
}
