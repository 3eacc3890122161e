//! Outputs of cells as a frontend collects them: neighbouring texts become one, displays are
//! updated by name, and a cell may take back what it has shown.

use std::collections::HashMap;

use ferrolab_wire::Event;
use ferrolab_wire::content::{Bundle, ErrorReport, StreamName};
use serde_json::{Value, json};

use crate::notebook::{Notebook, split_text};

/// The outputs of the cell that runs, and the names of displays in all cells.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    current: Vec<Output>,
    /// The current outputs go when the next one comes.
    clear_pending: bool,
    /// Where displays of a name are: cell, and place among its outputs.
    displays: HashMap<String, Vec<(usize, usize)>>,
    /// Updates of displays that earlier cells have shown.
    updates: Vec<(usize, usize, Value, Value)>,
}

#[derive(Debug)]
enum Output {
    /// Text, kept as one string while it grows.
    Stream(StreamName, String),
    /// Any other output, as it is stored.
    Stored(Value),
    Error(ErrorReport),
}

impl Outputs {
    /// Takes what the cell at `place` of the notebook said.
    pub(super) fn take(&mut self, place: usize, event: Event) {
        match event {
            Event::Stream(stream) => {
                self.make_room(place);
                match self.current.last_mut() {
                    Some(Output::Stream(name, text)) if *name == stream.name => {
                        text.push_str(&stream.text);
                    }
                    _ => self.current.push(Output::Stream(stream.name, stream.text)),
                }
            }
            Event::Display(display) => {
                self.make_room(place);
                if let Some(name) = display.transient.display_id {
                    let here = (place, self.current.len());
                    self.displays.entry(name).or_default().push(here);
                }
                self.current.push(Output::Stored(json!({
                    "output_type": "display_data",
                    "data": stored(display.data),
                    "metadata": display.metadata,
                })));
            }
            Event::Result(result) => {
                self.make_room(place);
                self.current.push(Output::Stored(json!({
                    "output_type": "execute_result",
                    "execution_count": result.execution_count,
                    "data": stored(result.data),
                    "metadata": result.metadata,
                })));
            }
            Event::Error(error) => {
                self.make_room(place);
                self.current.push(Output::Error(error));
            }
            Event::Update(update) => {
                if let Some(name) = &update.transient.display_id {
                    self.update(
                        place,
                        name,
                        &stored(update.data),
                        &Value::Object(update.metadata),
                    );
                }
            }
            Event::Clear(clear) if clear.wait => self.clear_pending = true,
            Event::Clear(_) => self.clear(place),
            Event::Started(_) | Event::Finished(_) => {}
        }
    }

    /// Adds an error of our own.
    pub(super) fn add_error(&mut self, name: &str, value: &str) {
        let line = format!("\u{1b}[1;31m{name}\u{1b}[0m: {value}");
        self.current.push(Output::Error(ErrorReport {
            ename: name.into(),
            evalue: value.into(),
            traceback: line.lines().map(str::to_owned).collect(),
        }));
    }

    /// The last error that the cell has shown.
    pub(super) fn last_error(&self) -> Option<ErrorReport> {
        self.current.iter().rev().find_map(|output| match output {
            Output::Error(error) => Some(error.clone()),
            _ => None,
        })
    }

    /// Puts the outputs into the cell at `place`, and updates of displays into earlier cells.
    pub(super) fn store(&mut self, notebook: &mut Notebook, place: usize) {
        let outputs = self.current.drain(..).map(Output::into_value).collect();
        notebook.cells[place].set_outputs(outputs);
        self.clear_pending = false;
        for (cell, index, data, metadata) in self.updates.drain(..) {
            let cell = &mut notebook.cells[cell];
            let mut outputs = cell.outputs().to_vec();
            if let Some(output) = outputs.get_mut(index) {
                output["data"] = data;
                output["metadata"] = metadata;
            }
            cell.set_outputs(outputs);
        }
    }

    fn update(&mut self, place: usize, name: &str, data: &Value, metadata: &Value) {
        for (cell, index) in self.displays.get(name).into_iter().flatten() {
            if *cell != place {
                self.updates
                    .push((*cell, *index, data.clone(), metadata.clone()));
            } else if let Some(Output::Stored(output)) = self.current.get_mut(*index) {
                output["data"] = data.clone();
                output["metadata"] = metadata.clone();
            }
        }
    }

    fn make_room(&mut self, place: usize) {
        if self.clear_pending {
            self.clear(place);
        }
    }

    fn clear(&mut self, place: usize) {
        self.clear_pending = false;
        self.current.clear();
        for places in self.displays.values_mut() {
            places.retain(|(cell, _)| *cell != place);
        }
    }
}

impl Output {
    fn into_value(self) -> Value {
        match self {
            Self::Stream(name, text) => {
                json!({"output_type": "stream", "name": name, "text": split_text(&text)})
            }
            Self::Stored(output) => output,
            Self::Error(error) => json!({
                "output_type": "error",
                "ename": error.ename,
                "evalue": error.evalue,
                "traceback": error.traceback,
            }),
        }
    }
}

