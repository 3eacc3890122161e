//! What is told of regions: parameters and metrics.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use hpc_profile::{Metric, MetricId, MetricMode, ParameterValue};

use super::local::Local;
use super::region::Site;
use super::session::is_enabled;

/// A value that a parameter can have: a whole number or text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value(ParameterValue);

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                match i64::try_from(value) {
                    Ok(value) => Self(ParameterValue::Int(value)),
                    Err(_) => Self(ParameterValue::Text(value.to_string())),
                }
            }
        }
    )*};
}

whole!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

macro_rules! text {
    ($($type:ty),*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self(ParameterValue::Text(value.to_string()))
            }
        }
    )*};
}

text!(bool, char, f32, f64, &str, &String, String);

/// Says that a parameter has a value from here to the end of the innermost open region: see
/// [`param!`](crate::param). Without effect outside of regions.
pub fn parameter(name: &str, value: impl Into<Value>) {
    if is_enabled() {
        set(name, &value.into());
    }
}

/// Not generic, so that it is compiled once and not in every cell.
fn set(name: &str, value: &Value) {
    Local::with(|local| {
        let recorder = &local.session.recorder;
        let parameter = recorder.define_parameter(name);
        local
            .writer
            .parameter(recorder.define_value(parameter, &value.0));
    });
}

/// Tells visits of the innermost region apart: from here to its end, what happens is counted for each
/// value of the parameter by itself. Values are whole numbers or text; there should not be too many
/// of them. Costs about 100 ns.
///
/// ```
/// use hpc::prelude::*;
/// for n in [10, 1000, 10] {
///     let _region = region!("make");
///     hpc::param!("n", n);
///     let _x = arange(0, n, 1);
/// }
/// assert_eq!(prof::report().get("make").unwrap().visits, 3);
/// assert_eq!(prof::report().get("make/n=10").unwrap().visits, 2);
/// ```
#[macro_export]
macro_rules! param {
    ($name:literal, $value:expr) => {
        $crate::prof::parameter($name, $value)
    };
}

/// A quantity of the user's: what [`metric!`](crate::metric) makes.
#[derive(Debug)]
pub struct Gauge {
    name: &'static str,
    unit: &'static str,
    id: OnceLock<MetricId>,
}

impl Gauge {
    /// A quantity with a name and the unit of its values.
    #[must_use]
    pub const fn new(name: &'static str, unit: &'static str) -> Self {
        Self {
            name,
            unit,
            id: OnceLock::new(),
        }
    }

    /// Records a value.
    pub fn record(&self, value: f64) {
        if !is_enabled() {
            return;
        }
        Local::with(|local| {
            let id = self.id.get_or_init(|| {
                local.session.recorder.define_metric(&Metric {
                    name: self.name.into(),
                    unit: self.unit.into(),
                    description: String::new(),
                    mode: MetricMode::Absolute,
                })
            });
            local.writer.metric_float(*id, value);
        });
    }
}

/// Records a value of a quantity, with its unit if it has one. How many values there were, their
/// mean, least and greatest are counted for each region; a trace has each of them.
///
/// ```
/// use hpc::prelude::*;
/// region!("solve", {
///     for residual in [0.5, 0.25] {
///         hpc::metric!("residual", residual);
///     }
///     hpc::metric!("flux", 3.0, "W/m2");
/// });
/// let report = prof::report();
/// let residual = &report.get("solve").unwrap().metrics[0];
/// assert_eq!((residual.name.as_str(), residual.count, residual.min), ("residual", 2, 0.25));
/// ```
#[macro_export]
macro_rules! metric {
    ($name:literal, $value:expr) => {
        $crate::metric!($name, $value, "")
    };
    ($name:literal, $value:expr, $unit:literal) => {{
        static GAUGE: $crate::prof::Gauge = $crate::prof::Gauge::new($name, $unit);
        GAUGE.record($value as f64)
    }};
}

/// A future that is in a region whenever it is at work: what `#[hpc::instrument]` makes of an `async`
/// function.
pub async fn instrumented<F: Future>(site: &'static Site, future: F) -> F::Output {
    let mut future: Pin<Box<F>> = Box::pin(future);
    std::future::poll_fn(move |context| {
        let _region = site.enter();
        future.as_mut().poll(context)
    })
    .await
}
