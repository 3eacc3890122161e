//! The global definitions of an archive, and its anchor.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::record::region::{Metric, MetricMode, Paradigm, Region, Role};

use super::encode::{Fields, UNDEFINED};
use super::file::ChunkedFile;

/// Bytes of a chunk of events.
pub(super) const EVENT_CHUNK: usize = 1 << 20;

/// Bytes of a chunk of definitions.
pub(super) const DEFINITION_CHUNK: usize = 4 << 20;

pub(super) const TYPE_U64: u8 = 4;
pub(super) const TYPE_I64: u8 = 8;
pub(super) const TYPE_F64: u8 = 10;

pub(super) const PARADIGM_MPI: u8 = 4;

/// A group of locations or ranks. The first number is that which OTF2 1.1 gave its kind.
#[derive(Clone, Copy, Debug)]
pub(super) enum GroupKind {
    CommLocations,
    CommGroup,
}

impl GroupKind {
    fn numbers(self) -> (u8, u8) {
        match self {
            Self::CommLocations => (6, 4),
            Self::CommGroup => (4, 5),
        }
    }
}

/// The file of global definitions. Texts are defined when they are first used.
#[derive(Debug)]
pub(super) struct Definitions<W> {
    file: ChunkedFile<W>,
    count: u64,
    texts: HashMap<String, u32>,
}

impl<W: Write> Definitions<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            file: ChunkedFile::new(out, DEFINITION_CHUNK),
            count: 0,
            texts: HashMap::new(),
        }
    }

    fn add(&mut self, kind: u8, fields: Fields) -> io::Result<()> {
        self.count += 1;
        self.file.define(&fields.record(kind))
    }

    pub(super) fn text(&mut self, text: &str) -> io::Result<u32> {
        if let Some(id) = self.texts.get(text) {
            return Ok(*id);
        }
        let id = self.texts.len() as u32;
        self.texts.insert(text.into(), id);
        self.add(10, Fields::new().u32(id).text(text))?;
        Ok(id)
    }

    /// Times are in nanoseconds from `start` on, over `length` of them; `start` is that real time.
    pub(super) fn clock(&mut self, start: u64, length: u64, realtime: u64) -> io::Result<()> {
        let fields = Fields::new()
            .u64(1_000_000_000)
            .u64(start)
            .u64(length)
            .u64(realtime);
        self.add(5, fields)
    }

    pub(super) fn paradigm(&mut self, paradigm: u8, name: &str, class: u8) -> io::Result<()> {
        let name = self.text(name)?;
        self.add(6, Fields::new().u8(paradigm).u32(name).u8(class))
    }

    /// A machine or a part of one.
    pub(super) fn system(
        &mut self,
        id: u32,
        name: &str,
        class: &str,
        parent: Option<u32>,
    ) -> io::Result<()> {
        let name = self.text(name)?;
        let class = self.text(class)?;
        let parent = parent.unwrap_or(UNDEFINED);
        self.add(12, Fields::new().u32(id).u32(name).u32(class).u32(parent))
    }

    /// What part of a machine it is: 0 the machine, 1 what shares memory.
    pub(super) fn system_domain(&mut self, id: u32, domain: u8) -> io::Result<()> {
        self.add(27, Fields::new().u32(id).u8(domain))
    }

    /// A process.
    pub(super) fn process(&mut self, id: u32, name: &str, system: u32) -> io::Result<()> {
        let name = self.text(name)?;
        let fields = Fields::new().u32(id).u32(name).u8(1).u32(system);
        self.add(13, fields.u32(UNDEFINED))
    }

    /// A thread (kind 1) or stream of an accelerator (kind 2).
    pub(super) fn location(
        &mut self,
        id: u64,
        name: &str,
        kind: u8,
        events: u64,
        process: u32,
    ) -> io::Result<()> {
        let name = self.text(name)?;
        let fields = Fields::new().u64(id).u32(name).u8(kind).u64(events);
        self.add(14, fields.u32(process))
    }

    pub(super) fn region(&mut self, id: u32, region: &Region) -> io::Result<()> {
        let name = self.text(&region.name)?;
        let description = self.text(&region.module)?;
        let file = self.text(&region.file)?;
        let fields = Fields::new().u32(id).u32(name).u32(description);
        let fields = fields.u8(0).u32(file).u32(region.line).u32(region.end_line);
        let fields = fields.u32(name).u8(role(region.role));
        let flags = if region.role == Role::Phase { 2 } else { 0 };
        self.add(15, fields.u8(paradigm(region.paradigm)).u32(flags))
    }

    pub(super) fn parameter(&mut self, id: u32, name: &str, kind: u8) -> io::Result<()> {
        let name = self.text(name)?;
        self.add(23, Fields::new().u32(id).u32(name).u8(kind))
    }

    pub(super) fn metric(&mut self, id: u32, metric: &Metric, kind: u8) -> io::Result<()> {
        let name = self.text(&metric.name)?;
        let description = self.text(&metric.description)?;
        let unit = self.text(&metric.unit)?;
        let mode = match metric.mode {
            MetricMode::Absolute => 0x11,
            MetricMode::Accumulated => 0,
            MetricMode::Relative => 0x12,
        };
        // From no library that OTF2 knows, in units of ten to the power of zero.
        let fields = Fields::new().u32(id).u32(name).u32(description).u8(0);
        self.add(19, fields.u8(mode).u8(kind).u8(1).i64(0).u32(unit))
    }

    /// Metrics whose values are recorded together, by a processor (kind 2) or unknown (kind 0).
    pub(super) fn metric_class(
        &mut self,
        id: u32,
        members: &[u32],
        occurrence: u8,
        recorder: u8,
    ) -> io::Result<()> {
        let fields = Fields::new().u32(id).u8(members.len() as u8);
        let fields = members
            .iter()
            .fold(fields, |fields, member| fields.u32(*member));
        self.add(20, fields.u8(occurrence).u8(recorder))
    }

    /// A group of MPI's.
    pub(super) fn group(
        &mut self,
        id: u32,
        name: &str,
        kind: GroupKind,
        members: &[u64],
    ) -> io::Result<()> {
        let name = self.text(name)?;
        let (old, new) = kind.numbers();
        let fields = Fields::new()
            .u32(id)
            .u32(name)
            .u8(old)
            .u32(members.len() as u32);
        let fields = members
            .iter()
            .fold(fields, |fields, member| fields.u64(*member));
        self.add(18, fields.u8(new).u8(PARADIGM_MPI).u32(0))
    }

    pub(super) fn communicator(&mut self, id: u32, name: &str, group: u32) -> io::Result<()> {
        let name = self.text(name)?;
        let fields = Fields::new().u32(id).u32(name).u32(group);
        self.add(22, fields.u32(UNDEFINED).u32(0))
    }

    /// Completes the file; gives the number of definitions.
    pub(super) fn finish(self) -> io::Result<u64> {
        self.file.finish()?;
        Ok(self.count)
    }
}

