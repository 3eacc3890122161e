//! From a cell to a shared object, with as many runs of the compiler as it takes: one, as a rule.
//!
//! What cannot be seen in the text is learnt from the compiler's complaints: that a variable was
//! moved and cannot be kept, or by what public path a type is called.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use ferrolab_cell::{
    Lost, Mark, Nameable, NewVariable, Notebook, Parsed, Place, Plan, Program, Source, TypeNames,
    Variable,
};
use hpc_channel::CellEnd;

use super::Times;
use super::diagnostics::{self, Diagnostic, compile_error, plain_error};
use super::guesses::Guesses;
use super::sources::Sources;
use super::stopped_before_it_ran;
use crate::build::{Compiler, Crate, Externs, Running, SharedCrates, Step};
use crate::debug::Debugger;
use crate::engine::CellError;
use crate::layout::Layout;

/// Optimisation of cells. A trivial cell costs the same at all levels, and loops and iterators of
/// the user's own are part of the work, not a sketch of it.
pub(super) const OPT_LEVEL: &str = "2";

/// Runs of the compiler for one cell, at most.
const MAX_RUNS: usize = 6;

/// Everything that is known between cells of how to compile the next one.
pub(super) struct Compilation {
    compiler: Compiler,
    pub(super) notebook: Notebook,
    /// The crate with the notebook's items, if there are any.
    library: Option<PathBuf>,
    /// The version of the crates that it was compiled with.
    library_version: u64,
    /// Whether it was compiled for a debugger.
    library_debug: bool,
    /// Whether cells are compiled for a debugger now.
    debug: bool,
    debugger: Option<Arc<Debugger>>,
    /// Shared objects by what they do.
    known: HashMap<Key, Code>,
    pub(super) sources: Arc<Sources>,
    pub(super) opt_level: String,
}

/// All that a shared object depends on.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    program: u64,
    edition: u64,
    crates: Vec<(String, PathBuf)>,
    crates_version: u64,
    opt_level: String,
}

/// A function in a shared object.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) file: PathBuf,
    pub(super) function: String,
}

/// A cell that can run.
pub(super) struct Ready {
    /// `None` when the cell only defines things.
    pub(super) code: Option<Code>,
    /// Variables of types that the cell defines anew.
    pub(super) lost: Vec<String>,
    /// What the compiler warns of, rendered.
    pub(super) warnings: Vec<String>,
    /// What is out of force because it does not agree with what the cell defines anew.
    pub(super) retired: Vec<String>,
    /// Variables of the cell's own that it moves.
    not_stored: BTreeSet<String>,
    /// Variables of earlier cells that this one moves.
    moved: BTreeSet<String>,
}

/// What was learnt about a cell from the compiler.
#[derive(Default)]
struct Lessons {
    not_stored: BTreeSet<String>,
    not_put_back: BTreeSet<String>,
    can_fail: bool,
    awaits: bool,
    guesses: Guesses,
}

