use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A step in the life of a comm: a channel between an object in a cell's process and one in the
/// frontend, such as a widget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommMessage {
    /// Which step.
    pub action: CommAction,
    /// Name of the comm, unique for ever.
    pub id: String,
    /// What is said.
    pub data: Value,
    /// Facts about the message.
    pub metadata: Map<String, Value>,
    /// Binary attachments.
    pub buffers: Vec<Buffer>,
}

/// What happens to a comm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommAction {
    /// It is made, to be connected to what has this name at the other end.
    Open(String),
    /// Something is said.
    Message,
    /// It ends.
    Close,
}

/// Bytes, which travel as base64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffer(pub Vec<u8>);

impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD
            .decode(text)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        let message = CommMessage {
            action: CommAction::Open("plot".into()),
            id: "1".into(),
            data: Value::Null,
            metadata: Map::new(),
            buffers: vec![Buffer(vec![0, 255, 7]), Buffer(Vec::new())],
        };
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<CommMessage>(&json).unwrap(), message);
    }
}
