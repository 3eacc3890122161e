use std::sync::atomic::{AtomicU64, Ordering};

use hpc_channel::CellMessage;

use super::render::Render;
use crate::host;

/// Shows a value now, in the middle of a cell. Outside a notebook its text is printed.
///
/// ```
/// use hpc::prelude::*;
/// let x = linspace(0.0, 1.0, 5);
/// display(&x);
/// display(markdown("**done**"));
/// ```
pub fn display(value: impl Render) {
    show_now(&value);
}

fn show_now(value: &dyn Render) {
    deliver(&CellMessage::Display {
        bundle: value.render().into_mime(),
        display_id: None,
    });
}

/// A place in the notebook whose content can be replaced.
#[derive(Debug)]
pub struct DisplayHandle {
    display_id: String,
    shown: bool,
}

/// A place for values that replace each other, such as the state of a long computation.
///
/// ```
/// use hpc::prelude::*;
/// let mut status = display_handle();
/// for step in 1..=3 {
///     status.update(markdown(format!("step **{step}** of 3")));
/// }
/// ```
pub fn display_handle() -> DisplayHandle {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    DisplayHandle {
        display_id: format!("hpc-{}-{number}", std::process::id()),
        shown: false,
    }
}

impl DisplayHandle {
    /// Shows a value in this place, instead of the one before. The first value is shown where the
    /// running cell's output has come to.
    pub fn update(&mut self, value: impl Render) {
        self.replace(&value);
    }

    fn replace(&mut self, value: &dyn Render) {
        let bundle = value.render().into_mime();
        let display_id = self.display_id.clone();
        deliver(&if self.shown {
            CellMessage::Update { bundle, display_id }
        } else {
            CellMessage::Display {
                bundle,
                display_id: Some(display_id),
            }
        });
        self.shown = true;
    }
}

/// Removes the output of the running cell; with `wait` only when the next output comes, which
/// avoids flicker. Does nothing outside a notebook.
///
/// ```
/// hpc::display::clear_output(true);
/// ```
pub fn clear_output(wait: bool) {
    if host::is_hosted() {
        deliver(&CellMessage::Clear { wait });
    }
}

/// Sends a message to the notebook, or prints its text where there is none.
pub(super) fn deliver(message: &CellMessage) {
    if host::is_hosted() {
        if let Err(error) = host::send(message) {
            // The text is better than nothing.
            eprintln!("the notebook does not answer ({error})");
            print(message);
        }
    } else {
        print(message);
    }
}

fn print(message: &CellMessage) {
    match message {
        CellMessage::Result { bundle }
        | CellMessage::Display { bundle, .. }
        | CellMessage::Update { bundle, .. } => println!("{}", bundle.plain().unwrap_or_default()),
        CellMessage::Clear { .. } => {}
    }
}