impl Compilation {
    pub(super) fn new(
        layout: &Layout,
        folder: PathBuf,
        running: Arc<Running>,
        debugger: Option<Arc<Debugger>>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            sources: Arc::new(Sources::below(&folder)),
            compiler: Compiler::new(layout, folder, running)?,
            notebook: Notebook::default(),
            library: None,
            library_version: 0,
            library_debug: false,
            debug: false,
            debugger,
            known: HashMap::new(),
            opt_level: OPT_LEVEL.to_owned(),
        })
    }

    /// Times the parts of the compiler's runs, or not.
    pub(super) fn time_parts(&mut self, is_timed: bool) {
        self.compiler.time_parts(is_timed);
    }

    /// Compiles a cell, unless it was before. What it defines is in force afterwards.
    pub(super) fn prepare(
        &mut self,
        parsed: &Parsed,
        number: u32,
        externs: &Externs,
        times: &mut Times,
    ) -> Result<Ready, CellError> {
        self.follow_debugger();
        let mut notebook = self.notebook.clone();
        let lost = notebook.define(parsed);
        let is_outdated = self.library.is_some()
            && (self.library_version != externs.version || self.library_debug != self.debug);
        let defines = is_outdated || notebook.edition() != self.notebook.edition();
        let mut cell = parsed.clone();
        let mut lessons = Lessons::default();
        let mut retired = Vec::new();
        let extern_crates = externs.shared.as_ref().map(SharedCrates::line);
        for run in 1.. {
            cell.can_fail |= lessons.can_fail;
            cell.awaits |= lessons.awaits;
            let planned = Instant::now();
            let plan = Plan {
                notebook: &notebook,
                cell: &cell,
                defines,
                not_stored: &lessons.not_stored,
                not_put_back: &lessons.not_put_back,
                block_on: block_on(externs),
                extern_crates: extern_crates.as_deref().unwrap_or_default(),
            };
            let program = plan.program();
            let key = self.key(&program, &notebook, externs);
            let known = self.known.get(&key).cloned();
            let known = known.filter(|_| !parsed.reads_files());
            times.steps.push(Step::since("plan", planned));
            if known.is_some() || !(program.function.is_some() || program.is_edition) {
                self.notebook = notebook;
                return Ok(Ready {
                    code: known,
                    lost,
                    warnings: Vec::new(),
                    retired,
                    not_stored: lessons.not_stored,
                    moved: lessons.not_put_back,
                });
            }
            let compiled = self
                .compiler
                .compile(Crate {
                    source: program.source.code(),
                    is_edition: program.is_edition,
                    runs: program.function.is_some(),
                    cells: self.library.as_deref().filter(|_| program.needs_cells),
                    externs,
                    opt_level: &self.opt_level,
                    debug: self.debug,
                })
                .map_err(|error| plain_error("InternalError", &format!("{error:#}")))?
                .map_err(|_| stopped_before_it_ran())?;
            times.rustc += compiled.time;
            times.steps.extend(compiled.steps);
            let said = diagnostics::read(&compiled.messages);
            if !compiled.success {
                let learnt = run < MAX_RUNS
                    && lessons.learn(&said, &program.source, &mut notebook.type_names);
                if learnt {
                    continue;
                }
                let outdated = outdated(&said, &program.source, number);
                if defines && run < MAX_RUNS && !outdated.is_empty() {
                    retired.extend(outdated.iter().filter_map(|place| notebook.retire(place)));
                    continue;
                }
                let (said, notes) = self.explain(said, &program.source);
                return Err(compile_error(&said, &program.source, &notes));
            }
            let code = compiled
                .shared_object
                .zip(program.function.clone())
                .map(|(file, function)| Code { file, function });
            if let Some(code) = &code {
                self.remember(key, &plan, externs, code);
            }
            if compiled.library.is_some() {
                self.library.clone_from(&compiled.library);
                self.library_version = externs.version;
                self.library_debug = self.debug;
            }
            let kept = parsed.variables.iter().map(|new| new.at).collect();
            let warnings = diagnostics::warnings(&said, &program.source, number, &kept);
            if let Some(debugger) = self.debugger.as_ref().filter(|_| self.debug) {
                debugger.compiled(&compiled.file, &program.source);
            }
            self.sources.insert(compiled.file, program.source);
            self.notebook = notebook;
            return Ok(Ready {
                code,
                lost,
                warnings,
                retired,
                not_stored: lessons.not_stored,
                moved: lessons.not_put_back,
            });
        }
        Err(plain_error("InternalError", "the compiler was not run"))
    }

    /// Compiles for the debugger while a session with it is on. What was compiled otherwise is not used
    /// then, nor what was compiled for it afterwards.
    fn follow_debugger(&mut self) {
        let debug = self
            .debugger
            .as_ref()
            .is_some_and(|debugger| debugger.is_on());
        if self.debug != debug {
            self.debug = debug;
            self.known.clear();
        }
    }

    fn key(&self, program: &Program, notebook: &Notebook, externs: &Externs) -> Key {
        Key {
            program: program.fingerprint(),
            edition: notebook.edition(),
            crates: externs.crates.clone(),
            crates_version: externs.version,
            opt_level: self.opt_level.clone(),
        }
    }

    /// Remembers what does the work of a cell. When the cell is run again, what it defined is in
    /// force already, and its program is another one that does the same.
    fn remember(&mut self, key: Key, plan: &Plan<'_>, externs: &Externs, code: &Code) {
        let again = Plan {
            defines: false,
            ..*plan
        };
        let key_again = self.key(&again.program(), plan.notebook, externs);
        self.known.insert(key_again, code.clone());
        self.known.insert(key, code.clone());
    }

    /// Says what became of variables that the compiler does not find, in the place of its guesses.
    fn explain(
        &self,
        mut said: Vec<Diagnostic>,
        source: &Source,
    ) -> (Vec<Diagnostic>, Vec<String>) {
        let mut notes = Vec::new();
        for diagnostic in &mut said {
            if !self.notebook.item_names().any(|name| name == "Array") {
                diagnostic.help_with_arrays();
            }
            let note = match diagnostic.mark(source) {
                Some(Mark::Load(name)) if diagnostic.is_error() => Some(format!(
                    "the type of the variable `{name}` has no name that other cells can use; write a \
                     type at its `let`, such as `let {name}: fn(f64) -> f64 = …;` for a function"
                )),
                // Not there, or only something else of that name, such as a macro.
                _ if matches!(diagnostic.code(), "E0425" | "E0423") => {
                    let name = diagnostic.message.split('`').nth(1);
                    name.and_then(|name| self.what_became_of(name))
                }
                _ => None,
            };
            let Some(note) = note else {
                continue;
            };
            if !notes.contains(&note) {
                notes.push(note);
            }
            diagnostic.children.clear();
        }
        (said, notes)
    }

    /// Why a name is not there for a cell, if the notebook knows it.
    fn what_became_of(&self, name: &str) -> Option<String> {
        if let Some(variable) = self.notebook.variables().get(name) {
            return no_name(name, variable, &self.notebook.type_of(variable));
        }
        match self.notebook.lost(name) {
            Some(Lost::Moved(cell)) => Some(format!(
                "the variable `{name}` was moved in In [{cell}]; use it by reference or as \
                 `{name}.clone()` there to keep it"
            )),
            Some(Lost::Redefined(type_name)) => Some(format!(
                "the variable `{name}` is gone: its type `{type_name}` was defined anew"
            )),
            Some(Lost::Replaced) => Some(format!(
                "the variable `{name}` is gone: something else of that name was defined after it"
            )),
            Some(Lost::Unfinished(cell)) => Some(format!(
                "the variable `{name}` was not kept: In [{cell}] ended before its last statement, and \
                 only then are its variables kept"
            )),
            Some(Lost::Crashed) => Some(format!(
                "the variable `{name}` was lost when the process that runs cells ended"
            )),
            None => {
                let similar = similar(name, self.notebook.variables().keys())?;
                Some(format!(
                    "a variable with a similar name exists: `{similar}`"
                ))
            }
        }
    }

    /// Notes which variables are there after a cell.
    pub(super) fn note_variables(
        &mut self,
        end: &CellEnd,
        number: u32,
        parsed: &Parsed,
        ready: &Ready,
    ) {
        let mut expected: Vec<String> = self.notebook.variables().keys().cloned().collect();
        expected.extend(ready.not_stored.iter().cloned());
        for name in expected {
            if !end.variables.iter().any(|(other, _)| *other == name) {
                self.notebook.lose(&name, Lost::Moved(number));
            }
        }
        for NewVariable { name, .. } in &parsed.variables {
            let is_there = end.variables.iter().any(|(other, _)| other == name);
            if !end.done && !is_there {
                self.notebook.lose(name, Lost::Unfinished(number));
            }
        }
        for (name, type_name) in &end.variables {
            let known = self.notebook.variables().get(name);
            // A cell that ended early leaves the old one of that name behind.
            let new = parsed
                .variables
                .iter()
                .rfind(|variable| variable.name == *name)
                .filter(|_| end.done || known.is_none_or(|known| known.type_name != *type_name));
            let variable = match (new, known) {
                (Some(new), _) => Variable {
                    mutable: new.mutable,
                    written_type: new.written_type.clone(),
                    type_name: type_name.clone(),
                    cell: number,
                },
                (None, Some(known)) if !ready.moved.contains(name) => known.clone(),
                (None, _) => continue,
            };
            self.notebook.keep(name.clone(), variable);
        }
    }

    /// Forgets everything that cells defined.
    pub(super) fn clear(&mut self) {
        self.notebook = Notebook::default();
        self.library = None;
        self.known.clear();
        self.sources.clear();
    }

    /// Forgets all variables and returns their names.
    pub(super) fn lose_variables(&mut self) -> Vec<String> {
        let names: Vec<String> = self.notebook.variables().keys().cloned().collect();
        for name in &names {
            self.notebook.lose(name, Lost::Crashed);
        }
        names
    }
}

