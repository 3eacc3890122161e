use std::collections::BTreeMap;

use serde::Serialize;

use super::TimeLimit;

/// The columns asked of `sinfo`: name, availability, time limit, nodes by state, CPUs and memory
/// per node, generic resources.
pub(super) const FORMAT: &str = "%P|%a|%l|%F|%c|%m|%G";

/// One partition, summed up over its groups of equal nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Whether jobs go there when they name none.
    pub default: bool,
    /// Whether it takes jobs.
    pub up: bool,
    /// The longest wall time.
    pub time_limit: TimeLimit,
    /// Nodes in all.
    pub nodes: u32,
    /// Nodes without any job.
    pub idle_nodes: u32,
    /// CPUs of its largest node.
    pub cpus_per_node: u32,
    /// Memory of its largest node, in megabytes.
    pub megabytes_per_node: u64,
    /// GPUs of its largest node by type; the empty type is "any".
    pub gpus_per_node: BTreeMap<String, u32>,
}

/// The partitions of an answer of `sinfo`, in its order. A line of another shape is left out.
pub(super) fn parse_partitions(text: &str) -> Vec<Partition> {
    let mut partitions: Vec<Partition> = Vec::new();
    for group in text.lines().filter_map(parse_line) {
        match partitions.iter_mut().find(|known| known.name == group.name) {
            None => partitions.push(group),
            Some(known) => {
                known.nodes += group.nodes;
                known.idle_nodes += group.idle_nodes;
                known.cpus_per_node = known.cpus_per_node.max(group.cpus_per_node);
                known.megabytes_per_node = known.megabytes_per_node.max(group.megabytes_per_node);
                for (kind, count) in group.gpus_per_node {
                    let most = known.gpus_per_node.entry(kind).or_default();
                    *most = count.max(*most);
                }
            }
        }
    }
    partitions
}

fn parse_line(line: &str) -> Option<Partition> {
    let columns: Vec<&str> = line.split('|').collect();
    let &[name, available, limit, nodes, cpus, megabytes, resources] = columns.as_slice() else {
        return None;
    };
    let (name, default) = name
        .strip_suffix('*')
        .map_or((name, false), |name| (name, true));
    let by_state: Vec<u32> = nodes
        .split('/')
        .map(|count| count.parse().ok())
        .collect::<Option<_>>()?;
    let &[_, idle, _, total] = by_state.as_slice() else {
        return None;
    };
    // A `+` says that some nodes of the group have more.
    let least = |text: &str| text.trim_end_matches('+').parse::<u64>().ok();
    Some(Partition {
        name: (!name.is_empty()).then(|| name.to_owned())?,
        default,
        up: available == "up",
        time_limit: TimeLimit::printed(limit)?,
        nodes: total,
        idle_nodes: idle,
        cpus_per_node: least(cpus)?.try_into().ok()?,
        megabytes_per_node: least(megabytes)?,
        gpus_per_node: gpus(resources),
    })
}

/// The GPUs of `gpu:a100:4(S:0-1),gpu:2,nvme:1`.
fn gpus(resources: &str) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    for resource in resources.split(',') {
        let resource = resource.split('(').next().unwrap_or_default();
        let parts: Vec<&str> = resource.split(':').collect();
        let (kind, count) = match parts.as_slice() {
            ["gpu", count] => ("", *count),
            ["gpu", kind, count] => (*kind, *count),
            _ => continue,
        };
        if let Ok(count) = count.parse::<u32>() {
            *found.entry(kind.to_owned()).or_default() += count;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_a_partition_are_summed_up() {
        let text = "debug*|up|1:00:00|0/2/0/2|2|4000|gpu:1\n\
                    big|up|infinite|3/1/0/4|64+|256000+|gpu:a100:4(S:0-1),nvme:1\n\
                    big|up|infinite|0/0/1/1|128|512000|(null)\n\
                    old|down|1-00:00:00|0/0/0/0|1|1|(null)\n\
                    garbage\n<b>|up|x|y\n";
        let partitions = parse_partitions(text);
        assert_eq!(partitions.len(), 3);
        let debug = &partitions[0];
        assert!(debug.default && debug.up);
        assert_eq!(debug.time_limit, TimeLimit::Seconds(3_600));
        assert_eq!(debug.gpus_per_node.get(""), Some(&1));
        let big = &partitions[1];
        assert_eq!((big.nodes, big.idle_nodes, big.cpus_per_node), (5, 1, 128));
        assert_eq!(big.gpus_per_node.get("a100"), Some(&4));
        assert_eq!(big.time_limit, TimeLimit::Unlimited);
        assert!(!partitions[2].up);
    }
}
