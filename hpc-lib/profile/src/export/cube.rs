//! CUBE4 profiles (`.cubex`), for Cube, Extra-P and all that reads Score-P's profiles.
//!
//! The layout is that of `CubeW` 4.8: a tar file with the tree in XML and the values of each metric.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use crate::markup::escape;
use crate::model::{Counts, Frame, Profile};
use crate::record::counter::Counter;
use crate::record::region::{Paradigm, ParameterValue, Region, Role, ThreadKind};

use super::{ExportError, write_file};

/// The value of a path at a location.
type Lookup<T> = Box<dyn Fn(&Profile, usize, usize) -> T>;

/// Where the values of a metric come from.
enum Value {
    /// Whole numbers.
    Whole(Lookup<u64>),
    /// Numbers.
    Real(Lookup<f64>),
}

/// A metric of the file.
struct CubeMetric {
    name: String,
    display: String,
    unit: String,
    description: String,
    /// Whether a path's value contains those of the paths that go on from it.
    inclusive: bool,
    kind: &'static str,
    value: Value,
}

impl CubeMetric {
    fn whole(name: &str, display: &str, unit: &str, of: impl Fn(&Counts) -> u64 + 'static) -> Self {
        let value = move |profile: &Profile, node: usize, location: usize| {
            of(&profile.nodes()[node].counts[location])
        };
        Self {
            name: name.into(),
            display: display.into(),
            unit: unit.into(),
            description: String::new(),
            inclusive: false,
            kind: "UINT64",
            value: Value::Whole(Box::new(value)),
        }
    }

    /// A metric that is counted with the regions inside, as what is without them.
    fn without_inside(name: &str, display: &str, unit: &str, of: fn(&Counts) -> u64) -> Self {
        let value = move |profile: &Profile, node: usize, location: usize| {
            let path = &profile.nodes()[node];
            let inside = path.children.iter();
            let inside: u64 = inside
                .map(|child| of(&profile.nodes()[*child].counts[location]))
                .sum();
            of(&path.counts[location]).saturating_sub(inside)
        };
        Self {
            value: Value::Whole(Box::new(value)),
            ..Self::whole(name, display, unit, of)
        }
    }

    fn seconds(name: &str, display: &str, kind: &'static str, of: fn(&Counts) -> f64) -> Self {
        let value = move |profile: &Profile, node: usize, location: usize| {
            of(&profile.nodes()[node].counts[location])
        };
        Self {
            name: name.into(),
            display: display.into(),
            unit: "sec".into(),
            description: String::new(),
            inclusive: kind == "DOUBLE",
            kind,
            value: Value::Real(Box::new(value)),
        }
    }
}

fn metrics(profile: &Profile) -> Vec<CubeMetric> {
    const SECOND: f64 = 1e9;
    let mut metrics = vec![
        CubeMetric::whole("visits", "Visits", "occ", |counts| counts.visits),
        CubeMetric::seconds("time", "Time", "DOUBLE", |counts| counts.inclusive / SECOND),
        // Without a visit, the largest number: the one that no minimum is changed by.
        CubeMetric::seconds("min_time", "Minimum time", "MINDOUBLE", |counts| {
            if counts.visits > 0 {
                counts.min / SECOND
            } else {
                f64::MAX
            }
        }),
        CubeMetric::seconds("max_time", "Maximum time", "MAXDOUBLE", |counts| {
            counts.max / SECOND
        }),
    ];
    let nodes = || profile.nodes().iter().flat_map(|node| &node.counts);
    let any = |of: fn(&Counts) -> u64| nodes().any(|counts| of(counts) > 0);
    if any(|counts| counts.bytes) {
        let of = |counts: &Counts| counts.own_bytes;
        metrics.push(CubeMetric::whole("bytes_moved", "Bytes moved", "bytes", of));
    }
    if any(|counts| counts.flops) {
        let of = |counts: &Counts| counts.own_flops;
        metrics.push(CubeMetric::whole(
            "flops",
            "Floating-point operations",
            "occ",
            of,
        ));
    }
    if any(|counts| counts.allocations) {
        let of = |counts: &Counts| counts.allocated;
        let name = "bytes_allocated";
        metrics.push(CubeMetric::without_inside(name, "Allocated", "bytes", of));
        let of = |counts: &Counts| counts.allocations;
        metrics.push(CubeMetric::without_inside(
            "allocations",
            "Allocations",
            "occ",
            of,
        ));
    }
    for counter in Counter::ALL {
        if nodes().any(|counts| counts.own_counters.get(counter) > 0) {
            let of = move |counts: &Counts| counts.own_counters.get(counter);
            let name = counter.name();
            metrics.push(CubeMetric::whole(name, name, "occ", of));
        }
    }
    for (number, metric) in profile.catalog().metrics().iter().enumerate() {
        let value = move |profile: &Profile, node: usize, location: usize| {
            let metrics = profile.nodes()[node].counts[location].metrics.iter();
            let mut metrics = metrics.filter(|one| one.metric == number);
            metrics.next().map_or(0.0, |one| one.sum)
        };
        metrics.push(CubeMetric {
            name: metric.name.clone(),
            display: metric.name.clone(),
            unit: metric.unit.clone(),
            description: metric.description.clone(),
            inclusive: false,
            kind: "DOUBLE",
            value: Value::Real(Box::new(value)),
        });
    }
    metrics
}

