use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use thiserror::Error;
use uuid::Uuid;

use crate::content::Content;
use crate::message::{Header, Message};
use crate::{PROTOCOL_VERSION, date};

/// Frame between the identities and the signature.
const DELIMITER: &[u8] = b"<IDS|MSG>";
/// How many signatures are remembered; as many as Jupyter's own kernels do.
const REMEMBERED_SIGNATURES: usize = 1 << 16;
/// Header, parent header, metadata and content.
const SIGNED_FRAMES: usize = 4;

/// Why frames that arrived are no message.
#[derive(Debug, Error)]
pub enum WireError {
    /// No delimiter, or too few frames behind it.
    #[error("the message has {frames} frames and {problem}")]
    Frames {
        /// How many frames arrived.
        frames: usize,
        /// What is wrong with them.
        problem: &'static str,
    },
    /// The signature is not that of the frames under our key.
    #[error("the signature of the message is wrong; the peer has another key")]
    Signature,
    /// The message has come before.
    #[error("the message is a repetition of an earlier one")]
    Repeated,
    /// A part of the message is not the JSON that it has to be.
    #[error("the {part} of the message cannot be read: {reason}")]
    Json {
        /// Which part.
        part: &'static str,
        /// The parser's words.
        reason: String,
    },
    /// A message of our own cannot be written as JSON.
    #[error("the content of a {msg_type} message cannot be written as JSON: {reason}")]
    Unwritable {
        /// Kind of message.
        msg_type: &'static str,
        /// The writer's words.
        reason: String,
    },
}

impl WireError {
    pub(crate) fn json(part: &'static str, error: impl std::fmt::Display) -> Self {
        Self::Json {
            part,
            reason: error.to_string(),
        }
    }
}

/// One end's side of a conversation: names its messages, signs them, checks those that come.
pub struct Session {
    id: String,
    username: String,
    key: Option<Hmac<Sha256>>,
    /// Signatures of messages that came, when repetitions are refused.
    seen: Option<Mutex<Seen>>,
}

/// The latest signatures, and their order.
#[derive(Default)]
struct Seen {
    known: HashSet<Bytes>,
    order: VecDeque<Bytes>,
}

