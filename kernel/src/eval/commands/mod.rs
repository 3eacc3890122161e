//! Lines that are meant for the notebook and not for the compiler.
//!
//! Lines in front of a cell's code that begin with `:`, `%`, `!` or `?` are commands; `%%name` in the
//! first line gives the rest of the cell to a command.

mod dependency;
mod profile;
mod scaling;
mod shell;
mod show;
mod timing;

use std::sync::Arc;

pub(super) use self::profile::Profiles;
pub(super) use self::shell::Surroundings;
use super::diagnostics::plain_error;
use super::{Evaluator, Times};
use crate::analysis::CommandList;
use crate::engine::{Cell, CellError, OutputSink};

/// What a command works with.
pub(super) struct Call<'a> {
    /// The name that the user wrote.
    name: &'a str,
    /// What follows its name in its line.
    arguments: &'a str,
    /// The cell that it stands in.
    cell: &'a Cell,
    /// Byte offset of what follows its line; of interest to commands with `%%`.
    rest: usize,
    sink: &'a Arc<dyn OutputSink>,
    times: &'a mut Times,
}

impl Call<'_> {
    fn body(&self) -> &str {
        &self.cell.code[self.rest..]
    }
}

type Work = fn(&mut Evaluator, &mut Call<'_>) -> Result<(), CellError>;

/// A command.
struct Command {
    /// Its names, the first of which is the one in lists.
    names: &'static [&'static str],
    /// What may follow it.
    arguments: &'static str,
    /// What it does.
    help: &'static str,
    work: Work,
}

/// Commands of one line.
const LINE: &[Command] = &[
    Command {
        names: &[":dep"],
        arguments: "NAME = \"VERSION\" | NAME = { … } | PATH",
        help: "makes a crate available, building it if need be",
        work: dependency::add,
    },
    Command {
        names: &[":show_deps"],
        arguments: "",
        help: "lists the crates that were made available",
        work: dependency::list,
    },
    Command {
        names: &[":opt"],
        arguments: "[0|1|2|3|s|z]",
        help: "sets the optimisation of the cells that follow; 2 is the default",
        work: Evaluator::set_opt_level,
    },
    Command {
        names: &["%who", "%whos", ":vars"],
        arguments: "",
        help: "lists the variables with their types and cells",
        work: show::variables,
    },
    Command {
        names: &[":items"],
        arguments: "",
        help: "lists the functions, types and imports that were defined",
        work: show::items,
    },
    Command {
        names: &[":type", ":t"],
        arguments: "VARIABLE",
        help: "shows the type of a variable",
        work: show::type_of,
    },
    Command {
        names: &["?", ":doc"],
        arguments: "NAME",
        help: "shows what is known of a name; `?name` and `name?` work too",
        work: show::documentation,
    },
    Command {
        names: &[":explain"],
        arguments: "CODE",
        help: "explains an error code of the compiler, such as E0382",
        work: show::explanation,
    },
    Command {
        names: &["%time"],
        arguments: "STATEMENTS",
        help: "runs statements and tells how long they took",
        work: timing::time_line,
    },
    Command {
        names: &["%timeit"],
        arguments: "STATEMENTS",
        help: "runs statements many times and tells how long one run takes",
        work: timing::repeat_line,
    },
    Command {
        names: &["%prof"],
        arguments: "[on|off|diff BEFORE AFTER]",
        help: "tells below each cell that follows what it used, or ends that; compares two profiles",
        work: profile::switch,
    },
    Command {
        names: &["%env", ":env"],
        arguments: "[NAME[=VALUE]]",
        help: "shows or sets variables of the environment of cells and shell commands",
        work: shell::environment,
    },
    Command {
        names: &["%cd"],
        arguments: "[FOLDER]",
        help: "changes the working folder of cells and shell commands; the home folder by default",
        work: shell::change_folder,
    },
    Command {
        names: &["%pwd"],
        arguments: "",
        help: "shows the working folder",
        work: shell::show_folder,
    },
    Command {
        names: &["!"],
        arguments: "COMMAND",
        help: "runs a command of the shell",
        work: shell::line,
    },
    Command {
        names: &[":clear", "%reset"],
        arguments: "",
        help: "forgets all variables, functions, types and imports",
        work: Evaluator::clear,
    },
    Command {
        names: &[":restart"],
        arguments: "",
        help: "starts the process that runs cells anew; functions and types stay, variables go",
        work: Evaluator::restart,
    },
    Command {
        names: &[":version"],
        arguments: "",
        help: "shows the versions of the kernel and the compiler",
        work: show::version,
    },
    Command {
        names: &[":help", "%lsmagic", "%quickref"],
        arguments: "",
        help: "shows this list",
        work: show::help,
    },
];

