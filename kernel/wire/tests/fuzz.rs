//! Messages that were damaged, and messages that someone made up: none makes the parser panic, and
//! nothing that our key did not sign is taken for a message.
//!
//! `FERROLAB_FUZZ_SECONDS` says for how long, 60 seconds without it; `FERROLAB_FUZZ_SEED` repeats a
//! run.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use ferrolab_wire::content::{
    Bundle, ClearOutput, CommClose, CommInfoReply, CommInfoRequest, CommMsg, CommOpen,
    CompleteReply, CompleteRequest, Content, CreateSubshellReply, CreateSubshellRequest,
    DeleteSubshellRequest, DisplayData, ErrorReport, ExecuteInput, ExecuteReply, ExecuteRequest,
    ExecuteResult, HistoryReply, HistoryRequest, InputReply, InputRequest, InspectReply,
    InspectRequest, InterruptRequest, IopubWelcome, IsCompleteReply, IsCompleteRequest,
    KernelInfoReply, KernelInfoRequest, ListSubshellReply, ShutdownReply, ShutdownRequest, Status,
    Stream, UpdateDisplayData,
};
use ferrolab_wire::{ConnectionFile, Header, KeyPolicy, Message, Session};
use serde_json::{Value, json};

const SECONDS_ENV: &str = "FERROLAB_FUZZ_SECONDS";
const SEED_ENV: &str = "FERROLAB_FUZZ_SEED";
const DELIMITER: &[u8] = b"<IDS|MSG>";

/// Numbers that look random and follow from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    fn below(&mut self, end: usize) -> usize {
        (self.roll() % (end.max(1) as u64)) as usize
    }

    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = self.below(40);
        (0..length).map(|_| self.roll() as u8).collect()
    }
}

/// Messages as they are in practice.
fn samples() -> Vec<(&'static str, Value)> {
    vec![
        (
            "execute_request",
            json!({"code": "let x = \"é😀\";", "silent": false, "store_history": true,
                "user_expressions": {"a": "x"}, "allow_stdin": true, "stop_on_error": true}),
        ),
        (
            "execute_reply",
            json!({"status": "error", "execution_count": 3, "payload": [], "user_expressions": {},
                "ename": "E", "evalue": "v", "traceback": ["a", "\u{1b}[31mb"]}),
        ),
        ("complete_request", json!({"code": "x.", "cursor_pos": 2})),
        (
            "complete_reply",
            json!({"status": "ok", "matches": ["a"], "cursor_start": 0, "cursor_end": 1, "metadata": {}}),
        ),
        (
            "inspect_request",
            json!({"code": "Vec", "cursor_pos": 1, "detail_level": 1}),
        ),
        (
            "history_request",
            json!({"output": true, "raw": true, "hist_access_type": "range", "session": -1, "start": 0, "stop": 9}),
        ),
        (
            "history_request",
            json!({"output": false, "raw": true, "hist_access_type": "search", "pattern": "*a?", "n": 10, "unique": true}),
        ),
        (
            "history_reply",
            json!({"status": "ok", "history": [[1, 2, "a"], [1, 3, ["b", null]]]}),
        ),
        (
            "is_complete_reply",
            json!({"status": "incomplete", "indent": "    "}),
        ),
        (
            "comm_open",
            json!({"comm_id": "c", "target_name": "t", "data": {"state": {"value": 1.5}}}),
        ),
        (
            "comm_info_reply",
            json!({"status": "ok", "comms": {"c": {"target_name": "t"}}}),
        ),
        ("input_reply", json!({"status": "ok", "value": "line"})),
        (
            "kernel_info_reply",
            json!({"status": "ok", "protocol_version": "5.5", "implementation": "i",
                "language_info": {"name": "rust", "codemirror_mode": {"name": "rust"}},
                "banner": "", "help_links": [{"text": "t", "url": "u"}], "supported_features": ["debugger"]}),
        ),
        ("shutdown_request", json!({"restart": true})),
        ("stream", json!({"name": "stdout", "text": "a\u{0}b\n"})),
        (
            "display_data",
            json!({"data": {"text/plain": "p", "image/png": "aGk="}, "metadata": {}, "transient": {"display_id": "d"}}),
        ),
        ("status", json!({"execution_state": "busy"})),
        (
            "list_subshell_reply",
            json!({"status": "ok", "subshell_id": ["a", "b"]}),
        ),
    ]
}

/// JSON that is hard to swallow.
fn bitter(dice: &mut Dice) -> Value {
    match dice.below(14) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(u64::MAX),
        3 => json!(1e308),
        4 => json!(""),
        5 => json!([]),
        6 => json!({}),
        7 => json!(true),
        8 => json!("\u{0}\u{feff}\u{202e}\u{10ffff}"),
        9 => json!("x".repeat(70_000)),
        10 => json!([[[[[[[[1]]]]]]]]),
        11 => json!({"": {"": null}}),
        12 => json!(i64::MIN),
        _ => json!(dice.roll()),
    }
}