/// Writes a profile. Times are in seconds; `time` is inclusive, the other metrics are exclusive.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn export(profile: &Profile, path: &Path) -> Result<(), ExportError> {
    write_file(path, |out| write(profile, out))
}

fn write(profile: &Profile, out: impl Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(out);
    let mut append = |name: &str, data: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(data.len() as u64);
        header.set_mode(0o600);
        archive.append_data(&mut header, name, data)
    };
    let metrics = metrics(profile);
    for (id, metric) in metrics.iter().enumerate() {
        let order = if metric.inclusive {
            wide_order(profile)
        } else {
            depth_first_order(profile)
        };
        append(&format!("{id}.data"), &data(profile, metric, &order))?;
        append(&format!("{id}.index"), &index(order.len()))?;
    }
    append("anchor.xml", anchor(profile, &metrics).as_bytes())?;
    archive.finish()
}

/// A node, then what is below it, child by child: the order of exclusive values.
fn depth_first_order(profile: &Profile) -> Vec<usize> {
    let (mut order, mut stack) = (Vec::new(), vec![0]);
    while let Some(node) = stack.pop() {
        order.push(node);
        stack.extend(profile.nodes()[node].children.iter().rev());
    }
    order
}

/// All children of a node, then what is below each: the order of inclusive values.
fn wide_order(profile: &Profile) -> Vec<usize> {
    let (mut order, mut stack) = (vec![0], vec![0]);
    while let Some(node) = stack.pop() {
        let children = &profile.nodes()[node].children;
        order.extend(children);
        stack.extend(children.iter().rev());
    }
    order
}

/// Which rows are stored: all of them.
fn index(rows: usize) -> Vec<u8> {
    const SPARSE: u8 = 1;
    let mut bytes = b"CUBEX.INDEX".to_vec();
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
    bytes.push(SPARSE);
    bytes.extend((rows as u32).to_le_bytes());
    bytes.extend((0..rows as u32).flat_map(u32::to_le_bytes));
    bytes
}

fn data(profile: &Profile, metric: &CubeMetric, order: &[usize]) -> Vec<u8> {
    let locations = profile.catalog().locations().len();
    let mut bytes = b"CUBEX.DATA".to_vec();
    for node in order {
        for location in 0..locations {
            bytes.extend(match &metric.value {
                Value::Whole(of) => of(profile, *node, location).to_le_bytes(),
                Value::Real(of) => of(profile, *node, location).to_le_bytes(),
            });
        }
    }
    bytes
}

fn anchor(profile: &Profile, metrics: &[CubeMetric]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cube version=\"4.4\">\n\
         <attr key=\"CubePL Version\" value=\"1.1\"/>\n<attr key=\"CUBE_CT_AGGR\" value=\"SUM\"/>\n",
    );
    let creator = concat!("hpc-profile ", env!("CARGO_PKG_VERSION"));
    // A `String` takes all that is written to it.
    let _ = writeln!(xml, "<attr key=\"Creator\" value=\"{creator}\"/>");
    xml.push_str("<doc><mirrors></mirrors></doc>\n<metrics>\n");
    for (id, metric) in metrics.iter().enumerate() {
        let kind = if metric.inclusive {
            "INCLUSIVE"
        } else {
            "EXCLUSIVE"
        };
        let _ = writeln!(
            xml,
            "<metric id=\"{id}\" type=\"{kind}\"><disp_name>{}</disp_name><uniq_name>{}</uniq_name>\
             <dtype>{}</dtype><uom>{}</uom><url></url><descr>{}</descr></metric>",
            escape(&metric.display),
            escape(&metric.name),
            metric.kind,
            escape(&metric.unit),
            escape(&metric.description),
        );
    }
    xml.push_str("</metrics>\n<program>\n");
    let program = Region {
        role: Role::Artificial,
        paradigm: Paradigm::Measurement,
        ..Region::named("program")
    };
    let regions = profile.catalog().regions();
    for (id, region) in regions.iter().chain([&program]).enumerate() {
        write_region(&mut xml, id, region);
    }
    write_paths(&mut xml, profile, regions.len());
    xml.push_str("</program>\n<system>\n");
    write_system(&mut xml, profile);
    xml.push_str("<topologies>\n</topologies>\n</system>\n</cube>\n");
    xml
}