/// What waits for futures. A notebook that depends on tokio gets a run-time of that for each cell:
/// every cell has its own copy of the crate, and a run-time knows only its own copy.
fn block_on(externs: &Externs) -> &'static str {
    if externs.has("tokio") {
        "::hpc::host::runtime(::tokio::runtime::Builder::new_multi_thread().enable_all().build())\
         .block_on"
    } else {
        "::hpc::host::block_on"
    }
}

/// The places of errors, when all of them are in items of earlier cells: those agreed with what was
/// there before the cell, and it is the cell's definition that counts.
fn outdated(said: &[Diagnostic], source: &Source, number: u32) -> Vec<Place> {
    let mut places = Vec::new();
    for error in said.iter().filter(|said| said.is_error()) {
        if error.message.starts_with("aborting due to") {
            continue;
        }
        match error.primary_place(source) {
            Some(place) if place.cell.number != number => places.push(place),
            _ => return Vec::new(),
        }
    }
    places
}

impl Lessons {
    /// Learns from complaints. Returns whether the next run will be another one.
    fn learn(&mut self, said: &[Diagnostic], source: &Source, type_names: &mut TypeNames) -> bool {
        let mut learnt = false;
        let mut paths = BTreeSet::new();
        for error in said.iter().filter(|said| said.is_error()) {
            learnt |= match (error.code(), error.mark(source)) {
                // Moved, or not always initialised.
                ("E0382" | "E0381", Some(Mark::Store(name))) => {
                    self.not_stored.insert(name.clone())
                }
                ("E0382" | "E0381", Some(Mark::PutBack(name))) => {
                    self.not_put_back.insert(name.clone())
                }
                (_, Some(Mark::Load(_))) => match error.path_at(source) {
                    // Said once for each variable of the type.
                    Some(path) if !paths.insert(path.to_owned()) => false,
                    Some(path) if self.guesses.is_one(path) => self.guesses.next(path, type_names),
                    Some(path) => {
                        learn_path(error, source, type_names) || self.guesses.next(path, type_names)
                    }
                    None => learn_path(error, source, type_names),
                },
                // Hidden in the arguments of a macro.
                ("E0277", _) if error.message.contains("the `?` operator") => {
                    !std::mem::replace(&mut self.can_fail, true)
                }
                ("E0728", _) => !std::mem::replace(&mut self.awaits, true),
                _ => false,
            };
        }
        learnt
    }
}

