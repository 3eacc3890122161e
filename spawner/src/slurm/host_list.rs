/// More nodes than any machine has: a longer list is an error in the text, not a job.
const MOST_HOSTS: usize = 200_000;

/// The single hosts of a node list such as `n[01-03,07],gpu-a[1-2]x`, in order, as
/// `scontrol show hostnames` prints them; `None` for a text that is no node list.
#[must_use]
pub fn expand_host_list(text: &str) -> Option<Vec<String>> {
    let mut hosts = Vec::new();
    if text.is_empty() {
        return Some(hosts);
    }
    for name in split_outside_brackets(text)? {
        expand_name(name, &mut hosts)?;
    }
    Some(hosts)
}

/// Splits at the commas that are not between brackets.
fn split_outside_brackets(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut inside) = (Vec::new(), 0, false);
    for (position, letter) in text.char_indices() {
        match letter {
            '[' if !inside => inside = true,
            ']' if inside => inside = false,
            '[' | ']' => return None,
            ',' if !inside => {
                parts.push(&text[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!inside).then_some(parts)
}

/// Expands one name with any number of bracket groups.
fn expand_name(name: &str, hosts: &mut Vec<String>) -> Option<()> {
    let mut prefixes = vec![String::new()];
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        let (group, after) = after.split_once(']')?;
        let numbers = expand_group(group)?;
        if !is_plain(before) || prefixes.len() * numbers.len() > MOST_HOSTS {
            return None;
        }
        prefixes = prefixes
            .iter()
            .flat_map(|prefix| {
                numbers
                    .iter()
                    .map(move |number| format!("{prefix}{before}{number}"))
            })
            .collect();
        rest = after;
    }
    if name.is_empty() || !is_plain(rest) || hosts.len() + prefixes.len() > MOST_HOSTS {
        return None;
    }
    hosts.extend(prefixes.into_iter().map(|prefix| prefix + rest));
    Some(())
}

/// The numbers of `01-03,07`, with their leading zeros.
fn expand_group(group: &str) -> Option<Vec<String>> {
    let mut numbers = Vec::new();
    for range in group.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let digits = |text: &str| {
            (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(first) || !digits(last) {
            return None;
        }
        let (from, to): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if from > to || numbers.len() + (to - from) >= MOST_HOSTS {
            return None;
        }
        let width = first.len();
        numbers.extend((from..=to).map(|number| format!("{number:0width$}")));
    }
    Some(numbers)
}

/// Letters that occur in host names, fully qualified names and IPv6 addresses.
fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "-_.:".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_expand_as_scontrol_does() {
        for (text, expected) in [
            ("", ""),
            ("n1", "n1"),
            ("n1,n2", "n1 n2"),
            ("n[1-3]", "n1 n2 n3"),
            ("n[01-03,07],gpu-a[1-2]x", "n01 n02 n03 n07 gpu-a1x gpu-a2x"),
            ("r[1-2]n[08-10]", "r1n08 r1n09 r1n10 r2n08 r2n09 r2n10"),
            ("Node7.Example.ORG", "Node7.Example.ORG"),
            ("fe80::1", "fe80::1"),
            ("n[9-11]", "n9 n10 n11"),
        ] {
            let hosts = expand_host_list(text).unwrap();
            assert_eq!(hosts.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in [
            ",",
            "n1,",
            "n[",
            "n]",
            "n[1",
            "n[1-]",
            "n[3-1]",
            "n[a-b]",
            "n[[1]]",
            "n1 n2",
            "n1\nn2",
            "n;rm",
            "n[1-999999999]",
            "n[1-9999]m[1-9999]",
            "n[]",
            "$(id)",
        ] {
            assert_eq!(expand_host_list(text), None, "{text:?}");
        }
    }
}
