//! The cells of this session and of earlier ones.
//!
//! A thread of its own writes and reads them: homes are on file systems that take their time, and a
//! cell must not wait for them.

mod store;

use std::env;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::time::Duration;

use ferrolab_wire::content::{HistoryAccess, Told};

use crate::server::start_thread;

use self::store::Store;

/// Says where the history is kept: `off`, or a file.
const PLACE_ENV: &str = "FERROLAB_HISTORY";

/// Where the history is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryPlace {
    /// In memory: it ends with the kernel.
    Memory,
    /// In a file that all kernels of the user share.
    File(PathBuf),
}

impl HistoryPlace {
    /// The place that the environment names: `FERROLAB_HISTORY`, which is `off` or a path, or else
    /// `ferrolab/history.sqlite` in the user's folder for data.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::from_variables(|name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Self {
        if let Some(place) = variable(PLACE_ENV) {
            return if place == "off" {
                Self::Memory
            } else {
                Self::File(place.into())
            };
        }
        let data = variable("XDG_DATA_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")));
        match data {
            Some(data) => Self::File(data.join("ferrolab/history.sqlite")),
            None => Self::Memory,
        }
    }
}

/// A cell that has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) number: u32,
    pub(super) code: String,
    pub(super) result: Option<String>,
}

/// What the thread is told.
enum Order {
    Remember(Entry),
    Find {
        access: HistoryAccess,
        output: bool,
        answer: Box<dyn FnOnce(Vec<Told>) + Send>,
    },
    /// Says when everything before it is done.
    Settle(SyncSender<()>),
}

/// The history. Nothing here waits, except [`History::settle`].
pub(super) struct History(Sender<Order>);

impl History {
    /// Opens the history behind the caller's back.
    pub(super) fn start(place: HistoryPlace) -> anyhow::Result<Self> {
        let (sender, orders) = mpsc::channel();
        start_thread("history", move || work(Store::open(place), &orders))?;
        Ok(Self(sender))
    }

    pub(super) fn remember(&self, entry: Entry) {
        self.send(Order::Remember(entry));
    }

    /// Finds the cells that are asked for, the oldest first, with their results when `output` says
    /// so, and hands them to `answer`. Cells that were remembered before are among them.
    pub(super) fn find(
        &self,
        access: HistoryAccess,
        output: bool,
        answer: impl FnOnce(Vec<Told>) + Send + 'static,
    ) {
        let answer = Box::new(answer);
        self.send(Order::Find {
            access,
            output,
            answer,
        });
    }

    /// Waits until everything is written, but no longer than `limit`.
    pub(super) fn settle(&self, limit: Duration) {
        let (settled, wait) = mpsc::sync_channel(1);
        self.send(Order::Settle(settled));
        if wait.recv_timeout(limit).is_err() {
            tracing::warn!("the end of the history was not written in time");
        }
    }

    fn send(&self, order: Order) {
        if self.0.send(order).is_err() {
            tracing::error!("the history has ended before the kernel");
        }
    }
}

fn work(mut store: Store, orders: &Receiver<Order>) {
    let mut unwritten = Vec::new();
    while let Ok(first) = orders.recv() {
        // What has piled up is written at once, for each write waits for the disk.
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Remember(entry) => unwritten.push(entry),
                Order::Find {
                    access,
                    output,
                    answer,
                } => {
                    store.remember(&std::mem::take(&mut unwritten));
                    answer(store.find(&access, output));
                }
                Order::Settle(settled) => {
                    store.remember(&std::mem::take(&mut unwritten));
                    // Whoever asked may have given up waiting.
                    let _ = settled.send(());
                }
            }
            next = orders.try_recv().ok();
        }
        store.remember(&std::mem::take(&mut unwritten));
    }
}

#[cfg(test)]
mod tests {
    use super::HistoryPlace;

    fn place(variables: &[(&str, &str)]) -> HistoryPlace {
        HistoryPlace::from_variables(|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some(value.into())
        })
    }

    #[test]
    fn the_environment_says_where() {
        let file = |path: &str| HistoryPlace::File(path.into());
        let home = ("HOME", "/home/a");
        assert_eq!(
            place(&[home]),
            file("/home/a/.local/share/ferrolab/history.sqlite")
        );
        assert_eq!(
            place(&[home, ("XDG_DATA_HOME", "/data")]),
            file("/data/ferrolab/history.sqlite")
        );
        assert_eq!(
            place(&[home, ("XDG_DATA_HOME", "relative")]),
            file("/home/a/.local/share/ferrolab/history.sqlite")
        );
        assert_eq!(place(&[home, ("FERROLAB_HISTORY", "/h")]), file("/h"));
        assert_eq!(
            place(&[home, ("FERROLAB_HISTORY", "off")]),
            HistoryPlace::Memory
        );
        assert_eq!(place(&[]), HistoryPlace::Memory);
    }
}
