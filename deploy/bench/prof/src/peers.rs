//! The other recorders.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::time::Instant;

use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use fastrace::prelude::{LocalSpan, Span};
use tracing::span::Id;
use tracing::subscriber::with_default;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::turns::Lines;

/// Spans in one outer span: as many as fastrace's own benchmark has. It drops those beyond 10 240.
const BATCH: u32 = 1000;

/// Adds a line for each.
pub fn time(lines: &mut Lines) {
    puffin(lines);
    fastrace(lines);
    tracing(lines);
}

/// What is recorded goes to puffin's global profiler when the outer scope ends, and is dropped by it with
/// the frame: nobody looks at it.
fn puffin(lines: &mut Lines) {
    static OUTER: OnceLock<puffin::ScopeId> = OnceLock::new();
    let outer = *OUTER.get_or_init(|| {
        puffin::ThreadProfiler::call(|profiler| {
            profiler.register_named_scope("outer", "bench", file!(), line!())
        })
    });
    puffin::set_scopes_on(true);
    let mut open = None;
    lines.beside_floor("puffin 0.20, profile_scope!", None, |index| {
        if index % BATCH == 0 {
            drop(open.take());
            if index == 0 {
                puffin::GlobalProfiler::lock().new_frame();
            }
            open = Some(puffin::ProfilerScope::new(outer, ""));
        }
        puffin::profile_scope!("region");
    });
    drop(open);
    puffin::set_scopes_on(false);
}

/// Drops what it is given.
struct Nobody;

impl Reporter for Nobody {
    fn report(&mut self, _spans: Vec<SpanRecord>) {}
}

/// A thread of its own collects what is recorded, on another core if there is one.
fn fastrace(lines: &mut Lines) {
    fastrace::set_reporter(Nobody, Config::default());
    let mut open = None;
    lines.beside_floor("fastrace 0.7, LocalSpan", None, |index| {
        if index % BATCH == 0 {
            // The guard ends before the span that it is of.
            drop(open.take());
            let root = Span::root("outer", SpanContext::random());
            open = Some((root.set_local_parent(), root));
        }
        let _span = LocalSpan::enter_with_local_parent("region");
    });
    drop(open);
    fastrace::flush();
}

thread_local! {
    static OPEN: RefCell<Vec<Instant>> = RefCell::new(Vec::with_capacity(BATCH as usize));
    static DONE: RefCell<Vec<(Id, Instant, Instant)>> = RefCell::new(Vec::with_capacity(BATCH as usize));
}

/// Keeps when each span began and ended, in memory of the thread: less than any layer that is of use.
struct Times;

impl<S: tracing::Subscriber> Layer<S> for Times {
    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        OPEN.with_borrow_mut(|open| open.push(Instant::now()));
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        let now = Instant::now();
        if let Some(start) = OPEN.with_borrow_mut(Vec::pop) {
            DONE.with_borrow_mut(|done| done.push((id.clone(), start, now)));
        }
    }
}

fn tracing(lines: &mut Lines) {
    with_default(Registry::default().with(Times), || {
        let name = "tracing 0.1, Registry and two Instants";
        lines.beside_floor(name, None, |index| {
            if index % BATCH == 0 {
                DONE.with_borrow_mut(Vec::clear);
            }
            let _span = tracing::info_span!("region").entered();
        });
    });
}
