//! Counters of the processor: read at the beginning and the end of each region, counted beside its node.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use crate::counters::Event;
use crate::record::counter::MOST;
use crate::record::layout::{MAX_DEPTH, Node, header, key, node, subject, thread};
use crate::record::region::ThreadKind;

use super::Writer;
use super::tree::change;

/// What each counter of the recording says or said, in their order.
pub(super) type Values = [u64; MOST];

/// The counters of a thread, and what they said when its open regions began.
#[derive(Debug)]
pub(super) struct Counters {
    /// Those that there are.
    events: [Option<Event>; MOST],
    starts: Box<[Cell<Values>]>,
}

impl Counters {
    #[inline]
    fn read(&self) -> Values {
        self.events
            .each_ref()
            .map(|event| event.as_ref().map_or(0, Event::read))
    }

    fn start(&self, depth: u32) -> Option<&Cell<Values>> {
        self.starts.get(depth as usize)
    }
}

fn difference(after: Values, before: Values) -> Values {
    std::array::from_fn(|index| after[index].wrapping_sub(before[index]))
}

impl Writer {
    /// The counters of this thread, which begin to count when they are first asked for.
    fn counters(&self) -> &Counters {
        self.counters.get_or_init(|| Box::new(self.open_counters()))
    }

    #[cold]
    fn open_counters(&self) -> Counters {
        let mut events = [const { None }; MOST];
        // A stream of an accelerator is nothing that the processor counts for.
        let is_here = self.own(thread::KIND).load(Ordering::Relaxed) == ThreadKind::Thread as u64;
        for (index, counter) in self.shared.counters.iter().enumerate().filter(|_| is_here) {
            let opened = Event::open(*counter);
            if let Err(error) = &opened {
                let number = error.raw_os_error().unwrap_or(libc::EIO) as u64;
                let state = self.shared.header(header::COUNTERS + index);
                state.store((*counter as u64 + 1) | (number << 32), Ordering::Relaxed);
            }
            events[index] = opened.ok();
        }
        let counters = Counters {
            events,
            starts: vec![Cell::default(); MAX_DEPTH].into(),
        };
        counters.read();
        let now = self.shared.clock.now();
        counters.read();
        let cost = self.shared.clock.now().saturating_sub(now);
        self.shared
            .header(header::COUNTER_COST)
            .store(cost, Ordering::Relaxed);
        counters
    }

    /// A region begins.
    #[inline(never)]
    pub(super) fn enter_counters(&self, depth: u32) {
        let counters = self.counters();
        if let Some(start) = counters.start(depth) {
            start.set(counters.read());
        }
    }

    /// It ends: what was counted in it.
    #[inline(never)]
    pub(super) fn exit_counters(&self, depth: u32, of: Node) -> Values {
        let counters = self.counters();
        let Some(start) = counters.start(depth) else {
            return Values::default();
        };
        let counted = difference(counters.read(), start.get());
        let beside = self.counters_beside(of);
        if let Some(words) = self.node(beside).filter(|_| beside != 0) {
            change(&words[node::WORK_SEQUENCE], || {
                let sums = words[node::FIRST_COUNTER..].iter().zip(counted);
                for (sum, more) in sums {
                    super::tree::add(sum, more);
                }
            });
        }
        counted
    }

    /// The node that has the counters of a node; 0 if there is no memory for it.
    fn counters_beside(&self, of: Node) -> Node {
        let Some(words) = self.node(of).filter(|_| of != 0) else {
            return 0;
        };
        let links = words[node::LATEST].load(Ordering::Relaxed);
        let known = (links >> 32) as Node;
        if known != 0 {
            return known;
        }
        let new = self.add_node(key(of, subject::METRIC | subject::COUNTERS));
        if new == 0 {
            self.add_own(thread::PATHS_LOST, 1);
        }
        words[node::LATEST].store(links | u64::from(new) << 32, Ordering::Relaxed);
        new
    }

    /// What the counters say now; nothing if they do not count.
    pub(super) fn read_counters(&self) -> Values {
        self.counters
            .get()
            .map_or_else(Values::default, |counters| counters.read())
    }

    /// Takes what was counted since some reading from a region that is open.
    pub(super) fn skip_counters(&self, depth: u32, counted: Values) {
        let counters = self.counters.get();
        if let Some(start) = counters.and_then(|counters| counters.start(depth)) {
            let start_now = start.get();
            start.set(std::array::from_fn(|index| {
                start_now[index].wrapping_add(counted[index])
            }));
        }
    }

    /// The same of what was counted since a reading.
    pub(super) fn skip_counters_since(&self, depth: u32, before: Values) {
        self.skip_counters(depth, difference(self.read_counters(), before));
    }

    /// Has open regions count from now on.
    pub(super) fn restart_counters(&self) {
        if let Some(counters) = self.counters.get() {
            let now = counters.read();
            for start in counters.starts.iter().take(self.depth.get() as usize) {
                start.set(now);
            }
        }
    }
}
