//! A notebook as one HTML page that needs no network: style, code colours and images are in it.
//!
//! Markdown is the author's text and is made harmless: raw HTML is shown as text, and links can
//! only lead to pages. Outputs of type HTML and SVG come from the kernel and are put in as they
//! are; a content policy keeps them from loading anything.

mod ansi;
mod escape;
mod highlight;
mod markdown;
mod output;

use std::fmt::Write;

use serde_json::Value;

use crate::notebook::{Cell, CellKind, Notebook};
use crate::text::duration;
use escape::escape;

const STYLE: &str = include_str!("page.css");

/// What the browser may do with the page: show it, and fetch nothing.
const POLICY: &str = "default-src 'none'; img-src data: blob:; media-src data: blob:; \
                      font-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The page of a notebook. `name` is its title when it has no heading.
pub fn page(notebook: &Notebook, name: &str) -> String {
    let title = notebook
        .heading()
        .map_or_else(|| name.to_owned(), |heading| plain(&heading));
    let language = notebook.language().unwrap_or_default();
    let mut body = String::new();
    for cell in &notebook.cells {
        match cell.kind() {
            CellKind::Markdown => text_cell(&mut body, cell),
            CellKind::Code => code_cell(&mut body, cell, &language),
            CellKind::Raw => {}
        }
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"generator\" content=\"ferrolab {version}\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{summary}{body}\
         </main>\n</body>\n</html>\n",
        version = env!("CARGO_PKG_VERSION"),
        title = escape(&title),
        summary = summary(notebook, name),
    )
}

/// One line on what was run, when, and how it went.
fn summary(notebook: &Notebook, name: &str) -> String {
    let mut facts = vec![format!("<span>{}</span>", escape(name))];
    if let Some(kernel) = notebook.kernel_title() {
        facts.push(format!("<span>{}</span>", escape(kernel)));
    }
    if let Some(run) = notebook.metadata("ferrolab") {
        if let Some(started) = run.get("started").and_then(Value::as_str) {
            let shown = started.replace('T', " ");
            let shown = shown.split('.').next().unwrap_or_default();
            facts.push(format!(
                "<time datetime=\"{}\">{} UTC</time>",
                escape(started),
                escape(shown.trim_end_matches('Z'))
            ));
        }
        if let Some(wall) = run.get("wall_ms").and_then(Value::as_f64) {
            facts.push(format!("<span>{}</span>", duration(wall)));
        }
        if let Some(status) = run.get("status").and_then(Value::as_str) {
            let class = if status == "ok" { "good" } else { "bad" };
            facts.push(format!("<span class=\"{class}\">{}</span>", escape(status)));
        }
    }
    format!("<header class=\"facts\">{}</header>\n", facts.concat())
}

fn text_cell(body: &mut String, cell: &Cell) {
    let html = markdown::to_html(&cell.source(), cell.attachments());
    let _ = writeln!(body, "<section class=\"text\">\n{html}</section>");
}

fn code_cell(body: &mut String, cell: &Cell, language: &str) {
    let source = cell.source();
    if source.trim().is_empty() && cell.outputs().is_empty() {
        return;
    }
    let failed = cell
        .outputs()
        .iter()
        .any(|output| output["output_type"] == "error");
    let count = cell
        .execution_count()
        .map_or_else(|| " ".into(), |count| count.to_string());
    let _ = writeln!(
        body,
        "<section class=\"code{}\">\n<div class=\"prompt\">In&nbsp;[{count}]</div>\n\
         <div class=\"input\"><pre><code>{}</code></pre>{}</div>",
        if failed { " failed" } else { "" },
        highlight::to_html(source.trim_end(), language),
        timing(cell),
    );
    for output in cell.outputs() {
        output::write(body, output);
    }
    body.push_str("</section>\n");
}

/// How long a cell took, for its lower right corner.
fn timing(cell: &Cell) -> String {
    let Some(times) = cell
        .metadata()
        .and_then(|metadata| metadata.get("ferrolab"))
    else {
        return String::new();
    };
    let read = |key| times.get(key).and_then(Value::as_f64);
    let Some(wall) = read("wall_ms") else {
        return String::new();
    };
    let compile = read("compile_ms")
        .filter(|compile| *compile > 0.0)
        .map(|compile| format!("<span>, {} to compile</span>", duration(compile)));
    format!(
        "<div class=\"time\">{}{}</div>",
        duration(wall),
        compile.unwrap_or_default()
    )
}

/// A heading without its Markdown marks.
fn plain(heading: &str) -> String {
    heading
        .chars()
        .filter(|character| !"*`_".contains(*character))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_has_everything_in_it() {
        let notebook = Notebook::from_json(json!({
            "nbformat": 4, "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "rust-hpc", "display_name": "Rust (HPC)", "language": "rust"},
                         "ferrolab": {"status": "error", "started": "2026-11-22T06:00:00.125Z", "wall_ms": 65_000.0}},
            "cells": [
                {"cell_type": "markdown", "source": "# Waves & *sines*\n<script>alert(1)</script>"},
                {"cell_type": "code", "source": "let a = \"<b>\";", "execution_count": 3,
                 "metadata": {"ferrolab": {"wall_ms": 41.25, "compile_ms": 30.0}},
                 "outputs": [{"output_type": "stream", "name": "stdout", "text": ["a < b\n"]},
                             {"output_type": "error", "ename": "Panic", "evalue": "no",
                              "traceback": ["\u{1b}[31mPanic\u{1b}[0m: no"]}]},
                {"cell_type": "code", "source": " "},
            ],
        }))
        .unwrap();
        let page = page(&notebook, "waves.ipynb");
        for expected in [
            "<title>Waves &amp; sines</title>",
            "<h1>Waves &amp; <em>sines</em></h1>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "In&nbsp;[3]",
            "41 ms<span>, 30 ms to compile</span>",
            "a &lt; b",
            "<span class=\"fg1\">Panic</span>: no",
            "class=\"code failed\"",
            "2026-11-22 06:00:00 UTC",
            "1 min 05 s",
            "<span class=\"bad\">error</span>",
        ] {
            assert!(page.contains(expected), "{expected} is missing in\n{page}");
        }
        assert_eq!(page.matches("<section").count(), 2);
        assert!(!page.contains("<script"));
    }
}