/// Representations as a notebook stores them: texts in lines.
fn stored(data: Bundle) -> Value {
    data.into_iter()
        .map(|(mime, content)| match content {
            Value::String(text) if !is_json(&mime) => (mime, split_text(&text)),
            other => (mime, other),
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn is_json(mime: &str) -> bool {
    mime == "application/json" || (mime.starts_with("application/") && mime.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrolab_wire::content::{
        ClearOutput, DisplayData, ExecuteResult, Stream, Transient, UpdateDisplayData,
    };

    fn stream(name: StreamName, text: &str) -> Event {
        Event::Stream(Stream {
            name,
            text: text.into(),
        })
    }

    fn bundle(text: &str) -> Bundle {
        Bundle::from_iter([("text/plain".into(), text.into())])
    }

    fn named(name: &str) -> Transient {
        Transient {
            display_id: Some(name.into()),
        }
    }

    fn display(name: &str, text: &str) -> Event {
        Event::Display(DisplayData {
            data: bundle(text),
            metadata: Bundle::new(),
            transient: named(name),
        })
    }

    fn update(name: &str, text: &str) -> Event {
        Event::Update(UpdateDisplayData {
            data: bundle(text),
            metadata: Bundle::new(),
            transient: named(name),
        })
    }

    fn notebook() -> Notebook {
        let cell = json!({"cell_type": "code", "source": "x"});
        Notebook::from_json(json!({
            "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell, cell],
        }))
        .unwrap()
    }

    fn shown(events: Vec<Event>) -> Vec<Value> {
        let (mut outputs, mut notebook) = (Outputs::default(), notebook());
        for event in events {
            outputs.take(0, event);
        }
        outputs.store(&mut notebook, 0);
        notebook.cells[0].outputs().to_vec()
    }

    #[test]
    fn neighbouring_texts_of_one_stream_become_one() {
        let (out, err) = (StreamName::Stdout, StreamName::Stderr);
        let outputs = shown(vec![
            stream(out, "10%\r"),
            stream(out, "20%\na"),
            stream(err, "e"),
            stream(out, "b"),
        ]);
        assert_eq!(outputs.len(), 3);
        assert_eq!(
            outputs[0],
            json!({"output_type": "stream", "name": "stdout", "text": ["10%\r20%\n", "a"]})
        );
        assert_eq!(outputs[1]["name"], "stderr");
    }

    #[test]
    fn a_cell_takes_back_its_outputs_now_or_with_the_next() {
        let text = |text| stream(StreamName::Stdout, text);
        let clear = |wait| Event::Clear(ClearOutput { wait });
        assert_eq!(
            shown(vec![text("a"), clear(false), text("b")])[0]["text"],
            json!(["b"])
        );
        assert_eq!(
            shown(vec![text("a"), clear(true), text("b")])[0]["text"],
            json!(["b"])
        );
        assert_eq!(shown(vec![text("a"), clear(true)])[0]["text"], json!(["a"]));
        assert!(shown(vec![text("a"), clear(false)]).is_empty());
        let outputs = shown(vec![
            display("d", "1"),
            clear(false),
            text("t"),
            update("d", "2"),
        ]);
        assert_eq!(outputs[0]["text"], json!(["t"]));
    }

    #[test]
    fn displays_are_updated_by_name_in_earlier_cells_too() {
        let (mut outputs, mut notebook) = (Outputs::default(), notebook());
        outputs.take(0, display("d", "0%"));
        outputs.take(0, update("d", "50%"));
        outputs.store(&mut notebook, 0);
        assert_eq!(
            notebook.cells[0].outputs()[0]["data"]["text/plain"],
            json!(["50%"])
        );
        outputs.take(1, display("d", "again"));
        outputs.take(1, update("d", "100%"));
        outputs.take(1, update("unknown", "x"));
        outputs.store(&mut notebook, 1);
        for cell in &notebook.cells {
            assert_eq!(cell.outputs().len(), 1);
            assert_eq!(cell.outputs()[0]["data"]["text/plain"], json!(["100%"]));
        }
    }

    #[test]
    fn results_and_errors_are_stored_in_full() {
        let data = Bundle::from_iter([
            ("text/html".into(), "<b>\nx".into()),
            ("application/vnd.x+json".into(), "kept".into()),
        ]);
        let result = ExecuteResult {
            execution_count: 3,
            data,
            metadata: Bundle::new(),
        };
        let outputs = shown(vec![Event::Result(result)]);
        assert_eq!(outputs[0]["data"]["text/html"], json!(["<b>\n", "x"]));
        assert_eq!(outputs[0]["data"]["application/vnd.x+json"], "kept");
        assert_eq!(outputs[0]["execution_count"], 3);
        let mut own = Outputs::default();
        own.add_error("Timeout", "too long");
        assert_eq!(own.last_error().unwrap().ename, "Timeout");
    }
}
