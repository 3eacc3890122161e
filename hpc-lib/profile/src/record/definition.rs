//! Definitions: what numbers in records stand for. They are appended to a chain of chunks, each as
//! a length in bytes and that many bytes, padded to words.

use std::sync::atomic::{AtomicU64, Ordering};

use super::layout::{Block, block_start, chunk};
use super::region::{
    Communicator, CommunicatorId, Metric, MetricId, MetricMode, Paradigm, ParameterId,
    ParameterValue, Region, RegionId, Role, TextId, ValueId,
};

/// Texts longer than that are cut, so that a definition fits into a chunk.
const MAX_TEXT: usize = 8192;

/// Ranks of a communicator that a definition can hold.
const MAX_RANKS: usize = 8192;

/// A definition, with its number among those of its kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Definition {
    Text(TextId, String),
    Region(RegionId, Region),
    Metric(MetricId, Metric),
    Parameter(ParameterId, String),
    Value(ValueId, ParameterId, ParameterValue),
    Communicator(CommunicatorId, Communicator),
}

impl Definition {
    /// The bytes of the definition.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Text(id, text) => {
                out.push(1);
                put_number(&mut out, id.0);
                put_text(&mut out, text);
            }
            Self::Region(id, region) => {
                out.extend([2, region.role as u8, region.paradigm as u8]);
                put_number(&mut out, id.0);
                put_number(&mut out, region.line);
                put_number(&mut out, region.end_line);
                put_text(&mut out, &region.name);
                put_text(&mut out, &region.file);
                put_text(&mut out, &region.module);
            }
            Self::Metric(id, metric) => {
                out.extend([3, metric.mode as u8]);
                put_number(&mut out, id.0);
                put_text(&mut out, &metric.name);
                put_text(&mut out, &metric.unit);
                put_text(&mut out, &metric.description);
            }
            Self::Parameter(id, name) => {
                out.push(4);
                put_number(&mut out, id.0);
                put_text(&mut out, name);
            }
            Self::Value(id, parameter, value) => {
                out.push(5);
                put_number(&mut out, id.0);
                put_number(&mut out, parameter.0);
                match value {
                    ParameterValue::Int(value) => {
                        out.push(0);
                        out.extend(value.to_ne_bytes());
                    }
                    ParameterValue::Text(text) => {
                        out.push(1);
                        put_text(&mut out, text);
                    }
                }
            }
            Self::Communicator(id, communicator) => {
                out.push(6);
                put_number(&mut out, id.0);
                put_text(&mut out, &communicator.name);
                let ranks = &communicator.ranks[..communicator.ranks.len().min(MAX_RANKS)];
                put_number(&mut out, ranks.len() as u32);
                for rank in ranks {
                    put_number(&mut out, *rank);
                }
            }
        }
        out
    }

    /// The definition in these bytes; `None` if they are not one.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes);
        Some(match input.byte()? {
            1 => Self::Text(TextId(input.number()?), input.text()?),
            2 => {
                let role = Role::from_number(input.byte()?);
                let paradigm = Paradigm::from_number(input.byte()?);
                let id = RegionId(input.number()?);
                let region = Region {
                    role,
                    paradigm,
                    line: input.number()?,
                    end_line: input.number()?,
                    name: input.text()?,
                    file: input.text()?,
                    module: input.text()?,
                };
                Self::Region(id, region)
            }
            3 => {
                let mode = MetricMode::from_number(input.byte()?);
                let id = MetricId(input.number()?);
                let metric = Metric {
                    mode,
                    name: input.text()?,
                    unit: input.text()?,
                    description: input.text()?,
                };
                Self::Metric(id, metric)
            }
            4 => Self::Parameter(ParameterId(input.number()?), input.text()?),
            5 => {
                let id = ValueId(input.number()?);
                let parameter = ParameterId(input.number()?);
                let value = match input.byte()? {
                    0 => ParameterValue::Int(i64::from_ne_bytes(*input.take()?)),
                    _ => ParameterValue::Text(input.text()?),
                };
                Self::Value(id, parameter, value)
            }
            6 => {
                let id = CommunicatorId(input.number()?);
                let name = input.text()?;
                let len = input.number()?;
                let ranks = (0..len).map(|_| input.number()).collect::<Option<_>>()?;
                Self::Communicator(id, Communicator { name, ranks })
            }
            _ => return None,
        })
    }
}