/// The name that is most like `wanted`, if one is like it at all.
fn similar<'a>(wanted: &str, names: impl Iterator<Item = &'a String>) -> Option<&'a str> {
    names
        .map(|name| (distance(wanted, name), name.as_str()))
        .filter(|(distance, _)| *distance <= wanted.chars().count().max(3) / 3)
        .min()
        .map(|(_, name)| name)
}

/// Number of characters to change, add or leave out to get from one name to another (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, from) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in to.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

/// Learns the public path of a type from a suggestion of the compiler's.
fn learn_path(error: &Diagnostic, source: &Source, type_names: &mut TypeNames) -> bool {
    let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for span in error.children.iter().flat_map(|child| &child.spans) {
        let Some(replacement) = &span.suggested_replacement else {
            continue;
        };
        let range = span.range();
        let code = source.code();
        let start = code[..range.start].trim_end_matches(in_path).len();
        let end = code.len() - code[range.end..].trim_start_matches(in_path).len();
        let (said, public) = (
            code[start..end].trim_start_matches("::"),
            format!(
                "{}{replacement}{}",
                &code[start..range.start],
                &code[range.end..end]
            ),
        );
        if said.contains("::") && public.contains("::") && said != public.trim_start_matches("::") {
            type_names.learn(said, &public);
            // The path of the definition itself begins with `core` or `alloc`.
            for krate in ["core", "alloc"] {
                if let Some(rest) = said.strip_prefix("std::") {
                    type_names.learn(&format!("{krate}::{rest}"), &public);
                }
            }
            return true;
        }
    }
    false
}

/// Why a variable of an earlier cell cannot be used, and what to write there instead.
fn no_name(name: &str, variable: &Variable, kind: &Nameable) -> Option<String> {
    let (why, instead) = match kind {
        Nameable::Name(_) => return None,
        _ if variable.type_name.starts_with("core::iter") => (
            "is an iterator whose type has no name",
            format!(
                "`let {name} = ….collect::<Vec<_>>();` or \
                 `let {name}: Box<dyn Iterator<Item = …>> = Box::new(…);`"
            ),
        ),
        Nameable::Closure => (
            "is a closure, whose type has no name",
            format!(
                "a function, `fn {name}(x: f64) -> f64 {{ … }}`, or \
                 `let {name}: Box<dyn Fn(f64) -> f64> = Box::new(|x| …);`"
            ),
        ),
        Nameable::Local => (
            "has a type that is defined inside a block",
            "the type at the top level of a cell".to_owned(),
        ),
    };
    Some(format!(
        "the variable `{name}` of In [{}] {why}, so other cells cannot use it; write {instead} there",
        variable.cell
    ))
}

#[cfg(test)]
mod tests {
    use super::{distance, similar};

    #[test]
    fn names_that_are_alike() {
        assert_eq!(distance("kitten", "sitting"), 3);
        let names = ["temperature".to_owned(), "time".to_owned()];
        assert_eq!(similar("temprature", names.iter()), Some("temperature"));
        assert_eq!(similar("pressure", names.iter()), None);
    }
}