/// Commands that take the rest of the cell.
const CELL: &[Command] = &[
    Command {
        names: &["%%time"],
        arguments: "",
        help: "runs the cell and tells how long it took",
        work: timing::time_cell,
    },
    Command {
        names: &["%%timeit"],
        arguments: "",
        help: "runs the cell many times and tells how long one run takes",
        work: timing::repeat_cell,
    },
    Command {
        names: &["%%prof"],
        arguments: "[--trace] [--memory] [--live] [--top N] [--sort ORDER] [--as NAME] [--diff NAME] [--export FILE]",
        help: "runs the cell and shows where its time went",
        work: profile::cell,
    },
    Command {
        names: &["%%scaling"],
        arguments: "p=1,2,4 [--runs N]",
        help: "runs the cell with several numbers of threads and shows how its time depends on them",
        work: scaling::cell,
    },
    Command {
        names: &["%%opt"],
        arguments: "0|1|2|3|s|z",
        help: "compiles this cell with that optimisation",
        work: Evaluator::run_with_opt_level,
    },
    Command {
        names: &["%%bash", "%%sh"],
        arguments: "",
        help: "runs the cell with bash",
        work: shell::script,
    },
    Command {
        names: &["%%writefile", "%%file"],
        arguments: "[-a] FILE",
        help: "writes the cell to a file, or appends it with -a",
        work: shell::write_file,
    },
    Command {
        names: &["%%capture"],
        arguments: "[VARIABLE]",
        help: "runs the cell without showing its output; what it printed is kept in the variable",
        work: shell::capture,
    },
    Command {
        names: &["%%html", "%%markdown", "%%latex", "%%svg"],
        arguments: "",
        help: "shows the cell as HTML, Markdown, LaTeX or SVG",
        work: show::markup,
    },
];

/// All names of commands that are not signs, and what they do.
pub(super) fn list() -> CommandList {
    let commands = LINE.iter().chain(CELL);
    commands
        .flat_map(|command| command.names.iter().map(|name| (*name, command.help)))
        .filter(|(name, _)| name.starts_with([':', '%']))
        .collect()
}

/// A line in front of a cell's code.
struct Line<'a> {
    command: &'static Command,
    /// The name that the user wrote.
    name: &'a str,
    arguments: &'a str,
    /// Byte offset of the next line.
    end: usize,
}

impl Evaluator {
    /// Does what the lines in front of a cell's code ask for. Returns the byte offset at which the
    /// code begins, or `None` when there is none.
    pub(super) fn obey(
        &mut self,
        cell: &Cell,
        start: usize,
        sink: &Arc<dyn OutputSink>,
        times: &mut Times,
    ) -> Result<Option<usize>, CellError> {
        let mut at = start;
        loop {
            let Some(line) = next_line(&cell.code, at)? else {
                let rest = &cell.code[at..];
                let is_blank = |line: &str| line.trim().is_empty() || line.trim().starts_with("//");
                return Ok(Some(at).filter(|_| !rest.lines().all(is_blank)));
            };
            let takes_all = line.name.starts_with("%%");
            let mut call = Call {
                name: line.name,
                arguments: line.arguments,
                cell,
                rest: line.end,
                sink,
                times,
            };
            (line.command.work)(self, &mut call)?;
            if takes_all {
                return Ok(None);
            }
            at = line.end;
        }
    }
}

/// The command that comes next in a cell, if code does not come first.
fn next_line(code: &str, start: usize) -> Result<Option<Line<'_>>, CellError> {
    let mut end = start;
    for line in code[start..].split_inclusive('\n') {
        end += line.len();
        let text = line.trim();
        if text.is_empty() || text.starts_with("//") {
            continue;
        }
        return command(text, end);
    }
    Ok(None)
}