fn write_region(xml: &mut String, id: usize, region: &Region) {
    let line = |line: u32| if line == 0 { -1 } else { i64::from(line) };
    let name = escape(&region.name);
    let _ = writeln!(
        xml,
        "<region id=\"{id}\" mod=\"{}\" begin=\"{}\" end=\"{}\"><name>{name}</name>\
         <mangled_name>{name}</mangled_name><paradigm>{}</paradigm><role>{}</role><url></url>\
         <descr>{}</descr></region>",
        escape(&region.file),
        line(region.line),
        line(region.end_line),
        region.paradigm.name(),
        region.role.name(),
        escape(&region.module),
    );
}

/// The call tree. A stack of its own, because paths may be deeper than that of the thread.
fn write_paths(xml: &mut String, profile: &Profile, program: usize) {
    enum Step {
        Begin(usize),
        End,
    }
    let mut regions = vec![program; profile.nodes().len()];
    let mut stack = vec![Step::Begin(0)];
    while let Some(step) = stack.pop() {
        let Step::Begin(node) = step else {
            xml.push_str("</cnode>\n");
            continue;
        };
        let path = &profile.nodes()[node];
        let mut parameter_of = None;
        regions[node] = match &path.frame {
            None => program,
            Some(Frame::Region(region)) => *region,
            Some(Frame::Value { parameter, value }) => {
                parameter_of = Some((parameter, value));
                regions[path.parent]
            }
        };
        let _ = write!(xml, "<cnode id=\"{node}\" calleeId=\"{}\">", regions[node]);
        if let Some((parameter, value)) = parameter_of {
            let kind = match value {
                ParameterValue::Int(_) => "numeric",
                ParameterValue::Text(_) => "string",
            };
            let _ = write!(
                xml,
                "<parameter partype=\"{kind}\" parkey=\"{}\" parvalue=\"{}\"/>",
                escape(parameter),
                escape(&value.to_string())
            );
        }
        stack.push(Step::End);
        stack.extend(path.children.iter().rev().map(|child| Step::Begin(*child)));
    }
}

/// Machine, hosts, processes and threads. Columns of values are in the order of threads here, which
/// is why a host is named again when its processes do not follow each other.
fn write_system(xml: &mut String, profile: &Profile) {
    let catalog = profile.catalog();
    xml.push_str("<systemtreenode Id=\"0\"><name>machine</name><class>machine</class>\n");
    let mut location = 0;
    let mut next_host = 1;
    let mut open: Option<&str> = None;
    for (number, process) in catalog.processes().iter().enumerate() {
        if open != Some(&process.host) {
            if open.is_some() {
                xml.push_str("</systemtreenode>\n");
            }
            let host = escape(&process.host);
            let _ = writeln!(
                xml,
                "<systemtreenode Id=\"{next_host}\"><name>{host}</name><class>node</class>"
            );
            next_host += 1;
            open = Some(&process.host);
        }
        let _ = writeln!(
            xml,
            "<locationgroup Id=\"{number}\"><name>{}</name><rank>{}</rank>\
             <type>process</type>",
            catalog.process_name(number),
            process.rank
        );
        for thread in catalog
            .locations()
            .iter()
            .filter(|one| one.recording == number)
        {
            let kind = match thread.kind {
                ThreadKind::Thread => "thread",
                ThreadKind::Stream => "accelerator stream",
            };
            let _ = writeln!(
                xml,
                "<location Id=\"{location}\"><name>{}</name><rank>{}</rank><type>{kind}</type>\
                 </location>",
                escape(&thread.name),
                thread.thread
            );
            location += 1;
        }
        xml.push_str("</locationgroup>\n");
    }
    if open.is_some() {
        xml.push_str("</systemtreenode>\n");
    }
    xml.push_str("</systemtreenode>\n");
}