/// The anchor: what the archive consists of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor<'a> {
    /// Version of the OTF2 library whose files these are like.
    pub(super) version: [u8; 3],
    pub(super) locations: u64,
    pub(super) definitions: u64,
    pub(super) machine: &'a str,
    pub(super) creator: &'a str,
    pub(super) description: &'a str,
    pub(super) id: u64,
}

impl Anchor<'_> {
    pub(super) fn encode(&self) -> Vec<u8> {
        Fields::new()
            .bytes(&[3, 0x42])
            .text("OTF2")
            // The formats of the anchor and of the trace.
            .bytes(&[3, 2])
            .bytes(&self.version)
            .full_u64(EVENT_CHUNK as u64)
            .full_u64(DEFINITION_CHUNK as u64)
            // Plain files, not compressed.
            .bytes(&[1, 1])
            .full_u64(self.locations)
            .full_u64(self.definitions)
            .text(self.machine)
            .text(self.creator)
            .text(self.description)
            // No properties.
            .full_u32(0)
            .full_u64(self.id)
            // No snapshots, no thumbnails.
            .full_u32(0)
            .full_u32(0)
            .bytes(&[2, 1, 0])
            .finish()
    }
}

fn role(role: Role) -> u8 {
    match role {
        Role::Function => 1,
        Role::Code | Role::Cell | Role::Phase => 4,
        Role::Loop => 3,
        Role::Task => 20,
        Role::Barrier => 15,
        Role::OneToAll => 23,
        Role::AllToOne => 24,
        Role::AllToAll => 25,
        Role::Collective => 26,
        Role::FileIo => 27,
        Role::PointToPoint => 28,
        Role::DataTransfer => 30,
        Role::Kernel => 2,
        Role::Artificial => 31,
    }
}

