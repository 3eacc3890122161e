use super::Profile;

/// How well the work of a program is spread, after the POP methodology (Performance Optimisation
/// and Productivity Centre of Excellence, "POP Standard Metrics for Parallel Performance Analysis").
///
/// Time is useful outside of message passing. A location is a thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balance {
    /// Mean useful time over locations divided by the longest: 1 if all do the same.
    pub load_balance: f64,
    /// Longest useful time divided by the run time: 1 if the busiest never waits.
    pub communication_efficiency: f64,
    /// Their product: mean useful time divided by the run time.
    pub parallel_efficiency: f64,
    /// Nanoseconds from the beginning to the end: the time of the location that has most.
    pub run_time: f64,
}

impl Balance {
    /// The balance below a path (0 is the whole program), over the locations that were there;
    /// `None` if none was.
    pub fn of(profile: &Profile, node: usize) -> Option<Self> {
        let locations = profile.catalog().locations().len();
        let mut useful = vec![0.0; locations];
        let mut paths = vec![node];
        while let Some(path) = paths.pop() {
            let counts = &profile.nodes()[path].counts;
            if !profile.is_communication(path) {
                for (useful, counts) in useful.iter_mut().zip(counts) {
                    *useful += counts.exclusive;
                }
            }
            paths.extend(&profile.nodes()[path].children);
        }
        let totals = profile.nodes()[node]
            .counts
            .iter()
            .map(|counts| counts.inclusive);
        let there: Vec<(f64, f64)> = totals
            .zip(useful)
            .filter(|(total, _)| *total > 0.0)
            .collect();
        let run_time = there.iter().map(|(total, _)| *total).fold(0.0, f64::max);
        let longest = there.iter().map(|(_, useful)| *useful).fold(0.0, f64::max);
        let mean = there.iter().map(|(_, useful)| useful).sum::<f64>() / there.len() as f64;
        (longest > 0.0).then(|| Self {
            load_balance: mean / longest,
            communication_efficiency: longest / run_time,
            parallel_efficiency: mean / run_time,
            run_time,
        })
    }
}