/// Changes one value somewhere in a tree, removes it, or puts one in.
fn twist(value: &mut Value, dice: &mut Dice) {
    let deeper = dice.below(4) > 0;
    match value {
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let name = fields.keys().nth(dice.below(fields.len())).unwrap().clone();
            match dice.below(6) {
                0 => drop(fields.remove(&name)),
                1 => drop(fields.insert("unknown".to_owned(), bitter(dice))),
                _ => twist(&mut fields[&name], dice),
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = dice.below(items.len());
            match dice.below(6) {
                0 => drop(items.remove(at)),
                1 => items.push(bitter(dice)),
                _ => twist(&mut items[at], dice),
            }
        }
        _ => *value = bitter(dice),
    }
}

/// Changes the bytes of a frame.
fn scratch(frame: &mut Bytes, dice: &mut Dice) {
    let mut bytes = frame.to_vec();
    let at = dice.below(bytes.len());
    match dice.below(9) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
        1 => bytes.truncate(at),
        2 => bytes.extend(dice.bytes()),
        3 => bytes.insert(at, dice.roll() as u8),
        4 if !bytes.is_empty() => drop(bytes.remove(at)),
        5 => bytes = dice.bytes(),
        6 => bytes.splice(at..at, *b"\xff\xfe\xc0\x80").for_each(drop),
        7 => bytes = b"[".repeat(dice.below(100_000)),
        _ => bytes.make_ascii_uppercase(),
    }
    *frame = bytes.into();
}

/// Changes the order and number of frames, or their bytes.
fn shuffle(frames: &mut Vec<Bytes>, dice: &mut Dice) {
    let at = dice.below(frames.len());
    match dice.below(9) {
        0 if !frames.is_empty() => drop(frames.remove(at)),
        1 if !frames.is_empty() => frames.insert(at, frames[at].clone()),
        2 if !frames.is_empty() => {
            let other = dice.below(frames.len());
            frames.swap(at, other);
        }
        3 => frames.truncate(at),
        4 => frames.insert(at, dice.bytes().into()),
        5 => frames.insert(at, Bytes::from_static(DELIMITER)),
        // The signature is over the frames in a row: it does not change when a border moves.
        6 if at + 1 < frames.len() => {
            let joined = [frames[at].as_ref(), frames[at + 1].as_ref()].concat();
            let border = dice.below(joined.len() + 1);
            let (left, right) = joined.split_at(border);
            frames[at] = Bytes::copy_from_slice(left);
            frames[at + 1] = Bytes::copy_from_slice(right);
        }
        _ => {
            if let Some(frame) = frames.get_mut(at) {
                scratch(frame, dice);
            }
        }
    }
}

/// Reads the content as every type there is, and writes it again where that works.
fn read_as_everything(session: &Session, message: &Message) {
    macro_rules! read {
        ($($content:ty),* $(,)?) => {
            $(if let Ok(content) = message.content_as::<$content>() {
                let again = session.message(&content, Some(&message.header)).expect(<$content>::TYPE);
                let read = session.decode(&session.encode(&again));
                assert!(read.is_ok(), "{:?} {message:?}", read.err());
            })*
        };
    }
    read!(
        ClearOutput,
        CommClose,
        CommInfoReply,
        CommInfoRequest,
        CommMsg,
        CommOpen,
        CompleteReply,
        CompleteRequest,
        CreateSubshellReply,
        CreateSubshellRequest,
        DeleteSubshellRequest,
        DisplayData,
        ErrorReport,
        ExecuteInput,
        ExecuteReply,
        ExecuteRequest,
        ExecuteResult,
        HistoryReply,
        HistoryRequest,
        InputReply,
        InputRequest,
        InspectReply,
        InspectRequest,
        InterruptRequest,
        IopubWelcome,
        IsCompleteReply,
        IsCompleteRequest,
        KernelInfoReply,
        KernelInfoRequest,
        ListSubshellReply,
        ShutdownReply,
        ShutdownRequest,
        Status,
        Stream,
        UpdateDisplayData,
    );
    let _bundle: Option<Bundle> = message.content_as().ok();
}

/// What a message says, without its attachments, which are not signed.
fn meaning(message: &Message) -> (Value, Option<Value>, Value, Value) {
    let header = |header: &Header| serde_json::from_slice(header.text()).unwrap();
    (
        header(&message.header),
        message.parent_header.as_ref().map(header),
        Value::Object(message.metadata.clone()),
        message.content.clone(),
    )
}

struct Fuzz {
    ours: Session,
    theirs: Session,
    open: Session,
    samples: Vec<(&'static str, Value)>,
    accepted: u64,
    refused: u64,
}

impl Fuzz {
    fn sample(&self, dice: &mut Dice) -> Message {
        let (msg_type, content) = dice.pick(&self.samples);
        let parent = self
            .ours
            .untyped_message("execute_request", json!({}), None)
            .unwrap();
        let parent = (dice.below(3) > 0).then_some(&parent.header);
        let mut message = self
            .ours
            .untyped_message(msg_type, content.clone(), parent)
            .unwrap();
        message.identities = (0..dice.below(3)).map(|_| dice.bytes().into()).collect();
        message.buffers = (0..dice.below(3)).map(|_| dice.bytes().into()).collect();
        message
            .metadata
            .insert("m".to_owned(), json!([1, {"a": null}]));
        message
    }

