//! Lines that are for the kernel and not for the compiler.

/// A line in front of a cell's code that starts with `:` or `!`, or a magic that starts with `%`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// `:dep name = spec`: the line of a manifest.
    Dependency {
        /// Name of the crate.
        name: String,
        /// Its version, or table, in TOML.
        spec: String,
    },
    /// Anything else.
    Other(String),
}

/// Takes the commands out of a cell. Their lines are blanked byte for byte, so that places in the
/// rest stay what they were.
pub(super) fn take_out(cell: &str) -> (Vec<Command>, String) {
    let mut commands = Vec::new();
    let mut code = String::with_capacity(cell.len());
    let mut in_code = false;
    for line in cell.split_inclusive('\n') {
        let text = line.trim();
        let is_command = text.starts_with([':', '!', '%']);
        in_code |= !(is_command || text.is_empty() || text.starts_with("//"));
        if is_command && !in_code {
            commands.push(read(text));
            code.extend(
                line.bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
        } else {
            code.push_str(line);
        }
    }
    (commands, code)
}

fn read(line: &str) -> Command {
    let Some(dependency) = line
        .strip_prefix(":dep")
        .filter(|rest| rest.starts_with(' '))
    else {
        return Command::Other(line.into());
    };
    let (name, spec) = match dependency.split_once('=') {
        Some((name, spec)) => (name.trim(), spec.trim()),
        // Any version, as in the notebook.
        None => (dependency.trim(), "\"*\""),
    };
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let table = format!("{name} = {spec}");
    if is_name && toml::from_str::<toml::Table>(&table).is_ok_and(|table| table.len() == 1) {
        Command::Dependency {
            name: name.into(),
            spec: spec.into(),
        }
    } else {
        Command::Other(line.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_in_front_of_the_code() {
        let cell = "// first\n:dep rand = { version = \"0.9\" } # é\n:dep libm\n:vars\n%%time\n\
                    let a = 1;\n:not a command";
        let (commands, code) = take_out(cell);
        let dependency = |name: &str, spec: &str| Command::Dependency {
            name: name.into(),
            spec: spec.into(),
        };
        assert_eq!(
            commands,
            [
                dependency("rand", "{ version = \"0.9\" } # é"),
                dependency("libm", "\"*\""),
                Command::Other(":vars".into()),
                Command::Other("%%time".into()),
            ]
        );
        assert_eq!(code.len(), cell.len());
        assert_eq!(
            code.trim_start_matches(['/', ' ', '\n', 'f', 'i', 'r', 's', 't']),
            "let a = 1;\n:not a command"
        );
    }

    #[test]
    fn a_dependency_is_one_line_of_a_manifest() {
        for line in [
            ":dep",
            ":dep a = ",
            ":dep a = 1\n[x]",
            ":dep a.b = 1",
            ":deps a = \"1\"",
        ] {
            assert_eq!(read(line), Command::Other(line.into()));
        }
    }
}
