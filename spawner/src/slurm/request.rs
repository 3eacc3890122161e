use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::TimeLimit;

/// Longest name of a partition, account, QOS or reservation.
const LONGEST_LABEL: usize = 64;
/// Longest constraint expression.
const LONGEST_CONSTRAINT: usize = 256;
/// More nodes, tasks or CPUs than any machine has.
const LARGEST_COUNT: u32 = 1_000_000;

/// A value that a job may not ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidRequest {
    /// The field, as it is called in forms and on the command line.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub problem: String,
}

/// What a person typed or sent, before it is checked. Empty text counts as "not given";
/// an unknown field is refused when this is read from JSON.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRequest {
    /// Name of the partition.
    pub partition: Option<Scalar>,
    /// Number of nodes.
    pub nodes: Option<Scalar>,
    /// Number of tasks in all.
    pub ntasks: Option<Scalar>,
    /// CPUs for each task.
    pub cpus_per_task: Option<Scalar>,
    /// GPUs in all: `2` or `a100:2`.
    pub gpus: Option<Scalar>,
    /// Memory per node: `4000` (MB), `4G`.
    pub mem: Option<Scalar>,
    /// Wall time.
    pub time: Option<Scalar>,
    /// Account to charge.
    pub account: Option<Scalar>,
    /// Quality of service.
    pub qos: Option<Scalar>,
    /// Reservation to run in.
    pub reservation: Option<Scalar>,
    /// Features the nodes must have.
    pub constraint: Option<Scalar>,
}

/// A JSON string or whole number; anything else is refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a text or a whole number")]
pub enum Scalar {
    /// A string.
    Text(String),
    /// A whole number.
    Number(i64),
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Scalar {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

/// What a job asks for. A value of this type holds nothing but checked values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// Name of the partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<Label>,
    /// Number of nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u32>,
    /// Number of tasks in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ntasks: Option<u32>,
    /// CPUs for each task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus_per_task: Option<u32>,
    /// GPUs in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpus: Option<Gpus>,
    /// Memory per node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mem: Option<Memory>,
    /// Wall time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeLimit>,
    /// Account to charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Label>,
    /// Quality of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qos: Option<Label>,
    /// Reservation to run in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservation: Option<Label>,
    /// Features the nodes must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<Constraint>,
}

impl RawRequest {
    /// Checks every field.
    ///
    /// # Errors
    /// The first field that does not have the allowed form.
    pub fn check(self) -> Result<Request, InvalidRequest> {
        Ok(Request {
            partition: parse("partition", self.partition)?,
            nodes: count("nodes", self.nodes)?,
            ntasks: count("ntasks", self.ntasks)?,
            cpus_per_task: count("cpus_per_task", self.cpus_per_task)?,
            gpus: parse::<Gpus>("gpus", self.gpus)?.filter(|gpus| gpus.count > 0),
            mem: parse("mem", self.mem)?,
            time: parse("time", self.time)?,
            account: parse("account", self.account)?,
            qos: parse("qos", self.qos)?,
            reservation: parse("reservation", self.reservation)?,
            constraint: parse("constraint", self.constraint)?,
        })
    }
}

fn parse<T>(field: &'static str, value: Option<Scalar>) -> Result<Option<T>, InvalidRequest>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    let text = match value {
        None => return Ok(None),
        Some(Scalar::Text(text)) if text.is_empty() => return Ok(None),
        Some(Scalar::Text(text)) => text,
        Some(Scalar::Number(number)) => number.to_string(),
    };
    match text.parse() {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(InvalidRequest {
            field,
            problem: T::Err::to_string(&error),
        }),
    }
}

fn count(field: &'static str, value: Option<Scalar>) -> Result<Option<u32>, InvalidRequest> {
    Ok(parse::<Count>(field, value)?.map(|count| count.0))
}