impl Seen {
    /// Remembers a signature. Returns whether it is new.
    fn admit(&mut self, signature: &Bytes) -> bool {
        if !self.known.insert(signature.clone()) {
            return false;
        }
        self.order.push_back(signature.clone());
        if self.order.len() > REMEMBERED_SIGNATURES
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

impl Session {
    /// A session with a fresh name. With an empty key messages are neither signed nor checked.
    #[must_use]
    pub fn new(key: &str) -> Self {
        // HMAC takes keys of any length, so the only key that gives no signer is the empty one.
        let key = (!key.is_empty())
            .then(|| Hmac::new_from_slice(key.as_bytes()).ok())
            .flatten();
        Self {
            id: Uuid::new_v4().simple().to_string(),
            username: std::env::var("USER").unwrap_or_default(),
            key,
            seen: None,
        }
    }

    /// From now on refuses a signed message that has come before: someone on the network may have
    /// recorded it. Every message has a name of its own, so no two have the same signature.
    #[must_use]
    pub fn refusing_repetitions(self) -> Self {
        Self {
            seen: self.key.is_some().then(Mutex::default),
            ..self
        }
    }

    /// The session's name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A new message, caused by the one with header `parent`.
    ///
    /// # Errors
    /// When the content cannot be written as JSON.
    pub fn message<C: Content>(
        &self,
        content: &C,
        parent: Option<&Header>,
    ) -> Result<Message, WireError> {
        let content = serde_json::to_value(content).map_err(|error| WireError::Unwritable {
            msg_type: C::TYPE,
            reason: error.to_string(),
        })?;
        self.untyped_message(C::TYPE, content, parent)
    }

    /// A new message whose content has no type here.
    ///
    /// # Errors
    /// Never in practice; the header that is written is read back for its fields.
    pub fn untyped_message(
        &self,
        msg_type: &str,
        content: Value,
        parent: Option<&Header>,
    ) -> Result<Message, WireError> {
        let header = json!({
            "msg_id": Uuid::new_v4().simple().to_string(),
            "msg_type": msg_type,
            "username": self.username,
            "session": self.id,
            "date": date::now(),
            "version": PROTOCOL_VERSION,
        });
        Ok(Message {
            identities: Vec::new(),
            header: Header::parse(Bytes::from(header.to_string()))?,
            parent_header: parent.cloned(),
            metadata: Map::new(),
            content,
            buffers: Vec::new(),
        })
    }

    /// The frames of a message, signed.
    #[must_use]
    pub fn encode(&self, message: &Message) -> Vec<Bytes> {
        let parts = [
            message.header.text().clone(),
            message
                .parent_header
                .as_ref()
                .map_or_else(|| Bytes::from_static(b"{}"), |parent| parent.text().clone()),
            Bytes::from(Value::Object(message.metadata.clone()).to_string()),
            Bytes::from(message.content.to_string()),
        ];
        let mut frames = message.identities.clone();
        frames.push(Bytes::from_static(DELIMITER));
        frames.push(Bytes::from(self.sign(&parts)));
        frames.extend(parts);
        frames.extend_from_slice(&message.buffers);
        frames
    }

    /// The message in frames that arrived, if they are one and are signed with our key.
    ///
    /// # Errors
    /// Says what is wrong with the frames; nothing of them has been acted on.
    pub fn decode(&self, frames: &[Bytes]) -> Result<Message, WireError> {
        let broken = |problem| WireError::Frames {
            frames: frames.len(),
            problem,
        };
        let delimiter = frames
            .iter()
            .position(|frame| frame.as_ref() == DELIMITER)
            .ok_or_else(|| broken("none of them is the delimiter <IDS|MSG>"))?;
        let (identities, rest) = (&frames[..delimiter], &frames[delimiter + 1..]);
        let Some((signature, rest)) = rest.split_first() else {
            return Err(broken("none behind the delimiter"));
        };
        let Some((parts, buffers)) = rest.split_at_checked(SIGNED_FRAMES) else {
            return Err(broken("fewer than five behind the delimiter"));
        };
        self.verify(signature, parts)?;
        if let Some(seen) = &self.seen
            && !seen
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                // A copy, because the frame may be a part of a much larger piece of memory.
                .admit(&Bytes::from(signature.to_ascii_lowercase()))
        {
            return Err(WireError::Repeated);
        }
        let [header, parent_header, metadata, content] = parts else {
            return Err(broken("fewer than five behind the delimiter"));
        };
        Ok(Message {
            identities: identities.to_vec(),
            header: Header::parse(header.clone())?,
            parent_header: parse_parent(parent_header)?,
            metadata: serde_json::from_slice(metadata)
                .map_err(|error| WireError::json("metadata", error))?,
            content: serde_json::from_slice::<Map<String, Value>>(content)
                .map_err(|error| WireError::json("content", error))?
                .into(),
            buffers: buffers.to_vec(),
        })
    }

    /// The frames of a note: signed JSON without the headers of a message.
    #[must_use]
    pub fn encode_note(&self, content: &Value) -> Vec<Bytes> {
        let content = Bytes::from(content.to_string());
        let signature = self.sign(std::slice::from_ref(&content));
        vec![
            Bytes::from_static(DELIMITER),
            Bytes::from(signature),
            content,
        ]
    }

    /// The note in frames that arrived, with what stands before it, if they are one and are signed
    /// with our key.
    ///
    /// # Errors
    /// Says what is wrong with the frames.
    pub fn decode_note(&self, frames: &[Bytes]) -> Result<(Vec<Bytes>, Value), WireError> {
        let [identities @ .., delimiter, signature, content] = frames else {
            return Err(WireError::Frames {
                frames: frames.len(),
                problem: "a note has at least three",
            });
        };
        if delimiter != DELIMITER {
            return Err(WireError::Frames {
                frames: frames.len(),
                problem: "the delimiter <IDS|MSG> is not the third from the end",
            });
        }
        self.verify(signature, std::slice::from_ref(content))?;
        let content =
            serde_json::from_slice(content).map_err(|error| WireError::json("note", error))?;
        Ok((identities.to_vec(), content))
    }

    fn sign(&self, parts: &[Bytes]) -> String {
        let Some(key) = &self.key else {
            return String::new();
        };
        let mut mac = key.clone();
        for part in parts {
            mac.update(part);
        }
        hex::encode(mac.finalize().into_bytes())
    }

    /// Compares in constant time, so that the time an attacker sees says nothing of the signature.
    fn verify(&self, signature: &[u8], parts: &[Bytes]) -> Result<(), WireError> {
        let Some(key) = &self.key else {
            return Ok(());
        };
        let signature = hex::decode(signature).map_err(|_| WireError::Signature)?;
        let mut mac = key.clone();
        for part in parts {
            mac.update(part);
        }
        mac.verify_slice(&signature)
            .map_err(|_| WireError::Signature)
    }
}

/// A message that nothing caused has an empty object for its parent.
fn parse_parent(text: &Bytes) -> Result<Option<Header>, WireError> {
    let fields: Map<String, Value> =
        serde_json::from_slice(text).map_err(|error| WireError::json("parent header", error))?;
    if fields.contains_key("msg_id") {
        Header::parse(text.clone()).map(Some)
    } else {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Session, WireError};
    use crate::content::{KernelInfoRequest, Stream, StreamName};

    fn sample(session: &Session) -> Vec<Bytes> {
        let request = session.message(&KernelInfoRequest {}, None).unwrap();
        let mut message = session
            .message(
                &Stream {
                    name: StreamName::Stdout,
                    text: "a\u{1F600}\n".into(),
                },
                Some(&request.header),
            )
            .unwrap();
        message.identities.push(Bytes::from_static(b"peer"));
        message.buffers.push(Bytes::from_static(&[0, 255]));
        session.encode(&message)
    }

    #[test]
    fn a_message_survives_the_wire() {
        let (ours, theirs) = (Session::new("k"), Session::new("k"));
        let message = theirs.decode(&sample(&ours)).unwrap();
        assert_eq!(message.msg_type(), "stream");
        assert_eq!(message.identities, ["peer"]);
        assert_eq!(message.header.session(), ours.id());
        assert_eq!(message.content_as::<Stream>().unwrap().text, "a\u{1F600}\n");
        assert_eq!(
            message.parent_header.unwrap().msg_type(),
            "kernel_info_request"
        );
        assert_eq!(message.buffers, [&[0_u8, 255][..]]);
    }

    #[test]
    fn the_parent_header_is_repeated_to_the_byte() {
        let session = Session::new("k");
        let text = br#"{"subshell_id" : "x",  "msg_id":"1","msg_type":"t", "n": 1.0}"#;
        let header = crate::Header::parse(Bytes::from_static(text)).unwrap();
        let reply = session
            .message(&KernelInfoRequest {}, Some(&header))
            .unwrap();
        let frames = session.encode(&reply);
        assert_eq!(frames[3].as_ref(), text);
    }

    #[test]
    fn a_known_signature() {
        // Computed with Python's hmac module.
        let session = Session::new("key");
        let parts = [(); 4].map(|()| Bytes::from_static(b"{}"));
        assert_eq!(
            session.sign(&parts),
            "ca767b02c5bc061ed184a9a029e7f93a7f2f7ed4e8fe74120fc1212f0b008fa3"
        );
    }

    #[test]
    fn repetitions_are_refused() {
        let (ours, theirs) = (Session::new("k"), Session::new("k").refusing_repetitions());
        let frames = sample(&ours);
        assert!(theirs.decode(&frames).is_ok());
        let mut again = frames.clone();
        again[2] = again[2].to_ascii_uppercase().into();
        for repeated in [frames, again] {
            assert!(matches!(theirs.decode(&repeated), Err(WireError::Repeated)));
        }
        assert!(theirs.decode(&sample(&ours)).is_ok());
    }

    #[test]
    fn notes_are_signed() {
        let session = Session::new("k");
        let mut frames = session.encode_note(&serde_json::json!({"a": 1}));
        frames.insert(0, Bytes::from_static(b"peer"));
        let (identities, content) = session.decode_note(&frames).unwrap();
        assert_eq!(identities, ["peer"]);
        assert_eq!(content["a"], 1);
        for changed in 1..4 {
            let mut broken = frames.clone();
            broken[changed] = Bytes::from_static(b"{}");
            assert!(session.decode_note(&broken).is_err(), "frame {changed}");
        }
        assert!(session.decode_note(&frames[2..]).is_err());
        assert!(Session::new("other").decode_note(&frames).is_err());
    }

    #[test]
    fn any_changed_frame_is_refused_except_buffers() {
        let session = Session::new("k");
        let frames = sample(&session);
        for changed in 2..frames.len() - 1 {
            let mut broken = frames.clone();
            let mut bytes = broken[changed].to_vec();
            bytes[0] ^= 1;
            broken[changed] = bytes.into();
            assert!(
                matches!(session.decode(&broken), Err(WireError::Signature)),
                "frame {changed}"
            );
        }
        assert!(matches!(
            Session::new("other").decode(&frames),
            Err(WireError::Signature)
        ));
        let mut other_buffer = frames.clone();
        *other_buffer.last_mut().unwrap() = Bytes::from_static(b"x");
        assert!(session.decode(&other_buffer).is_ok());
    }

    #[test]
    fn headers_are_good_json_throughout() {
        for text in [
            &b"{\"msg_id\": \"1\", \"msg_type\": \"t\", \"x\": \"\xff\"}"[..],
            b"[\"1\", \"t\"]",
            b"{\"msg_id\": \"1\", \"msg_type\": 2}",
            b"{\"msg_id\": \"1\"}",
        ] {
            assert!(crate::Header::parse(Bytes::copy_from_slice(text)).is_err());
        }
    }

    #[test]
    fn broken_frames_are_errors_and_no_panics() {
        let session = Session::new("");
        let frames = sample(&session);
        for length in 0..frames.len() - 1 {
            assert!(
                session.decode(&frames[..length]).is_err(),
                "{length} frames"
            );
        }
        for part in 3..7 {
            for junk in [&b"\xff\xfe"[..], b"", b"[1]", b"{"] {
                let mut broken = frames.clone();
                broken[part] = Bytes::from_static(junk);
                assert!(session.decode(&broken).is_err(), "frame {part} {junk:?}");
            }
        }
    }
}
