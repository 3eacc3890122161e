//! The database of the history.
//!
//! It keeps `SQLite`'s rollback journal. The write-ahead log would be faster, but its readers and
//! writers share memory through a file, which network file systems such as NFS and Lustre cannot
//! give to several nodes, and a user's kernels run on several.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use ferrolab_wire::content::{HistoryAccess, Told};
use ferrolab_wire::timestamp;
use rusqlite::{Connection, Row, params};
use rustix::process::geteuid;
use serde_json::json;

use crate::server::history::{Entry, HistoryPlace};

/// How long another kernel may hold the file.
const BUSY_LIMIT: Duration = Duration::from_secs(10);
/// How many cells a request gets that does not say how many.
const DEFAULT_TAIL: usize = 10;
/// How many earlier cells stay known when the file cannot be written any more.
const KEPT: usize = 1000;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS sessions (
        session INTEGER PRIMARY KEY AUTOINCREMENT,
        start TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS history (
        session INTEGER NOT NULL,
        line INTEGER NOT NULL,
        source TEXT NOT NULL,
        result TEXT,
        PRIMARY KEY (session, line)
    );
";

/// The cells that were run, in a file or in memory.
pub(super) struct Store {
    /// None when not even memory can be had.
    connection: Option<Connection>,
    /// The number of this session, once it has run a cell: a kernel that runs none leaves no trace.
    session: Option<i64>,
    /// Whether there is a file behind it.
    kept: bool,
}

impl Store {
    /// Opens the history. When the file is of no use, the log says why and memory takes its place.
    pub(super) fn open(place: HistoryPlace) -> Self {
        if let HistoryPlace::File(path) = place {
            match open_file(&path) {
                Ok(connection) => {
                    return Self {
                        connection: Some(connection),
                        session: None,
                        kept: true,
                    };
                }
                Err(error) => tracing::warn!(
                    "the history is not kept, for {} cannot be used: {error:#}",
                    path.display()
                ),
            }
        }
        Self::in_memory()
    }

    fn in_memory() -> Self {
        let opened = Connection::open_in_memory()
            .and_then(|connection| connection.execute_batch(SCHEMA).map(|()| connection));
        let connection = opened
            .inspect_err(|error| tracing::error!(%error, "there is no history"))
            .ok();
        Self {
            connection,
            session: None,
            kept: false,
        }
    }

    /// Writes cells. When the file does not take them, memory takes its place.
    pub(super) fn remember(&mut self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let Err(error) = self.write(entries) else {
            return;
        };
        if !self.kept {
            tracing::error!(%error, "the history forgets a cell");
            return;
        }
        tracing::warn!(%error, "the history is not kept from now on");
        self.forsake_file();
        if let Err(error) = self.write(entries) {
            tracing::error!(%error, "the history forgets a cell");
        }
    }

    fn write(&mut self, entries: &[Entry]) -> rusqlite::Result<()> {
        let Some(connection) = &mut self.connection else {
            return Ok(());
        };
        let transaction = connection.transaction()?;
        let session = if let Some(session) = self.session {
            session
        } else {
            transaction.execute("INSERT INTO sessions (start) VALUES (?)", [timestamp()])?;
            transaction.last_insert_rowid()
        };
        {
            let mut insertion =
                transaction.prepare("INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?)")?;
            for entry in entries {
                insertion.execute(params![session, entry.number, entry.code, entry.result])?;
            }
        }
        transaction.commit()?;
        self.session = Some(session);
        Ok(())
    }

    /// Goes on in memory, with the latest cells of the file as far as they can still be read.
    fn forsake_file(&mut self) {
        let memory = Self::in_memory();
        if let (Some(file), Some(memory)) = (&self.connection, &memory.connection) {
            let last = HistoryAccess::Tail { n: Some(KEPT) };
            let found = select(file, &last, current(file, self.session)).unwrap_or_default();
            let copied = found.into_iter().try_for_each(|cell| {
                memory
                    .execute(
                        "INSERT OR IGNORE INTO sessions VALUES (?, '')",
                        [cell.session],
                    )
                    .and_then(|_| {
                        memory.execute(
                            "INSERT INTO history VALUES (?, ?, ?, ?)",
                            params![cell.session, cell.line, cell.source, cell.result],
                        )
                    })
                    .map(drop)
            });
            if let Err(error) = copied {
                tracing::debug!(%error, "earlier cells are forgotten");
            }
        }
        self.connection = memory.connection;
        self.kept = false;
    }

    /// The cells that are asked for, the oldest first, with their results when `output` says so.
    pub(super) fn find(&self, access: &HistoryAccess, output: bool) -> Vec<Told> {
        let Some(connection) = &self.connection else {
            return Vec::new();
        };
        let found = select(connection, access, current(connection, self.session));
        let found = found.unwrap_or_else(|error| {
            tracing::warn!(%error, "the history cannot be read");
            Vec::new()
        });
        found
            .into_iter()
            .map(|cell| {
                let told = if output {
                    json!([cell.source, cell.result])
                } else {
                    json!(cell.source)
                };
                (cell.session, cell.line, told)
            })
            .collect()
    }
}

/// Opens a file that only the user can read, with the folders that lead to it.
fn open_file(path: &Path) -> anyhow::Result<Connection> {
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    let metadata = file.metadata()?;
    if metadata.uid() != geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user").into());
    }
    if metadata.mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    drop(file);
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_LIMIT)?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// A cell as it was found.
struct Found {
    session: i64,
    line: u32,
    source: String,
    result: Option<String>,
}

