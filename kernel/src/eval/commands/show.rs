//! Commands that show something.
#![expect(clippy::unnecessary_wraps, reason = "all commands have one shape")]

use std::fmt::Write;
use std::process::Command as Process;
use std::sync::Arc;

use hpc_channel::{CellMessage, MimeBundle};

use super::{CELL, Call, Command, LINE};
use crate::engine::{Analyst, CellError, OutputSink};
use crate::eval::Evaluator;
use crate::eval::diagnostics::plain_error;
use crate::eval::values::escape;

pub(super) fn display(sink: &Arc<dyn OutputSink>, bundle: MimeBundle) {
    sink.message(CellMessage::Display {
        bundle,
        display_id: None,
    });
}

/// A table as aligned text and as HTML.
fn table(heads: &[&str], rows: &[Vec<String>]) -> MimeBundle {
    let mut widths: Vec<usize> = heads.iter().map(|head| head.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut plain = String::new();
    let mut html = String::from("<table><thead><tr>");
    // Writing to a string cannot fail.
    for (head, width) in heads.iter().zip(&widths) {
        let _ = write!(plain, "{head:width$}  ");
        let _ = write!(html, "<th style=\"text-align:left\">{}</th>", escape(head));
    }
    html.push_str("</tr></thead><tbody>");
    plain = plain.trim_end().to_owned() + "\n";
    for row in rows {
        let mut line = String::new();
        html.push_str("<tr>");
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
            let _ = write!(html, "<td style=\"text-align:left\">{}</td>", escape(cell));
        }
        html.push_str("</tr>");
        plain.push_str(line.trim_end());
        plain.push('\n');
    }
    html.push_str("</tbody></table>");
    MimeBundle::text(plain).with("text/html", html)
}

pub(super) fn variables(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let notebook = &evaluator.compilation.notebook;
    let rows: Vec<Vec<String>> = notebook
        .variables()
        .iter()
        .map(|(name, variable)| {
            let mutable = if variable.mutable { "mut " } else { "" };
            vec![
                format!("{mutable}{name}"),
                notebook.shown_type(variable),
                format!("In [{}]", variable.cell),
            ]
        })
        .collect();
    let bundle = if rows.is_empty() {
        MimeBundle::text("no variables yet\n")
    } else {
        table(&["variable", "type", "from"], &rows)
    };
    display(call.sink, bundle);
    Ok(())
}

pub(super) fn items(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let names: Vec<&str> = evaluator.compilation.notebook.item_names().collect();
    let text = if names.is_empty() {
        "nothing is defined yet\n".to_owned()
    } else {
        names.join("\n") + "\n"
    };
    display(call.sink, MimeBundle::text(text));
    Ok(())
}

pub(super) fn type_of(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let notebook = &evaluator.compilation.notebook;
    let Some(variable) = notebook.variables().get(call.arguments) else {
        return Err(plain_error(
            "CommandError",
            &format!(
                "there is no variable `{}`; `%who` lists them",
                call.arguments
            ),
        ));
    };
    let shown = notebook.shown_type(variable);
    display(call.sink, MimeBundle::text(shown));
    Ok(())
}

pub(super) fn documentation(
    evaluator: &mut Evaluator,
    call: &mut Call<'_>,
) -> Result<(), CellError> {
    let name = call.arguments;
    let known = evaluator.assistant.inspect(name, name.len());
    match known {
        Some(bundle) => call.sink.page(bundle),
        None => display(
            call.sink,
            MimeBundle::text(format!("nothing is known of `{name}`\n")),
        ),
    }
    Ok(())
}

pub(super) fn explanation(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let output = Process::new(evaluator.layout.rustc())
        .arg("--explain")
        .arg(call.arguments)
        .output()
        .map_err(|error| {
            plain_error(
                "CommandError",
                &format!("the compiler does not run: {error}"),
            )
        })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || text.is_empty() {
        let text = format!("`{}` is no error code, as E0382 is one", call.arguments);
        return Err(plain_error("CommandError", &text));
    }
    display(
        call.sink,
        MimeBundle::text(text.clone()).with("text/markdown", text),
    );
    Ok(())
}

pub(super) fn version(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let rust = evaluator
        .layout
        .rust_version()
        .map_err(|error| plain_error("CommandError", &format!("{error:#}")))?;
    let text = format!(
        "ferrolab-kernel {}, Rust {rust}\n",
        env!("CARGO_PKG_VERSION")
    );
    display(call.sink, MimeBundle::text(text));
    Ok(())
}

pub(super) fn help(_: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let rows: Vec<Vec<String>> = LINE
        .iter()
        .chain(CELL)
        .map(
            |Command {
                 names,
                 arguments,
                 help,
                 ..
             }| {
                vec![
                    names.join(", "),
                    (*arguments).to_owned(),
                    (*help).to_owned(),
                ]
            },
        )
        .collect();
    display(
        call.sink,
        table(&["command", "arguments", "what it does"], &rows),
    );
    Ok(())
}

/// Shows the cell in another language than Rust.
pub(super) fn markup(_: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let mime = match call.name {
        "%%markdown" => "text/markdown",
        "%%latex" => "text/latex",
        "%%svg" => "image/svg+xml",
        _ => "text/html",
    };
    let body = call.body().to_owned();
    display(call.sink, MimeBundle::text(body.clone()).with(mime, body));
    Ok(())
}