struct Count(u32);

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        whole_number(text)
            .filter(|&number| number > 0)
            .map(Self)
            .ok_or_else(|| {
                format!(
                    "{:?} is not a whole number from 1 to {LARGEST_COUNT}",
                    brief(text)
                )
            })
    }
}

fn whole_number(text: &str) -> Option<u32> {
    let plain = (1..=7).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain
        .then(|| text.parse().ok())
        .flatten()
        .filter(|&number| number <= LARGEST_COUNT)
}

/// The start of a text, short enough for a message.
fn brief(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The form that names of partitions, accounts, QOS and reservations have: letters, digits, `_`,
/// `.` and `-`, not starting with `-` or `.`, at most 64.
fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_LABEL
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        && !text.starts_with(['-', '.'])
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $accepts:expr, $problem:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(format!("{:?} is not allowed: {}", brief(text), $problem))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_newtype! {
    /// Name of a partition, account, QOS or reservation.
    Label,
    is_label,
    "use letters, digits, `_`, `.` and `-`, at most 64, not starting with `-`"
}

text_newtype! {
    /// An expression over node features, such as `gpu&(a100|h100)`.
    Constraint,
    |text| {
        (1..=LONGEST_CONSTRAINT).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.&|*,[]()-:=".contains(&byte))
            && !text.starts_with('-')
    },
    "use names of features joined by `&`, `|` and brackets"
}

text_newtype! {
    /// When a job may start at the earliest: `16:00`, `2026-12-01T20:00`, `now+2hours`, `tomorrow`.
    Begin,
    |text| {
        (1..=40).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":+-/".contains(&byte))
            && !text.starts_with('-')
    },
    "use a time such as 16:00, 2026-12-01T20:00 or now+2hours"
}

/// Memory per node in megabytes; 0 is all that the node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Memory {
    /// Megabytes.
    pub megabytes: u64,
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{:?} is not an amount of memory (such as 4000M, 16G or 1T)",
                brief(text)
            )
        };
        let (digits, unit) = match text.as_bytes().last() {
            Some(b'M' | b'm') => (&text[..text.len() - 1], 1),
            Some(b'G' | b'g') => (&text[..text.len() - 1], 1 << 10),
            Some(b'T' | b't') => (&text[..text.len() - 1], 1 << 20),
            _ => (text, 1),
        };
        let amount = whole_number(digits).ok_or_else(wrong)?;
        Ok(Self {
            megabytes: u64::from(amount) * unit,
        })
    }
}

impl TryFrom<String> for Memory {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Memory> for String {
    fn from(value: Memory) -> Self {
        value.to_string()
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}M", self.megabytes)
    }
}

/// A number of GPUs, of any type or of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gpus {
    /// The type, when it matters.
    pub kind: Option<Label>,
    /// How many.
    pub count: u32,
}

impl FromStr for Gpus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{:?} is not a number of GPUs (such as 2 or a100:2)",
                brief(text)
            )
        };
        let (kind, number) = match text.split_once(':') {
            Some((kind, number)) => (Some(kind.parse().map_err(|_| wrong())?), number),
            None => (None, text),
        };
        Ok(Self {
            kind,
            count: whole_number(number).ok_or_else(wrong)?,
        })
    }
}

impl TryFrom<String> for Gpus {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Gpus> for String {
    fn from(value: Gpus) -> Self {
        value.to_string()
    }
}

impl fmt::Display for Gpus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = &self.kind {
            write!(formatter, "{kind}:")?;
        }
        write!(formatter, "{}", self.count)
    }
}

