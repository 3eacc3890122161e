//! Collections, and whatever else has a `{:?}` text: as tables where there are names, as grids
//! where there are numbers, and never more of it than someone would read.
//!
//! The traits here are all that a cell compiles for a type of its own.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::{Debug, Write as _};

use super::bundle::Bundle;
use super::failure::Failure;
use super::outline::{Excerpt, Outline};
use super::table::{self, Table, is_number};

/// Bytes of one value's text that are shown.
pub(super) const VALUE: usize = 20_000;

/// Lists with more items are shown by their ends.
const WHOLE_UP_TO: usize = 100;

/// Items at each end of a list that is shown by its ends.
const EDGE: usize = 10;

/// Characters of an item in a list that are shown.
const ITEM: usize = 400;

/// Characters per line.
const LINE: usize = 88;

/// Maps and sets without an order of their own are put in order when they are not larger.
const SORTED_UP_TO: usize = 1000;

/// Items in a row.
pub(super) trait Sequence {
    fn count(&self) -> usize;
    fn item(&self, position: usize) -> &dyn Debug;
    /// Type of the items.
    fn kind(&self) -> &'static str;
}

impl<T: Debug> Sequence for &[T] {
    fn count(&self) -> usize {
        self.len()
    }

    fn item(&self, position: usize) -> &dyn Debug {
        &self[position]
    }

    fn kind(&self) -> &'static str {
        std::any::type_name::<T>()
    }
}

impl<T: Debug> Sequence for VecDeque<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn item(&self, position: usize) -> &dyn Debug {
        &self[position]
    }

    fn kind(&self) -> &'static str {
        std::any::type_name::<T>()
    }
}

/// Keys with values; the members of a set have the value `()`.
pub(super) trait Entries {
    fn count(&self) -> usize;
    /// Calls `visit` with the entries until it returns `false`.
    fn visit(&self, visit: &mut dyn FnMut(&dyn Debug, &dyn Debug) -> bool);
}

macro_rules! entries {
    ($([$($generics:tt)*] $type:ty, |$item:pat_param| ($key:expr, $value:expr);)*) => {$(
        impl<$($generics)*> Entries for $type {
            fn count(&self) -> usize {
                self.len()
            }

            fn visit(&self, visit: &mut dyn FnMut(&dyn Debug, &dyn Debug) -> bool) {
                for $item in self {
                    if !visit($key, $value) {
                        return;
                    }
                }
            }
        }
    )*};
}

entries!(
    [K: Debug, V: Debug, S] HashMap<K, V, S>, |(key, value)| (key, value);
    [K: Debug, V: Debug] BTreeMap<K, V>, |(key, value)| (key, value);
    [T: Debug, S] HashSet<T, S>, |member| (member, &());
    [T: Debug] BTreeSet<T>, |member| (member, &());
);

/// Any value, by its `{:?}` text.
pub(super) fn any(value: &dyn Debug) -> Bundle {
    let excerpt = Excerpt::of(value, VALUE);
    if excerpt.is_cut {
        return Bundle::of_text(excerpt.marked());
    }
    let text = excerpt.text;
    rich(&text).unwrap_or_else(|| Bundle::of_text(text))
}

/// The table or the like that a value's text contains.
fn rich(text: &str) -> Option<Bundle> {
    match Outline::of(text) {
        Outline::Wrapped { name: "Err", inner } => Some(Failure::Text(&inner).render()),
        Outline::Wrapped { name, inner } => Some(wrapped(name, &rich(inner)?)),
        Outline::List(items) => Some(list(items.len(), None, &|i| items[i].to_owned())),
        Outline::Map(entries) if !entries.is_empty() => {
            let count = entries.len();
            let texts = entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()));
            Some(map(&texts.take(table::ROWS).collect::<Vec<_>>(), count))
        }
        _ => None,
    }
}

/// A value inside of `Some` or `Ok`: its rich forms, with the name in the text.
pub(super) fn wrapped(name: &str, inner: &Bundle) -> Bundle {
    let text = inner.plain();
    let text = if text.contains('\n') {
        format!("{name}(\n{text}\n)")
    } else {
        format!("{name}({text})")
    };
    inner.clone().with_plain(text)
}

/// The items of a vector, a slice or the like.
pub(super) fn sequence(items: &dyn Sequence) -> Bundle {
    list(items.count(), Some(items.kind()), &|i| {
        Excerpt::of(items.item(i), VALUE).marked()
    })
}

