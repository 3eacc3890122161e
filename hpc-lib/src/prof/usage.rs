//! What a cell used of the machine, as metrics of its region.

use std::sync::OnceLock;

use hpc_profile::{Metric, MetricId, MetricMode, ProcessUse};

use super::local::Local;

/// Names and units of the metrics.
const METRICS: [(&str, &str, &str); 5] = [
    (
        "page faults",
        "",
        "pages that were reached for the first time",
    ),
    (
        "major page faults",
        "",
        "pages that had to be read from a disk",
    ),
    (
        "voluntary context switches",
        "",
        "how often a thread waited",
    ),
    (
        "involuntary context switches",
        "",
        "how often another was given a thread's processor",
    ),
    ("resident memory", "B", "what the process had at the end"),
];

/// Records what the process used since `before`, in the innermost region.
pub(super) fn record(local: &Local, before: &ProcessUse) {
    static IDS: OnceLock<[MetricId; METRICS.len()]> = OnceLock::new();
    let ids = IDS.get_or_init(|| {
        METRICS.map(|(name, unit, description)| {
            local.session.recorder.define_metric(&Metric {
                name: name.into(),
                unit: unit.into(),
                description: description.into(),
                mode: MetricMode::Absolute,
            })
        })
    });
    let now = ProcessUse::now();
    let values = [
        now.minor_faults.saturating_sub(before.minor_faults),
        now.major_faults.saturating_sub(before.major_faults),
        now.voluntary_switches
            .saturating_sub(before.voluntary_switches),
        now.involuntary_switches
            .saturating_sub(before.involuntary_switches),
        now.resident,
    ];
    for (id, value) in ids.iter().zip(values) {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        local.writer.metric_int(*id, value);
    }
}
