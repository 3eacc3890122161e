//! Who was in which region when, in levels of detail: however many events there are, a page draws
//! some thousand spans.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::palette::Palette;
use super::time;
use crate::model::Catalog;
use crate::reader::Recording;
use crate::record::event::Event;

/// Parts into which levels cut the time, the coarsest first.
const LEVELS: [u64; 4] = [1 << 11, 1 << 13, 1 << 15, 1 << 17];

/// Spans of all levels together: they are a megabyte of a page.
const MOST_SPANS: usize = 100_000;

/// Rows of a thread that are shown.
const MOST_ROWS: usize = 24;

/// A stretch of a row: first part, number of parts, region.
type Span = (u64, u64, usize);

/// A row of a level: regions at one depth of a thread, in the order of time.
#[derive(Debug, Default)]
struct Row {
    spans: Vec<Span>,
    /// The part that is being filled, and how long regions were in it, visit by visit.
    part: u64,
    shares: Vec<(usize, u64)>,
    /// How many of those there may be before they are added up.
    room: usize,
}

/// Visits of a part that are added up at a time, at least.
const LEAST_ROOM: usize = 64;

impl Row {
    /// A region was there from one nanosecond to another.
    fn add(&mut self, region: usize, start: u64, end: u64, width: u64) {
        let (first, last) = (start / width, end / width);
        if first == last {
            self.share(first, region, end - start);
            return;
        }
        self.share(first, region, (first + 1) * width - start);
        if last > first + 1 {
            self.fill();
            self.push((first + 1, last - first - 1, region));
        }
        self.share(last, region, end - last * width);
    }

    fn share(&mut self, part: u64, region: usize, time: u64) {
        if part != self.part {
            self.fill();
            self.part = part;
        }
        // Often the same region again.
        match self.shares.last_mut() {
            Some((last, share)) if *last == region => *share += time,
            _ => self.shares.push((region, time)),
        }
        if self.shares.len() > self.room.max(LEAST_ROOM) {
            self.add_up();
            self.room = 2 * self.shares.len();
        }
    }

    /// Makes one share of those of each region.
    fn add_up(&mut self) {
        self.shares.sort_unstable_by_key(|(region, _)| *region);
        self.shares.dedup_by(|(next, more), (region, share)| {
            let is_same = next == region;
            *share += if is_same { *more } else { 0 };
            is_same
        });
    }

    /// A part belongs to the region that was in it for longest.
    fn fill(&mut self) {
        self.add_up();
        let longest = self.shares.iter().max_by_key(|(_, share)| *share);
        if let Some((region, share)) = longest.copied()
            && share > 0
        {
            self.push((self.part, 1, region));
        }
        self.shares.clear();
    }

    fn push(&mut self, (start, parts, region): Span) {
        match self.spans.last_mut() {
            Some((before, length, same)) if *same == region && *before + *length == start => {
                *length += parts;
            }
            _ => self.spans.push((start, parts, region)),
        }
    }
}

/// A level of detail.
#[derive(Debug)]
struct Level {
    /// Nanoseconds of a part.
    width: u64,
    /// Rows of each thread.
    tracks: Vec<Vec<Row>>,
}

impl Level {
    fn add(&mut self, track: usize, depth: usize, region: usize, start: u64, end: u64) {
        let rows = &mut self.tracks[track];
        if rows.len() <= depth {
            rows.resize_with(depth + 1, Row::default);
        }
        rows[depth].add(region, start, end, self.width);
    }

    fn spans(&self) -> usize {
        let rows = self.tracks.iter().flatten();
        rows.map(|row| row.spans.len()).sum()
    }
}

/// The events of some recordings as a page draws them.
#[derive(Debug)]
pub struct Timeline {
    levels: Vec<Level>,
    names: Vec<String>,
    regions: Vec<String>,
    length: u64,
}

impl Timeline {
    /// What was recorded; `None` if no events were.
    pub fn of(recordings: &[Recording]) -> Option<Self> {
        let catalog = Catalog::of(recordings);
        let (first, last) = range(recordings)?;
        let length = (last - first).max(1);
        let mut levels: Vec<Level> = LEVELS
            .iter()
            .map(|parts| length.div_ceil(*parts).max(1))
            .map(|width| Level {
                width,
                tracks: Vec::new(),
            })
            .collect();
        // A level finer than a nanosecond says nothing new.
        levels.dedup_by_key(|level| level.width);
        let mut names = Vec::new();
        for (number, recording) in recordings.iter().enumerate() {
            let base = recording.time_base();
            let of_recording = catalog.locations().iter();
            let of_recording = of_recording.filter(|location| location.recording == number);
            for (location, thread) in of_recording.zip(recording.threads()) {
                for level in &mut levels {
                    level.tracks.push(Vec::new());
                }
                let track = names.len();
                let mut stack: Vec<(usize, u64)> = Vec::new();
                let mut now = 0;
                let mut leave = |stack: &mut Vec<(usize, u64)>, now: u64| {
                    if let Some((region, start)) = stack.pop()
                        && stack.len() < MOST_ROWS
                    {
                        for level in &mut levels {
                            level.add(track, stack.len(), region, start, now.max(start));
                        }
                    }
                };
                for timed in thread.events() {
                    now = base.realtime(timed.ticks).saturating_sub(first).min(length);
                    match timed.event {
                        Event::Enter(id) => stack.push((catalog.region(number, id), now)),
                        Event::Exit(_) | Event::Unwind(_) => leave(&mut stack, now),
                        _ => {}
                    }
                }
                while !stack.is_empty() {
                    leave(&mut stack, now);
                }
                let rank = catalog.process(location).rank;
                let mut processes = catalog.processes().iter();
                names.push(if processes.all(|process| process.rank == rank) {
                    location.name.clone()
                } else {
                    format!("{} of rank {rank}", location.name)
                });
            }
        }
        for row in levels
            .iter_mut()
            .flat_map(|level| &mut level.tracks)
            .flatten()
        {
            row.fill();
        }
        let mut timeline = Self {
            levels,
            names,
            regions: catalog
                .regions()
                .iter()
                .map(|region| region.name.clone())
                .collect(),
            length,
        };
        timeline.forget_empty_tracks();
        timeline.forget_fine_levels();
        Some(timeline)
    }