/// The entries of a map; `in_order` when they have an order of their own.
pub(super) fn mapping(entries: &dyn Entries, in_order: bool) -> Bundle {
    if entries.count() == 0 {
        return Bundle::text("{}");
    }
    map(&first(entries, in_order, table::ROWS), entries.count())
}

/// The members of a set; `in_order` when they have an order of their own.
pub(super) fn set(members: &dyn Entries, in_order: bool) -> Bundle {
    let count = members.count();
    let shown = if count > WHOLE_UP_TO { 2 * EDGE } else { count };
    let mut texts: Vec<String> = first(members, in_order, shown)
        .into_iter()
        .map(|(member, _)| member)
        .collect();
    if shown < count {
        texts.push("…".into());
    }
    let mut text = lines("{", texts, "}");
    if shown < count {
        let _ = write!(text, "\n{count} members");
    }
    Bundle::of_text(text)
}

/// The texts of the first entries.
fn first(entries: &dyn Entries, in_order: bool, shown: usize) -> Vec<(String, String)> {
    let sorted = !in_order && entries.count() <= SORTED_UP_TO;
    let wanted = if sorted { entries.count() } else { shown };
    let mut texts = Vec::new();
    entries.visit(&mut |key, value| {
        let text = |part| Excerpt::of(part, VALUE).marked();
        if texts.len() < wanted {
            texts.push((text(key), text(value)));
        }
        texts.len() < wanted
    });
    if sorted {
        texts.sort_by(|(left, _), (right, _)| by_value(left, right));
    }
    texts.truncate(shown);
    texts
}

fn by_value(left: &str, right: &str) -> Ordering {
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => left.total_cmp(&right),
        _ => left.cmp(right),
    }
}

/// Items whose texts `text_at` gives.
fn list(count: usize, kind: Option<&str>, text_at: &dyn Fn(usize) -> String) -> Bundle {
    if count == 0 {
        return Bundle::text("[]");
    }
    let first = text_at(0);
    if matches!(
        Outline::of(&first),
        Outline::Struct { .. } | Outline::List(_)
    ) {
        let texts: Vec<String> = (0..count.min(table::ROWS)).map(text_at).collect();
        let outlines: Vec<Outline<'_>> = texts.iter().map(|text| Outline::of(text)).collect();
        let labels = (0..).map(|row: usize| row.to_string());
        if let Some(table) = records(labels.zip(&outlines)).or_else(|| grid(&outlines)) {
            return table.out_of(count).render();
        }
    }
    Bundle::of_text(plain_list(count, kind, text_at))
}

/// Structs of one type: a column for each field.
fn records<'a>(rows: impl Iterator<Item = (String, &'a Outline<'a>)>) -> Option<Table> {
    let mut head: Vec<&str> = Vec::new();
    let mut of = None;
    let mut cells: Vec<(String, Vec<(usize, &str)>)> = Vec::new();
    for (label, outline) in rows {
        let Outline::Struct { name, fields } = outline else {
            return None;
        };
        if *of.get_or_insert(*name) != *name {
            return None;
        }
        let mut row = Vec::new();
        for (field, value) in fields {
            let column = head.iter().position(|known| known == field);
            row.push((
                column.unwrap_or_else(|| {
                    head.push(field);
                    head.len() - 1
                }),
                *value,
            ));
        }
        cells.push((label, row));
    }
    let mut table = Table::labelled(head.iter().map(|&name| name.to_owned()).collect());
    for (label, row) in cells {
        let mut texts = vec![String::new(); head.len() + 1];
        texts[0] = label;
        for (column, value) in row {
            texts[column + 1] = cell(value);
        }
        table.push(texts);
    }
    Some(table)
}

/// Lists of numbers: a row for each.
fn grid(outlines: &[Outline<'_>]) -> Option<Table> {
    let mut rows = Vec::new();
    for outline in outlines {
        match outline {
            Outline::List(items) if items.iter().all(|item| is_number(item)) => rows.push(items),
            _ => return None,
        }
    }
    let columns = rows.iter().map(|row| row.len()).max()?;
    if columns == 0 {
        return None;
    }
    let mut table = Table::labelled((0..columns).map(|i| i.to_string()).collect());
    for (label, row) in rows.into_iter().enumerate() {
        let texts = row.iter().map(|&item| item.to_owned());
        table.push([label.to_string()].into_iter().chain(texts).collect());
    }
    Some(table)
}

/// Keys with values: two columns, or a column for each field where the values are structs.
fn map(texts: &[(String, String)], count: usize) -> Bundle {
    let outlines = texts
        .iter()
        .map(|(_, value)| Outline::of(value))
        .collect::<Vec<_>>();
    let labels = texts.iter().map(|(key, _)| cell(key));
    let table = records(labels.zip(&outlines)).unwrap_or_else(|| {
        let mut table = Table::new(vec!["key".into(), "value".into()]);
        for (key, value) in texts {
            table.push(vec![cell(key), cell(value)]);
        }
        table
    });
    table.out_of(count).render()
}

/// A value in a table: strings without their quotes.
fn cell(text: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return unescaped(inner);
        }
    }
    text.to_owned()
}

