use super::Failure;
use crate::config::Config;
use crate::doctor::{Finding, Level, examine};

const EXAMPLES: &str = "\
Examples:
  ferrolab doctor           what works here, and what to do about the rest
  ferrolab doctor --json    the same for programs

The exit code is 1 when something is missing that every notebook needs.";

/// Check that everything is there.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::of_person().map_err(Failure::input)?;
    let findings = examine(&config);
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&findings).map_err(Failure::run)?
        );
    } else {
        for finding in &findings {
            print!("{}", lines(finding));
        }
    }
    let missing = findings
        .iter()
        .any(|finding| finding.level == Level::Missing);
    if missing {
        Err(Failure::Reported)
    } else {
        Ok(())
    }
}

fn lines(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Ok => "ok",
        Level::Warn => "warn",
        Level::Missing => "missing",
    };
    let mut text = format!("{level:<8}{:<16}{}\n", finding.name, finding.found);
    if let Some(advice) = &finding.advice {
        text.extend([" ".repeat(24).as_str(), "→ ", advice, "\n"]);
    }
    text
}