    fn forget_empty_tracks(&mut self) {
        let is_empty: Vec<bool> = self.levels[0].tracks.iter().map(Vec::is_empty).collect();
        let keep = |index: usize| !is_empty[index];
        for level in &mut self.levels {
            let mut index = 0;
            level.tracks.retain(|_| {
                index += 1;
                keep(index - 1)
            });
        }
        let mut index = 0;
        self.names.retain(|_| {
            index += 1;
            keep(index - 1)
        });
    }

    /// Keeps as many levels as there is room for, and none that says what the one before it says.
    fn forget_fine_levels(&mut self) {
        let mut total = 0;
        let mut before = 0;
        let mut kept = 0;
        for level in &self.levels {
            let spans = level.spans();
            total += spans;
            if kept > 0 && (total > MOST_SPANS || spans == before) {
                break;
            }
            before = spans;
            kept += 1;
        }
        self.levels.truncate(kept);
    }

    /// How many threads there are, how long it is and how closely it can be looked at, in words.
    pub(super) fn summary(&self) -> String {
        let threads = match self.names.len() {
            1 => "1 thread".to_owned(),
            count => format!("{count} threads"),
        };
        let finest = self.levels.last().map_or(1, |level| level.width);
        let [length, finest] = [self.length, finest].map(|one| time(one as f64));
        format!("{threads}, {length}, in steps of {finest}")
    }

    /// What the page's script reads.
    pub(super) fn json(&self, palette: &Palette) -> Value {
        let mut numbers = HashMap::new();
        let mut used = Vec::new();
        let levels: Vec<Value> = self
            .levels
            .iter()
            .map(|level| {
                let tracks: Vec<Vec<Vec<u64>>> = level
                    .tracks
                    .iter()
                    .map(|rows| {
                        rows.iter()
                            .map(|row| triples(row, &mut numbers, &mut used))
                            .collect()
                    })
                    .collect();
                json!({ "width": level.width, "tracks": tracks })
            })
            .collect();
        let tracks: Vec<Value> = self
            .names
            .iter()
            .zip(&self.levels[0].tracks)
            .map(|(name, rows)| json!({ "name": name, "depth": rows.len() }))
            .collect();
        let regions: Vec<&str> = used
            .iter()
            .map(|region: &usize| self.regions[*region].as_str())
            .collect();
        json!({
            "length": self.length,
            "tracks": tracks,
            "levels": levels,
            "regions": regions,
            "hues": used.iter().map(|region| palette.hue(&self.regions[*region])).collect::<Vec<_>>(),
        })
    }
}

fn triples(row: &Row, numbers: &mut HashMap<usize, u64>, used: &mut Vec<usize>) -> Vec<u64> {
    let mut words = Vec::with_capacity(3 * row.spans.len());
    for (start, parts, region) in &row.spans {
        let number = *numbers.entry(*region).or_insert_with(|| {
            used.push(*region);
            used.len() as u64 - 1
        });
        words.extend([*start, *parts, number]);
    }
    words
}

/// When the first and the last event were, in nanoseconds since 1970.
fn range(recordings: &[Recording]) -> Option<(u64, u64)> {
    let mut found: Option<(u64, u64)> = None;
    for recording in recordings {
        let base = recording.time_base();
        for thread in recording.threads() {
            for timed in thread.events() {
                let at = base.realtime(timed.ticks);
                let (first, last) = found.unwrap_or((at, at));
                found = Some((first.min(at), last.max(at)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_belongs_to_whom_it_belongs_most() {
        let mut row = Row::default();
        row.add(1, 0, 4, 10);
        row.add(2, 4, 9, 10);
        row.add(1, 9, 35, 10);
        row.add(3, 36, 37, 10);
        row.fill();
        assert_eq!(row.spans, [(0, 1, 2), (1, 3, 1)]);
    }

    #[test]
    fn gaps_stay_gaps() {
        let mut row = Row::default();
        row.add(1, 0, 10, 10);
        row.add(1, 40, 50, 10);
        row.fill();
        assert_eq!(row.spans, [(0, 1, 1), (4, 1, 1)]);
    }
}