impl Found {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            session: row.get(0)?,
            line: row.get(1)?,
            source: row.get(2)?,
            result: row.get(3)?,
        })
    }
}

/// The number that this session has, or would get if it ran a cell now.
fn current(connection: &Connection, session: Option<i64>) -> i64 {
    session.unwrap_or_else(|| {
        connection
            .query_one(
                "SELECT IFNULL(MAX(session), 0) + 1 FROM sessions",
                [],
                |row| row.get(0),
            )
            .unwrap_or(1)
    })
}

fn select(
    connection: &Connection,
    access: &HistoryAccess,
    current: i64,
) -> rusqlite::Result<Vec<Found>> {
    let mut found: Vec<Found> = match access {
        HistoryAccess::Range {
            session,
            start,
            stop,
        } => {
            let session = if *session > 0 {
                *session
            } else {
                current.saturating_add(*session)
            };
            let end: i64 = connection.query_one(
                "SELECT IFNULL(MAX(line), 0) + 1 FROM history WHERE session = ?",
                [session],
                |row| row.get(0),
            )?;
            // Counted from the end when negative, as everywhere in Python.
            let from_end = |line: i64| {
                if line < 0 {
                    line.saturating_add(end)
                } else {
                    line
                }
            };
            let (start, stop) = (from_end(*start), stop.map_or(end, from_end));
            return connection
                .prepare(
                    "SELECT session, line, source, result FROM history
                     WHERE session = ? AND line >= ? AND line < ? ORDER BY line",
                )?
                .query_map([session, start, stop], Found::read)?
                .collect();
        }
        HistoryAccess::Tail { n } => connection
            .prepare(
                "SELECT session, line, source, result FROM history
                 ORDER BY session DESC, line DESC LIMIT ?",
            )?
            .query_map([limit(Some(n.unwrap_or(DEFAULT_TAIL)))], Found::read)?
            .collect::<rusqlite::Result<_>>()?,
        HistoryAccess::Search { pattern, n, unique } => {
            let grouping = if *unique {
                "GROUP BY source"
            } else {
                "GROUP BY session, line"
            };
            connection
                .prepare(&format!(
                    "SELECT session, line, source, result, MAX(session * 4294967296 + line) AS place
                     FROM history WHERE source GLOB ? {grouping} ORDER BY place DESC LIMIT ?",
                ))?
                .query_map(params![glob(pattern), limit(*n)], Found::read)?
                .collect::<rusqlite::Result<_>>()?
        }
    };
    found.reverse();
    Ok(found)
}

/// How many rows `SQLite` is to give; a negative number means all.
fn limit(n: Option<usize>) -> i64 {
    n.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX))
}