    /// A message that was signed and then damaged: taken only if it says what was signed.
    fn damage(&mut self, dice: &mut Dice) {
        let message = self.sample(dice);
        let mut frames = self.ours.encode(&message);
        for _ in 0..=dice.below(3) {
            shuffle(&mut frames, dice);
        }
        match self.ours.decode(&frames) {
            Ok(read) => {
                assert_eq!(meaning(&read), meaning(&message), "a forgery was taken");
                self.accepted += 1;
            }
            Err(_) => self.refused += 1,
        }
        // Without a key nothing is checked, so what comes is anything.
        if let Ok(read) = self.open.decode(&frames) {
            read_as_everything(&self.open, &read);
        }
    }

    /// A message that another key signed, or none.
    fn forge(&mut self, dice: &mut Dice) {
        let message = self.sample(dice);
        let mut frames = self.theirs.encode(&message);
        let signature = frames.iter().position(|frame| frame == DELIMITER).unwrap() + 1;
        if dice.below(2) == 0 {
            frames[signature] = match dice.below(4) {
                0 => Bytes::new(),
                1 => Bytes::from_static(b"0"),
                2 => Bytes::from("0".repeat(64)),
                _ => dice.bytes().into(),
            };
        }
        assert!(self.ours.decode(&frames).is_err(), "a forgery was taken");
        self.refused += 1;
    }

    /// A message of someone who has the key and says strange things.
    fn misuse(&mut self, dice: &mut Dice) {
        let mut message = self.sample(dice);
        for _ in 0..=dice.below(3) {
            twist(&mut message.content, dice);
        }
        if dice.below(2) == 0 {
            let mut header: Value = serde_json::from_slice(message.header.text()).unwrap();
            twist(&mut header, dice);
            match Header::parse(Bytes::from(header.to_string())) {
                Ok(header) => message.header = header,
                Err(_) => return self.refused += 1,
            }
        }
        let read = self.ours.decode(&self.ours.encode(&message));
        if !message.content.is_object() {
            assert!(read.is_err(), "a content is an object");
            return self.refused += 1;
        }
        let read = read.expect("our own signature is good");
        assert_eq!(meaning(&read), meaning(&message));
        read_as_everything(&self.ours, &read);
        self.accepted += 1;
    }

    /// The text of a connection file that was damaged.
    fn misconnect(&mut self, dice: &mut Dice) {
        let mut file = json!({
            "transport": "tcp", "ip": "127.0.0.1", "shell_port": 1, "iopub_port": 2,
            "stdin_port": 3, "control_port": 4, "hb_port": 5, "key": "k",
            "signature_scheme": "hmac-sha256", "kernel_name": "rust",
        });
        for _ in 0..=dice.below(2) {
            twist(&mut file, dice);
        }
        let mut text = Bytes::from(file.to_string());
        if dice.below(3) == 0 {
            scratch(&mut text, dice);
        }
        let text = String::from_utf8_lossy(&text);
        match ConnectionFile::parse(&text, KeyPolicy::Required) {
            Ok(file) => {
                assert!(!file.key.is_empty());
                self.accepted += 1;
            }
            Err(_) => self.refused += 1,
        }
    }

    fn step(&mut self, dice: &mut Dice) {
        match dice.below(8) {
            0 => self.forge(dice),
            1 => self.misconnect(dice),
            2 | 3 => self.misuse(dice),
            _ => self.damage(dice),
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn nothing_makes_the_parser_panic_and_nothing_forged_is_taken() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number(SEED_ENV).unwrap_or(now.as_nanos() as u64);
    let limit = Duration::from_secs(number(SECONDS_ENV).unwrap_or(60));
    println!("{SEED_ENV}={seed}");
    let mut fuzz = Fuzz {
        ours: Session::new("our key"),
        theirs: Session::new("their key"),
        open: Session::new(""),
        samples: samples(),
        accepted: 0,
        refused: 0,
    };
    let start = Instant::now();
    let mut round = 0;
    while start.elapsed() < limit {
        // Each round can be repeated alone.
        let mut dice = Dice(seed.wrapping_add(round));
        let result = catch_unwind(AssertUnwindSafe(|| fuzz.step(&mut dice)));
        assert!(
            result.is_ok(),
            "round {round} failed; {SEED_ENV}={} repeats it at once",
            seed.wrapping_add(round)
        );
        round += 1;
    }
    println!(
        "{round} rounds: {} messages taken, {} refused",
        fuzz.accepted, fuzz.refused
    );
    assert!(fuzz.accepted > 0 && fuzz.refused > 0);
}
