//! Records made fit for other tools: regions nest and end, times are in nanoseconds and never go
//! back.

use crate::clock::TimeBase;
use crate::model::{Catalog, Location};
use crate::reader::{Events, Recording};
use crate::record::event::Event;
use crate::record::region::RegionId;

/// An event of a [`Stream`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    /// Nanoseconds since 1970.
    pub time: u64,
    /// What happened. Regions nest; [`Event::Unwind`] is as [`Event::Exit`].
    pub event: Event,
    /// Regions that are open after it.
    pub depth: usize,
}

/// The events of a location. What the end of the recording left open ends with it, and ends of
/// regions whose beginning was overwritten are left out.
#[derive(Debug)]
pub struct Stream<'a> {
    /// Whose they are.
    pub location: &'a Location,
    base: TimeBase,
    events: Events<'a>,
    open: Vec<RegionId>,
    /// What closes regions that should have ended before this.
    held: Option<(u64, Event)>,
    last: u64,
    /// When what is open at the end ends.
    end: u64,
    ended: bool,
}

/// The streams of all locations.
pub fn streams<'a>(
    recordings: &'a [Recording],
    catalog: &'a Catalog,
) -> impl Iterator<Item = Stream<'a>> {
    catalog.locations().iter().filter_map(move |location| {
        let thread = catalog.thread(recordings, location)?;
        let base = recordings.get(location.recording)?.time_base();
        Some(Stream {
            location,
            base,
            events: thread.events(),
            open: Vec::new(),
            held: None,
            last: 0,
            end: base.realtime(thread.last()),
            ended: false,
        })
    })
}

impl Stream<'_> {
    /// When it ends, in nanoseconds since 1970.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Nanoseconds since 1970 of a time in ticks.
    pub fn realtime(&self, ticks: u64) -> u64 {
        self.base.realtime(ticks)
    }

    fn next_event(&mut self) -> Option<(u64, Event)> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        if !self.ended {
            if let Some(next) = self.events.next() {
                return Some((self.base.realtime(next.ticks), next.event));
            }
            self.ended = true;
        }
        let innermost = self.open.last()?;
        Some((self.end, Event::Exit(*innermost)))
    }
}

impl Iterator for Stream<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let (time, event) = self.next_event()?;
            let mut event = event;
            match event {
                Event::Enter(region) => self.open.push(region),
                Event::Exit(region) | Event::Unwind(region) => {
                    match self.open.iter().rposition(|open| *open == region) {
                        None => continue,
                        Some(depth) if depth + 1 == self.open.len() => {
                            self.open.pop();
                        }
                        Some(_) => {
                            // Ends of regions inside were lost.
                            self.held = Some((time, event));
                            let Some(inner) = self.open.pop() else {
                                continue;
                            };
                            event = Event::Exit(inner);
                        }
                    }
                }
                _ => {}
            }
            self.last = self.last.max(time);
            return Some(Item {
                time: self.last,
                event,
                depth: self.open.len(),
            });
        }
    }
}