/// A pattern of `SQLite`'s that means what Jupyter's does: `*` is any text and `?` any character, and
/// brackets are brackets. Nothing means everything.
fn glob(pattern: &str) -> String {
    if pattern.is_empty() {
        return "*".to_owned();
    }
    pattern.replace('[', "[[]")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use ferrolab_wire::content::HistoryAccess;
    use serde_json::json;

    use super::Store;
    use crate::server::history::{Entry, HistoryPlace};

    fn entry(number: u32, code: &str) -> Entry {
        Entry {
            number,
            code: code.to_owned(),
            result: code.starts_with(char::is_numeric).then(|| "42".to_owned()),
        }
    }

    fn session(place: &HistoryPlace, codes: &[&str]) -> Store {
        let mut store = Store::open(place.clone());
        for (number, code) in (1..).zip(codes) {
            store.remember(&[entry(number, code)]);
        }
        store
    }

    fn range(session: i64, start: i64, stop: Option<i64>) -> HistoryAccess {
        HistoryAccess::Range {
            session,
            start,
            stop,
        }
    }

    fn places(store: &Store, access: &HistoryAccess) -> Vec<(i64, u32)> {
        let told = store.find(access, false);
        told.into_iter().map(|(a, b, _)| (a, b)).collect()
    }

    fn numbers(store: &Store, access: &HistoryAccess) -> Vec<u32> {
        let told = store.find(access, false);
        told.into_iter().map(|(_, number, _)| number).collect()
    }

    fn four() -> Store {
        session(&HistoryPlace::Memory, &["6*7", "let x = 1;", "6*7", "x"])
    }

    #[test]
    fn tails_and_ranges() {
        let store = four();
        let tail = |n| numbers(&store, &HistoryAccess::Tail { n });
        assert_eq!(tail(Some(2)), [3, 4]);
        assert_eq!(tail(Some(9)), [1, 2, 3, 4]);
        assert_eq!(tail(None), [1, 2, 3, 4]);
        for (access, expected) in [
            (range(1, 2, Some(4)), &[2, 3][..]),
            (range(0, 3, None), &[3, 4]),
            (range(0, -1, None), &[4]),
            (range(0, 1, Some(-1)), &[1, 2, 3]),
            (range(-1, 0, None), &[]),
            (range(7, 0, None), &[]),
            (range(i64::MIN, i64::MIN, Some(i64::MAX)), &[]),
        ] {
            assert_eq!(numbers(&store, &access), expected, "{access:?}");
        }
    }

    #[test]
    fn searches() {
        let store = four();
        let search = |pattern: &str, n, unique| {
            numbers(
                &store,
                &HistoryAccess::Search {
                    pattern: pattern.to_owned(),
                    n,
                    unique,
                },
            )
        };
        assert_eq!(search("6?7", None, false), [1, 3]);
        assert_eq!(search("6?7", None, true), [3]);
        assert_eq!(search("*", Some(2), false), [3, 4]);
        assert_eq!(search("*", None, true), [2, 3, 4]);
        assert_eq!(search("", None, false), [1, 2, 3, 4]);
        assert_eq!(search("let*", None, false), [2]);
        assert_eq!(search("[6]*", None, false), [] as [u32; 0]);
        assert_eq!(search("LET*", None, false), [] as [u32; 0]);
        let store = session(&HistoryPlace::Memory, &["a[0] + 1"]);
        let access = HistoryAccess::Search {
            pattern: "a[0]*".to_owned(),
            n: None,
            unique: false,
        };
        assert_eq!(numbers(&store, &access), [1]);
    }

    #[test]
    fn results_are_told_when_asked_for() {
        assert_eq!(
            four().find(&range(1, 1, Some(3)), true),
            [
                (1, 1, json!(["6*7", "42"])),
                (1, 2, json!(["let x = 1;", null]))
            ]
        );
    }

    fn in_folder(folder: &Path) -> HistoryPlace {
        HistoryPlace::File(folder.join("new/deep/history.sqlite"))
    }

    #[test]
    fn sessions_follow_one_another_and_share_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let place = in_folder(folder.path());
        drop(session(&place, &["a", "b"]));
        drop(session(&place, &[]));
        let (second, third) = (session(&place, &["c"]), session(&place, &["d", "e"]));
        assert_eq!(
            places(&third, &HistoryAccess::Tail { n: Some(4) }),
            [(1, 2), (2, 1), (3, 1), (3, 2)]
        );
        assert_eq!(places(&second, &range(-1, 0, None)), [(1, 1), (1, 2)]);
        assert_eq!(places(&third, &range(-1, 0, None)), [(2, 1)]);
        assert_eq!(places(&third, &range(1, -1, None)), [(1, 2)]);
        let fresh = Store::open(place);
        assert_eq!(places(&fresh, &range(-1, 0, None)), [(3, 1), (3, 2)]);
        assert_eq!(places(&fresh, &range(0, 0, None)), []);
        for (name, mode) in [("new/deep/history.sqlite", 0o600), ("new", 0o700)] {
            let permissions = fs::metadata(folder.path().join(name))
                .unwrap()
                .permissions();
            assert_eq!(permissions.mode() & 0o777, mode, "{name}");
        }
    }

    #[test]
    fn an_exposed_file_is_made_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("h");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        drop(session(&HistoryPlace::File(path.clone()), &["a"]));
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_file_of_no_use_leaves_a_history_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let junk = folder.path().join("junk");
        fs::write(
            &junk,
            "this is no database, and long enough to look like one".repeat(50),
        )
        .unwrap();
        for path in [junk.clone(), junk.join("below"), folder.path().to_owned()] {
            let store = session(&HistoryPlace::File(path), &["a", "b"]);
            assert_eq!(numbers(&store, &HistoryAccess::Tail { n: None }), [1, 2]);
        }
    }

    #[test]
    fn a_full_disk_loses_no_cell_of_the_session() {
        let folder = tempfile::tempdir().unwrap();
        let place = in_folder(folder.path());
        drop(session(&place, &["old"]));
        let mut store = session(&place, &["a"]);
        let connection = store.connection.as_ref().unwrap();
        // SQLite says the same as when the disk is full.
        let pages: i64 = connection
            .query_one("PRAGMA page_count", [], |row| row.get(0))
            .unwrap();
        connection
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
        let long = "b".repeat(100_000);
        store.remember(&[entry(2, &long), entry(3, "c")]);
        assert!(!store.kept);
        store.remember(&[entry(4, "d")]);
        assert_eq!(
            places(&store, &HistoryAccess::Tail { n: None }),
            [(1, 1), (2, 1), (2, 2), (2, 3), (2, 4)]
        );
        assert_eq!(
            places(&Store::open(place), &HistoryAccess::Tail { n: None }),
            [(1, 1), (2, 1)]
        );
    }
}
