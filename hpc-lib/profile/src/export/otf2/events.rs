//! Events of a location as records of OTF2.

use std::collections::HashMap;

use crate::export::Stream;
use crate::model::Catalog;
use crate::record::event::{CollectiveEnd, Event, Message};
use crate::record::region::ParameterValue;

use super::definitions::{TYPE_F64, TYPE_I64, TYPE_U64};
use super::encode::{Fields, UNDEFINED};

/// What memory is told about, after the metrics of the catalog.
pub(super) const MEMORY: [(&str, &str); 4] = [
    ("allocated", "B"),
    ("allocations", ""),
    ("peak memory", "B"),
    ("live memory", "B"),
];

/// What work is told about, after that.
pub(super) const WORK: [(&str, &str); 2] =
    [("bytes moved", "B"), ("floating-point operations", "")];

/// The kinds of a parameter, as OTF2 numbers them.
pub(super) const PARAMETER_TEXT: u8 = 0;
pub(super) const PARAMETER_INT: u8 = 1;

/// The parameter under which the user's markers appear.
const MARKER: &str = "marker";

/// Numbers that events refer to and that are known when all events were written.
#[derive(Debug, Default)]
pub(super) struct References {
    /// Texts in the order of their numbers.
    pub(super) texts: Vec<String>,
    text_numbers: HashMap<String, u32>,
    /// Parameters and their kinds in the order of their numbers.
    pub(super) parameters: Vec<(String, u8)>,
    /// Metrics with values that are whole numbers only.
    pub(super) whole: HashMap<usize, bool>,
}

impl References {
    pub(super) fn new() -> Self {
        let mut references = Self::default();
        references.text("");
        references
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(number) = self.text_numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.into());
        self.text_numbers.insert(text.into(), number);
        number
    }

    fn parameter(&mut self, name: &str, kind: u8) -> u32 {
        let known = self.parameters.iter();
        let known = known.clone().position(|one| one.0 == name && one.1 == kind);
        known.unwrap_or_else(|| {
            self.parameters.push((name.into(), kind));
            self.parameters.len() - 1
        }) as u32
    }

    /// The record of an event; `None` if OTF2 has none for it.
    pub(super) fn record(
        &mut self,
        catalog: &Catalog,
        stream: &Stream<'_>,
        event: &Event,
    ) -> Option<Vec<u8>> {
        let recording = stream.location.recording;
        let region = |id| catalog.region(recording, id) as u32;
        let communicator = |id| Some(catalog.communicator(recording, id)? as u32);
        let metrics = catalog.metrics().len() as u32;
        let message = |message: &Message| {
            Some(
                Fields::new()
                    .u32(message.peer)
                    .u32(communicator(message.communicator)?)
                    .u32(message.tag)
                    .u64(message.bytes),
            )
        };
        Some(match event {
            Event::Enter(id) => enter(region(*id)),
            Event::Exit(id) | Event::Unwind(id) => leave(region(*id)),
            Event::MetricInt(id, value) => {
                let metric = catalog.metric(recording, *id)?;
                self.whole.entry(metric).or_insert(true);
                values(metric as u32, TYPE_I64, &[*value as u64])
            }
            Event::MetricFloat(id, value) => {
                let metric = catalog.metric(recording, *id)?;
                self.whole.insert(metric, false);
                values(metric as u32, TYPE_F64, &[value.to_bits()])
            }
            Event::Memory(_, used) => {
                let of = [used.allocated, used.allocations, used.peak, used.live];
                values(metrics, TYPE_U64, &of)
            }
            Event::Work { bytes, flops } => values(metrics + 1, TYPE_U64, &[*bytes, *flops]),
            Event::Parameter(id) => {
                let definitions = catalog.definitions(recording);
                let (parameter, value) = definitions.value(*id)?;
                let name = definitions.parameter(parameter)?;
                match value {
                    ParameterValue::Int(value) => {
                        let parameter = self.parameter(name, PARAMETER_INT);
                        Fields::new().u32(parameter).i64(*value).record(33)
                    }
                    ParameterValue::Text(text) => self.text_parameter(name, text),
                }
            }
            Event::Marker(id) => {
                let text = catalog.definitions(recording).text(*id)?;
                self.text_parameter(MARKER, text)
            }
            Event::Send(one) => message(one)?.record(14),
            Event::Receive(one) => message(one)?.record(18),
            Event::SendStart(one, request) => message(one)?.u64(*request).record(15),
            Event::SendDone(request) => Fields::new().u64(*request).bare_record(16),
            Event::ReceiveStart(request) => Fields::new().u64(*request).bare_record(17),
            Event::ReceiveDone(one, request) => message(one)?.u64(*request).record(19),
            Event::CollectiveBegin(_) => Fields::new().u8(0).bare_record(22),
            Event::CollectiveEnd(end) => {
                let communicator = communicator(end.communicator)?;
                collective_end(end, communicator)
            }
            Event::Flush(end) => Fields::new().full_u64(stream.realtime(*end)).record(10),
            Event::CellBegin(_) | Event::CellEnd(..) | Event::Attach(_) | Event::Detach => {
                return None;
            }
        })
    }

    fn text_parameter(&mut self, name: &str, text: &str) -> Vec<u8> {
        let parameter = self.parameter(name, PARAMETER_TEXT);
        let text = self.text(text);
        Fields::new().u32(parameter).u32(text).record(32)
    }
}

pub(super) fn enter(region: u32) -> Vec<u8> {
    Fields::new().u32(region).bare_record(12)
}

pub(super) fn leave(region: u32) -> Vec<u8> {
    Fields::new().u32(region).bare_record(13)
}

/// Values of all metrics of a class.
pub(super) fn values(class: u32, kind: u8, values: &[u64]) -> Vec<u8> {
    let fields = Fields::new().u32(class).u8(values.len() as u8);
    values
        .iter()
        .fold(fields, |fields, value| fields.u8(kind).u64(*value))
        .record(31)
}

fn collective_end(end: &CollectiveEnd, communicator: u32) -> Vec<u8> {
    Fields::new()
        .u8(end.operation as u8)
        .u32(communicator)
        .u32(end.root.unwrap_or(UNDEFINED))
        .u64(end.sent)
        .u64(end.received)
        .record(23)
}
