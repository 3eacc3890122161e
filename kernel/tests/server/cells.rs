//! What a request to run a cell sets off, message by message.

use ferrolab_wire::Channel;
use ferrolab_wire::content::{
    ErrorReport, ExecuteInput, ExecuteReply, ExecuteRequest, ExecuteResult, ReplyStatus,
};
use serde_json::{Map, json};

use crate::frontend::{Kernel, cell};

#[test]
fn messages_come_in_the_order_of_the_protocol() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let done = frontend.run(&cell("value 42"));
    assert_eq!(
        done.types(),
        ["status", "execute_input", "execute_result", "status"]
    );
    let result: ExecuteResult = done.published[2].content_as().unwrap();
    assert_eq!(result.execution_count, 1);
    assert_eq!(result.data["text/plain"], "42");
    assert_eq!(done.reply.execution_count, 1);
    assert_eq!(done.reply.status, ReplyStatus::Ok);
    assert_eq!(done.reply.payload, Vec::<serde_json::Value>::new());
    assert!(done.metadata["started"].is_string());

    let done = frontend.run(&cell("fail"));
    assert_eq!(done.types(), ["status", "execute_input", "error", "status"]);
    let error: ErrorReport = done.published[2].content_as().unwrap();
    assert_eq!(error.ename, "Failure");
    assert_eq!(done.reply.error, Some(error));
    assert_eq!(done.reply.execution_count, 2);
    kernel.stop();
}

#[test]
fn displays_updates_and_clears_come_as_they_are() {
    let kernel = Kernel::start();
    let done = kernel.frontend().run(&cell("display"));
    assert_eq!(
        done.types(),
        [
            "status",
            "execute_input",
            "display_data",
            "update_display_data",
            "clear_output",
            "status"
        ]
    );
    let shown = done.content("display_data");
    assert_eq!(shown["data"]["text/html"], "<b>first</b>");
    assert_eq!(shown["transient"]["display_id"], "d");
    assert_eq!(shown["metadata"], json!({}));
    assert_eq!(
        done.content("update_display_data")["transient"]["display_id"],
        "d"
    );
    assert_eq!(done.content("clear_output"), &json!({"wait": true}));
    kernel.stop();
}

#[test]
fn text_is_joined_and_the_two_streams_stay_in_order() {
    let kernel = Kernel::start();
    let done = kernel.frontend().run(&cell("both"));
    let streams: Vec<_> = done
        .published
        .iter()
        .filter(|message| message.msg_type() == "stream")
        .map(|message| message.content.clone())
        .collect();
    assert_eq!(
        streams,
        [
            json!({"name": "stdout", "text": "a"}),
            json!({"name": "stderr", "text": "b"}),
            json!({"name": "stdout", "text": "cd"}),
        ]
    );
    kernel.stop();
}

#[test]
fn silent_cells_publish_and_count_nothing() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let silent = |code: &str| ExecuteRequest {
        silent: true,
        ..cell(code)
    };
    for code in ["hello", "value 1", "display"] {
        let done = frontend.run(&silent(code));
        assert_eq!(done.types(), ["status", "status"], "{code}");
        assert_eq!(done.reply.status, ReplyStatus::Ok);
    }
    let done = frontend.run(&silent("fail"));
    assert_eq!(done.types(), ["status", "status"]);
    assert_eq!(done.reply.error.unwrap().ename, "Failure");
    assert_eq!(frontend.run(&cell("hello")).reply.execution_count, 1);
    kernel.stop();
}

#[test]
fn only_cells_that_are_stored_count() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let unstored = ExecuteRequest {
        store_history: false,
        ..cell("value 1")
    };
    let numbers = [
        frontend.run(&cell("a")),
        frontend.run(&unstored),
        frontend.run(&cell(" \n")),
        frontend.run(&cell("fail")),
        frontend.run(&cell("b")),
    ]
    .map(|done| {
        let input: ExecuteInput = done.published[1].content_as().unwrap();
        assert_eq!(input.execution_count, done.reply.execution_count);
        done.reply.execution_count
    });
    assert_eq!(numbers, [1, 2, 2, 2, 3]);
    kernel.stop();
}

#[test]
fn expressions_are_evaluated_after_a_cell_that_succeeds() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let expressions = json!({"a": "x", "b": "bad", "c": 3, "d": "panic"});
    let asked = |code: &str| ExecuteRequest {
        user_expressions: expressions.as_object().unwrap().clone(),
        ..cell(code)
    };
    let done = frontend.run(&asked("hello"));
    assert_eq!(done.reply.status, ReplyStatus::Ok);
    let values = &done.reply.user_expressions;
    assert_eq!(
        values["a"],
        json!({"status": "ok", "data": {"text/plain": "value of x"}, "metadata": {}})
    );
    assert_eq!(
        values["b"],
        json!({"status": "error", "ename": "BadExpression", "evalue": "it did not work", "traceback": ["a line"]})
    );
    assert_eq!(values["c"]["ename"], "InvalidRequest");
    assert_eq!(values["d"]["ename"], "InternalError");
    assert_eq!(
        done.types(),
        ["status", "execute_input", "stream", "status"]
    );
    assert_eq!(
        frontend.run(&asked("fail")).reply.user_expressions,
        Map::new()
    );
    kernel.stop();
}

#[test]
fn cells_that_wait_behind_a_failure_are_dropped() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let sent =
        ["sleep 200", "fail", "a", "b"].map(|code| frontend.send(Channel::Shell, &cell(code)));
    let statuses = sent.map(|request| frontend.done(&request).reply.status);
    assert_eq!(
        statuses,
        [
            ReplyStatus::Ok,
            ReplyStatus::Error,
            ReplyStatus::Aborted,
            ReplyStatus::Aborted
        ]
    );
    let done = frontend.run(&cell("c"));
    assert_eq!(done.reply.status, ReplyStatus::Ok);
    assert_eq!(done.reply.execution_count, 3);

    let undaunted = ExecuteRequest {
        stop_on_error: false,
        ..cell("fail")
    };
    let first = frontend.send(Channel::Shell, &undaunted);
    let second = frontend.send(Channel::Shell, &cell("d"));
    assert_eq!(frontend.done(&first).reply.status, ReplyStatus::Error);
    assert_eq!(frontend.done(&second).text(), "d");
    kernel.stop();
}

#[test]
fn a_request_that_makes_no_sense_is_answered() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let mut message = frontend.message(&cell("a"));
    message.content = json!({"code": 3});
    let id = frontend.post(Channel::Shell, &message);
    let reply = frontend.reply(Channel::Shell, &id);
    assert_eq!(reply.msg_type(), "execute_reply");
    let reply: ExecuteReply = reply.content_as().unwrap();
    assert_eq!(reply.error.unwrap().ename, "InvalidRequest");
    assert_eq!(frontend.until_idle(&id).len(), 2);
    assert_eq!(frontend.run(&cell("a")).text(), "a");
    kernel.stop();
}