/// Quotes and backslashes as such. Line breaks and the like stay escaped: a cell is one line.
fn unescaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next @ ('"' | '\'' | '\\'))) => {
                result.push(next);
                chars.next();
            }
            _ => result.push(c),
        }
    }
    result
}

/// The items in brackets, or those at the ends.
fn plain_list(count: usize, kind: Option<&str>, text_at: &dyn Fn(usize) -> String) -> String {
    let item = |i: usize| {
        let mut text = text_at(i);
        table::shorten(&mut text, ITEM);
        text
    };
    if count <= WHOLE_UP_TO {
        return lines("[", (0..count).map(item).collect(), "]");
    }
    let ends = (0..EDGE)
        .map(item)
        .chain(["…".into()])
        .chain((count - EDGE..count).map(item));
    let text = lines("[", ends.collect(), "]");
    match kind {
        Some(kind) => format!("{text}\n{count} items of type {}", short(kind)),
        None => format!("{text}\n{count} items"),
    }
}

/// A type's name without the modules.
fn short(name: &str) -> String {
    let mut result = String::new();
    for word in name.split_inclusive(['<', '>', ',', ' ', '(', ')', '[', ']', '&']) {
        result += word.rsplit("::").next().unwrap_or(word);
    }
    result
}

/// Texts with commas between them, in lines of some length.
fn lines(open: &str, texts: Vec<String>, close: &str) -> String {
    let mut result = String::from(open);
    let mut column = open.len();
    let last = texts.len().saturating_sub(1);
    for (i, text) in texts.into_iter().enumerate() {
        let end = if i == last { close } else { "," };
        let width = text.chars().count() + end.len();
        if i > 0 {
            if column + 1 + width > LINE {
                result += "\n ";
                column = 1;
            } else {
                result.push(' ');
                column += 1;
            }
        }
        result += &text;
        result += if i == last { "" } else { "," };
        column += width;
    }
    result + close
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::Render;

    #[derive(Clone, Debug)]
    #[expect(dead_code, reason = "only written")]
    struct Body {
        name: &'static str,
        mass: f64,
        moons: Option<u32>,
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "only written")]
    enum Event {
        Key { code: u32 },
        Click { x: f64 },
        Quit,
    }

    fn body(name: &'static str, mass: f64) -> Body {
        let moons = (mass > 1.0).then_some(mass as u32);
        Body { name, mass, moons }
    }

    const BODIES: &str = "   name    mass  moons\n\
                          0  a \"b\"  317.8  Some(317)\n\
                          1  Mars     0.1  None";

    #[test]
    fn structs_make_a_table_in_every_collection() {
        let bodies = [body("a \"b\"", 317.8), body("Mars", 0.1)];
        let in_vec = bodies.to_vec().render();
        assert_eq!(in_vec.plain(), BODIES);
        assert!(
            in_vec
                .get("text/html")
                .unwrap()
                .contains("<td style=\"text-align:left\">a &quot;b&quot;</td>")
        );
        assert_eq!(bodies.render(), in_vec);
        assert_eq!(bodies[..].render(), in_vec);
        assert_eq!(VecDeque::from(bodies.to_vec()).render(), in_vec);
        assert_eq!(any(&bodies), in_vec);
        assert_eq!(
            any(&std::collections::LinkedList::from(bodies.clone())),
            in_vec
        );
        let some = any(&Some(&bodies));
        assert_eq!(some.plain(), format!("Some(\n{BODIES}\n)"));
        assert_eq!(some.get("text/html"), in_vec.get("text/html"));
    }

    #[test]
    fn many_structs_are_counted() {
        let bodies = vec![body("dust", 0.0); 100_000];
        let plain = bodies.render().plain().to_owned();
        assert_eq!(plain.lines().count(), 1 + table::ROWS + 1);
        assert!(plain.ends_with("\n… 99970 more rows"), "{plain}");
    }

    #[test]
    fn different_things_stay_a_list() {
        let events = vec![
            Event::Key { code: 27 },
            Event::Click { x: 0.5 },
            Event::Quit,
        ];
        let bundle = events.render();
        assert_eq!(bundle.plain(), "[Key { code: 27 }, Click { x: 0.5 }, Quit]");
        assert_eq!(bundle.get("text/html"), None);
        let ends = vec![Event::Key { code: 1 }, Event::Quit];
        assert_eq!(ends.render().plain(), "[Key { code: 1 }, Quit]");
        assert_eq!(
            vec![(1, "a"), (2, "b")].render().plain(),
            r#"[(1, "a"), (2, "b")]"#
        );
        assert_eq!(vec![vec!["a"], vec![]].render().plain(), r#"[["a"], []]"#);
    }

    #[test]
    fn numbers_in_two_dimensions_are_a_grid() {
        let rows = vec![vec![1.0, 20.5], vec![f64::NAN], vec![]];
        let bundle = rows.render();
        assert_eq!(bundle.plain(), "     0     1\n0  1.0  20.5\n1  NaN\n2");
        assert!(bundle.get("text/html").unwrap().contains("<table"));
        let wide = vec![[0_u8; 1000]; 1000].render();
        assert!(wide.plain().ends_with("… 970 more rows"));
        assert!(wide.get("text/html").unwrap().len() < 100_000);
    }

    #[test]
    fn long_lists_are_shown_by_their_ends() {
        let text = (0..1_000_000)
            .collect::<Vec<i64>>()
            .render()
            .plain()
            .to_owned();
        assert_eq!(
            text,
            "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …, 999990, 999991, 999992, 999993, 999994, 999995,\n \
             999996, 999997, 999998, 999999]\n1000000 items of type i64"
        );
        let names = vec![Some(String::from("x")); 101]
            .render()
            .plain()
            .to_owned();
        assert!(
            names.ends_with("101 items of type Option<String>"),
            "{names}"
        );
        let long = vec!["x".repeat(1_000_000); 100].render();
        assert!(long.plain().len() < 100_000);
        let nested = any(&(vec![0; 1_000_000], 1));
        assert!(nested.plain().len() < 2 * VALUE && nested.plain().ends_with('…'));
    }

    #[test]
    fn short_lists_are_as_debug_writes_them() {
        let list = vec!["a\n", "'"];
        assert_eq!(list.render().plain(), format!("{list:?}"));
        let empty: [f64; 0] = [];
        assert_eq!(empty.render().plain(), "[]");
        assert!(
            (0..100)
                .collect::<Vec<_>>()
                .render()
                .plain()
                .lines()
                .all(|line| line.len() <= LINE)
        );
    }

    #[test]
    fn maps_are_tables_in_the_order_of_their_keys() {
        let text = HashMap::from([("b", 10), ("a", 2)]).render();
        assert_eq!(text.plain(), "key  value\na        2\nb       10");
        let numbers: HashMap<i32, bool> = (0..12).map(|i| (i - 2, i > 5)).collect();
        let bundle = numbers.render();
        let keys: Vec<_> = bundle
            .plain()
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next())
            .map(str::to_owned)
            .collect();
        assert_eq!(keys, (-2..10).map(|i| i.to_string()).collect::<Vec<_>>());
        let large: BTreeMap<i32, i32> = (0..5000).map(|i| (i, 2 * i)).collect();
        assert!(large.render().plain().ends_with("… 4970 more rows"));
        assert_eq!(BTreeMap::<i32, i32>::new().render().plain(), "{}");
        let bodies = BTreeMap::from([("fourth", body("Mars", 0.1))]);
        assert_eq!(
            bodies.render().plain(),
            "        name  mass  moons\nfourth  Mars   0.1  None"
        );
    }

    #[test]
    fn sets_are_in_braces() {
        assert_eq!(HashSet::from([3, 1, 20]).render().plain(), "{1, 3, 20}");
        let large: BTreeSet<i32> = (0..1000).collect();
        let text = large.render().plain().to_owned();
        assert!(
            text.starts_with("{0, 1, 2,") && text.ends_with("19, …}\n1000 members"),
            "{text}"
        );
    }

    #[test]
    fn anything_else_is_its_text() {
        assert_eq!(
            any(&body("x", 0.5)).plain(),
            "Body { name: \"x\", mass: 0.5, moons: None }"
        );
        let error: Result<i32, Event> = Err(Event::Quit);
        assert_eq!(any(&error).plain(), "error: Quit");
    }
}