impl Request {
    /// The options of `sbatch` and `srun`, each one argument of the form `--name=value`.
    #[must_use]
    pub fn options(&self) -> Vec<String> {
        let mut options = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            options.extend(value.map(|value| format!("--{name}={value}")));
        };
        add("partition", self.partition.as_ref().map(Label::to_string));
        add("nodes", self.nodes.map(|count| count.to_string()));
        add("ntasks", self.ntasks.map(|count| count.to_string()));
        add(
            "cpus-per-task",
            self.cpus_per_task.map(|count| count.to_string()),
        );
        add("gpus", self.gpus.as_ref().map(Gpus::to_string));
        add("mem", self.mem.map(|memory| memory.to_string()));
        add("time", self.time.map(|limit| limit.to_string()));
        add("account", self.account.as_ref().map(Label::to_string));
        add("qos", self.qos.as_ref().map(Label::to_string));
        add(
            "reservation",
            self.reservation.as_ref().map(Label::to_string),
        );
        add(
            "constraint",
            self.constraint.as_ref().map(Constraint::to_string),
        );
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str) -> Result<Request, String> {
        let raw: RawRequest = serde_json::from_str(json).map_err(|error| error.to_string())?;
        raw.check().map_err(|error| error.to_string())
    }

    #[test]
    fn a_full_request_becomes_single_arguments() {
        let request = check(
            r#"{"partition": "debug", "nodes": 2, "ntasks": "4", "cpus_per_task": 1, "gpus": "a100:2",
                "mem": "4G", "time": "1:00:00", "account": "phys", "qos": "normal",
                "reservation": "", "constraint": "ib&(a|b)"}"#,
        )
        .unwrap();
        assert_eq!(
            request.options().join(" "),
            "--partition=debug --nodes=2 --ntasks=4 --cpus-per-task=1 --gpus=a100:2 --mem=4096M \
             --time=0-01:00:00 --account=phys --qos=normal --constraint=ib&(a|b)"
        );
    }

    #[test]
    fn hostile_text_is_refused_in_every_field() {
        let long = "a".repeat(1 << 20);
        let hostile = [
            "a\nb",
            "a\r",
            "#SBATCH --uid=0",
            "{{ x }}",
            "{% x %}",
            "$(id)",
            "`id`",
            "a'b",
            "a\"b",
            "a\0b",
            "a\u{2028}b",
            "-a",
            "--uid=root",
            "a --uid=root",
            "a;b",
            "a b",
            "<script>",
            "ä",
            &long,
        ];
        for field in [
            "partition",
            "nodes",
            "ntasks",
            "cpus_per_task",
            "gpus",
            "mem",
            "time",
            "account",
            "qos",
            "reservation",
            "constraint",
        ] {
            for text in hostile {
                let json = serde_json::json!({ field: text }).to_string();
                let error = check(&json).unwrap_err();
                assert!(error.len() < 300, "{} letters", error.len());
            }
        }
    }

    #[test]
    fn wrong_types_and_unknown_keys_are_refused() {
        for json in [
            r#"{"nodes": 1.5}"#,
            r#"{"nodes": true}"#,
            r#"{"nodes": [1]}"#,
            r#"{"nodes": {}}"#,
            r#"{"nodes": -1}"#,
            r#"{"nodes": 0}"#,
            r#"{"nodes": 1000000000}"#,
            r#"{"time": -5}"#,
            r#"{"time": "NaN"}"#,
            r#"{"uid": "root"}"#,
            r#"{"cmd": ["id"]}"#,
            r#"{"mem": "-1"}"#,
            r#"{"gpus": "gpu:a100:2"}"#,
        ] {
            assert!(check(json).is_err(), "{json}");
        }
    }

    #[test]
    fn no_gpus_is_no_option() {
        assert_eq!(
            check(r#"{"gpus": "0"}"#).unwrap().options(),
            Vec::<String>::new()
        );
        assert_eq!(check("{}").unwrap(), Request::default());
    }

    #[test]
    fn a_request_survives_its_file() {
        let request =
            check(r#"{"partition": "p", "mem": "2G", "gpus": "a:1", "time": "5"}"#).unwrap();
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request);
        // The hub sends back what it was given by `check`.
        assert_eq!(check(&text).unwrap(), request);
    }
}