fn paradigm(paradigm: Paradigm) -> u8 {
    match paradigm {
        Paradigm::User | Paradigm::Library => 1,
        Paradigm::Compiler => 2,
        Paradigm::Mpi => PARADIGM_MPI,
        Paradigm::Threads => 7,
        Paradigm::Accelerator => 5,
        Paradigm::Measurement => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::otf2::events;

    fn bytes(text: &str) -> Vec<u8> {
        let digits: Vec<u32> = text
            .chars()
            .filter_map(|digit| digit.to_digit(16))
            .collect();
        digits
            .chunks(2)
            .map(|pair| (pair[0] * 16 + pair[1]) as u8)
            .collect()
    }

    /// The files that the official writer (Python package `otf2` 3.2) makes of one thread with one
    /// region and one value of a metric.
    #[test]
    fn files_are_those_of_the_official_writer() -> io::Result<()> {
        let mut out = Vec::new();
        let mut file = ChunkedFile::new(&mut out, EVENT_CHUNK);
        file.event(1000, &events::enter(0))?;
        let value = Fields::new().u8(TYPE_F64).u64(4096_f64.to_bits());
        file.event(
            1000,
            &Fields::new().u32(0).u8(1).bytes(&value.finish()).record(31),
        )?;
        file.event(2000, &events::leave(0))?;
        assert_eq!(file.finish()?, 3);
        assert_eq!(
            out,
            bytes(
                "03 42 0100000000000000 0300000000000000
                 05 e803000000000000 0c 00 1f 0c 00 01 0a 08 000000000000b040
                 05 d007000000000000 0d 00 02 01"
            )
        );

        let mut out = Vec::new();
        ChunkedFile::new(&mut out, DEFINITION_CHUNK).finish()?;
        assert_eq!(out, bytes("03 42 0100000000000000 0000000000000000 02 01"));

        let mut out = Vec::new();
        let mut definitions = Definitions::new(&mut out);
        definitions.clock(1000, 1000, 0x18ea_5f3b_7571_8d00)?;
        definitions.text("")?;
        definitions.system(0, "machine", "", None)?;
        definitions.system(1, "node0", "", Some(0))?;
        definitions.process(0, "rank 0", 1)?;
        definitions.location(0, "main", 1, 3, 0)?;
        let region = Region {
            file: "cell1".into(),
            line: 3,
            end_line: 9,
            ..Region::named("init")
        };
        definitions.region(0, &region)?;
        let metric = Metric {
            name: "mem".into(),
            unit: "B".into(),
            ..Metric::default()
        };
        definitions.metric(0, &metric, TYPE_F64)?;
        definitions.metric_class(0, &[0], 2, 0)?;
        assert_eq!(definitions.finish()?, 17);
        assert_eq!(
            out,
            bytes(
                "03 42 0100000000000000 0000000000000000
                 05 14 04 00ca9a3b 02 e803 02 e803 08 008d71753b5fea18
                 0a 02 00 00
                 0a 0a 01 01 6d616368696e6500 0c 05 00 01 01 00 ff
                 0a 08 01 02 6e6f64653000 0c 06 01 01 01 02 00 00
                 0a 09 01 03 72616e6b203000 0d 07 00 01 03 01 01 01 ff
                 0a 07 01 04 6d61696e00 0e 07 00 01 04 01 01 03 00
                 0a 07 01 05 696e697400 0a 08 01 06 63656c6c3100
                 0f 10 00 01 05 00 00 01 06 01 03 01 09 01 05 04 01 00
                 0a 06 01 07 6d656d00 0a 04 01 08 4200
                 13 0b 00 01 07 00 00 11 0a 01 00 01 08 14 05 00 01 00 02 00
                 02 01"
            )
        );

        let anchor = Anchor {
            version: [3, 2, 0],
            locations: 1,
            definitions: 17,
            machine: "",
            creator: "",
            description: "",
            id: 0x78e1_1bfb_9972_5efc,
        };
        assert_eq!(
            anchor.encode(),
            bytes(
                "03 42 4f54463200 03 02 03 02 00 0000100000000000 0000400000000000 01 01
                 0100000000000000 1100000000000000 00 00 00 00000000 fc5e7299fb1be178
                 00000000 00000000 02 01 00"
            )
        );
        Ok(())
    }
}