fn command(text: &str, end: usize) -> Result<Option<Line<'_>>, CellError> {
    // These need no blank behind them.
    for sign in ["!", "?"] {
        if let Some(arguments) = text.strip_prefix(sign) {
            return Ok(Line::new(LINE, sign, arguments, end));
        }
    }
    let in_name = |c: char| c.is_alphanumeric() || "_:!".contains(c);
    if let Some(name) = text.strip_suffix('?')
        && !name.is_empty()
        && name.chars().all(in_name)
    {
        return Ok(Line::new(LINE, "?", name, end));
    }
    if text.starts_with("::") || !text.starts_with([':', '%']) {
        return Ok(None);
    }
    let (name, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let list = if name.starts_with("%%") { CELL } else { LINE };
    Line::new(list, name, arguments, end)
        .map(Some)
        .ok_or_else(|| {
            let text = format!("there is no command `{name}`; `:help` lists them");
            plain_error("CommandError", &text)
        })
}

impl<'a> Line<'a> {
    fn new(
        list: &'static [Command],
        name: &'a str,
        arguments: &'a str,
        end: usize,
    ) -> Option<Self> {
        Some(Self {
            command: find(list, name)?,
            name,
            arguments: arguments.trim(),
            end,
        })
    }
}

/// Finds a command by one of its names. Whether a line begins with `:` or `%` is a matter of habit.
fn find(list: &'static [Command], name: &str) -> Option<&'static Command> {
    let plain = |name: &str| name.trim_start_matches([':', '%']).to_owned();
    list.iter().find(|command| {
        command.names.contains(&name)
            || name.starts_with([':', '%'])
                && command
                    .names
                    .iter()
                    .any(|known| known.starts_with([':', '%']) && plain(known) == plain(name))
    })
}

impl Evaluator {
    fn set_opt_level(&mut self, call: &mut Call<'_>) -> Result<(), CellError> {
        self.compilation.opt_level = opt_level(call.arguments)?;
        Ok(())
    }

    fn run_with_opt_level(&mut self, call: &mut Call<'_>) -> Result<(), CellError> {
        let before = std::mem::replace(&mut self.compilation.opt_level, opt_level(call.arguments)?);
        let ran = self.run_from(call.cell, call.rest, call.sink, call.times);
        self.compilation.opt_level = before;
        ran
    }

    fn clear(&mut self, call: &mut Call<'_>) -> Result<(), CellError> {
        self.restart(call)?;
        self.compilation.clear();
        Ok(())
    }

    fn restart(&mut self, _call: &mut Call<'_>) -> Result<(), CellError> {
        self.compilation.lose_variables();
        self.restart_host()
            .map_err(|error| plain_error("InternalError", &format!("{error:#}")))?;
        self.restore_surroundings()
    }
}

fn opt_level(argument: &str) -> Result<String, CellError> {
    match argument {
        "0" | "1" | "2" | "3" | "s" | "z" => Ok(argument.to_owned()),
        "" => Ok(super::compile::OPT_LEVEL.to_owned()),
        _ => Err(plain_error(
            "CommandError",
            &format!("`{argument}` is no level of optimisation: use 0, 1, 2, 3, s or z"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::next_line;

    fn names(code: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Ok(Some(line)) = next_line(code, at) {
            found.push((line.command.names[0].to_owned(), line.arguments.to_owned()));
            at = line.end;
        }
        found
    }

    #[test]
    fn commands_stand_in_front_of_the_code() {
        let found =
            names(":vars\n\n// note\n!ls -l\n%dep a = \"1\"\nVec::new?\n?x\nlet a = 1;\n:opt 3");
        let wanted = [
            ("%who", ""),
            ("!", "ls -l"),
            (":dep", "a = \"1\""),
            ("?", "Vec::new"),
            ("?", "x"),
        ];
        assert_eq!(found, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn code_is_not_taken_for_a_command() {
        for code in ["::std::process::id()", "f()?", "x % 3", "-1", "read(a)?"] {
            assert!(names(code).is_empty(), "{code}");
        }
        assert!(next_line("%nothing", 0).is_err());
        assert!(next_line("%%time\n1", 0).unwrap().is_some());
    }
}