fn put_number(out: &mut Vec<u8>, number: u32) {
    out.extend(number.to_ne_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    let text = &text[..text.floor_char_boundary(MAX_TEXT)];
    put_number(out, text.len() as u32);
    out.extend(text.as_bytes());
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn take<const N: usize>(&mut self) -> Option<&[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(first)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|byte| byte[0])
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(|bytes| u32::from_ne_bytes(*bytes))
    }

    fn text(&mut self) -> Option<String> {
        let len = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

/// Appends a definition behind the `used` words of a chunk; `None` if there is no room. Gives the
/// words that are used then. They are valid to readers at once.
pub(crate) fn append(
    words: &[AtomicU64],
    block: Block,
    used: usize,
    bytes: &[u8],
) -> Option<usize> {
    let start = block_start(block);
    let needed = 1 + bytes.len().div_ceil(8);
    let room = words.get(start + chunk::HEAD + used..start + super::layout::BLOCK)?;
    let room = room.get(..needed)?;
    room[0].store(bytes.len() as u64, Ordering::Relaxed);
    for (word, bytes) in room[1..].iter().zip(bytes.chunks(8)) {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        word.store(u64::from_ne_bytes(padded), Ordering::Relaxed);
    }
    let used = used + needed;
    words[start + chunk::COMMITTED].store(used as u64, Ordering::Release);
    Some(used)
}

/// The definitions in words that were copied from a chunk.
pub(crate) fn decode_all(words: &[u64]) -> Vec<Definition> {
    let mut found = Vec::new();
    let mut rest = words;
    while let Some((&len, body)) = rest.split_first() {
        let Some((body, next)) = body.split_at_checked((len as usize).div_ceil(8)) else {
            break;
        };
        let bytes: Vec<u8> = body.iter().flat_map(|word| word.to_ne_bytes()).collect();
        found.extend(Definition::decode(&bytes[..len as usize]));
        rest = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_survive() {
        let region = Region {
            name: "Größe ∂x".into(),
            file: "In[3]".into(),
            module: "hpc::linalg".into(),
            line: 3,
            end_line: 9,
            role: Role::AllToAll,
            paradigm: Paradigm::Mpi,
        };
        let metric = Metric {
            name: "residual".into(),
            unit: "1".into(),
            description: String::new(),
            mode: MetricMode::Relative,
        };
        let communicator = Communicator {
            name: "world".into(),
            ranks: (0..5000).collect(),
        };
        for definition in [
            Definition::Text(TextId(7), "a".repeat(MAX_TEXT)),
            Definition::Region(RegionId(1), region),
            Definition::Metric(MetricId(2), metric),
            Definition::Parameter(ParameterId(0), "n".into()),
            Definition::Value(ValueId(0), ParameterId(0), ParameterValue::Int(i64::MIN)),
            Definition::Value(ValueId(1), ParameterId(0), ParameterValue::Text("x".into())),
            Definition::Communicator(CommunicatorId(0), communicator),
        ] {
            let bytes = definition.encode();
            assert!(Definition::decode(&bytes) == Some(definition));
            for cut in 0..bytes.len() {
                assert!(Definition::decode(&bytes[..cut]).is_none());
            }
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let definition = Definition::Parameter(ParameterId(0), "ä".repeat(MAX_TEXT));
        let Some(Definition::Parameter(_, text)) = Definition::decode(&definition.encode()) else {
            panic!("it is a parameter");
        };
        assert!(text == "ä".repeat(MAX_TEXT / 2));
    }
}
