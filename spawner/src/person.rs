//! Whose jobs they are.

use std::env;
use std::ffi::CString;
use std::path::{Path, PathBuf};

use nix::unistd::{self, Uid, User};

use crate::config::StateConfig;

/// Longest name of a user that Linux systems accept.
const LONGEST_NAME: usize = 32;

/// A user of this system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name to log in with.
    pub name: String,
    /// The home folder.
    pub home: PathBuf,
    /// The login shell.
    pub shell: PathBuf,
    /// Where programs keep their state, when the person has chosen a place.
    state_home: Option<PathBuf>,
}

/// Why a user cannot be acted for.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// The name has a form that no user has.
    #[error("{0:?} is not the name of a user")]
    Name(String),
    /// There is no such user.
    #[error("there is no user {0} on this system")]
    NoSuchUser(String),
    /// The user database failed, or the switch was refused.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the operating system said.
        source: nix::Error,
    },
    /// Nobody's notebooks run as root or as an account of the system.
    #[error(
        "{name} (user id {uid}) is no person: users of the hub have ids from {min_uid} on \
         (`min_uid` under [hub] in ferrolab.toml)"
    )]
    NoPerson {
        /// The name.
        name: String,
        /// The id.
        uid: u32,
        /// The first id of a person.
        min_uid: u32,
    },
    /// The caller is another user, and not root.
    #[error("only root can act for {0}: run the hub as root, or as that user")]
    NotAllowed(String),
}

impl Person {
    /// The user this process runs as.
    ///
    /// # Errors
    /// When the system does not know the user.
    pub fn current() -> Result<Self, PersonError> {
        let uid = Uid::effective();
        let user = User::from_uid(uid)
            .map_err(|source| PersonError::System {
                what: "cannot read the user database",
                source,
            })?
            .ok_or_else(|| PersonError::NoSuchUser(format!("with id {uid}")))?;
        let absolute = |name| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        Ok(Self {
            name: user.name,
            home: absolute("HOME").unwrap_or(user.dir),
            shell: user.shell,
            state_home: absolute("XDG_STATE_HOME"),
        })
    }

    /// Turns this process into that user, for good: group list, group and user. Root becomes
    /// ordinary users only: those with an id of at least `min_uid`, and never root.
    ///
    /// # Errors
    /// When there is no such user, or the caller is neither root nor that user.
    pub fn become_user(name: &str, min_uid: u32) -> Result<Self, PersonError> {
        let user = user_of_name(name)?;
        if Uid::effective().is_root() {
            if user.uid.is_root() || user.uid.as_raw() < min_uid {
                return Err(PersonError::NoPerson {
                    name: user.name,
                    uid: user.uid.as_raw(),
                    min_uid: min_uid.max(1),
                });
            }
            let system = |what| move |source| PersonError::System { what, source };
            let c_name = CString::new(name).map_err(|_| PersonError::Name(name.to_owned()))?;
            unistd::initgroups(&c_name, user.gid)
                .map_err(system("cannot set the user's groups"))?;
            unistd::setgid(user.gid).map_err(system("cannot set the user's group"))?;
            unistd::setuid(user.uid).map_err(system("cannot become the user"))?;
        } else if Uid::effective() != user.uid {
            return Err(PersonError::NotAllowed(name.to_owned()));
        }
        Ok(Self {
            name: user.name,
            home: user.dir,
            shell: user.shell,
            state_home: None,
        })
    }

    /// The folder in which this person's jobs are remembered.
    #[must_use]
    pub fn state_folder(&self, config: &StateConfig) -> PathBuf {
        match &config.dir {
            Some(pattern) => PathBuf::from(
                pattern
                    .replace("{user}", &self.name)
                    .replace("{home}", &self.home.to_string_lossy()),
            ),
            None => self
                .state_home
                .clone()
                .unwrap_or_else(|| self.home.join(Path::new(".local/state")))
                .join("ferrolab"),
        }
    }
}

/// The numeric id of a user.
///
/// # Errors
/// When there is no such user.
pub fn uid_of(name: &str) -> Result<u32, PersonError> {
    Ok(user_of_name(name)?.uid.as_raw())
}

fn user_of_name(name: &str) -> Result<User, PersonError> {
    if !is_user_name(name) {
        return Err(PersonError::Name(name.chars().take(40).collect()));
    }
    User::from_name(name)
        .map_err(|source| PersonError::System {
            what: "cannot read the user database",
            source,
        })?
        .filter(|user| user.name == name)
        .ok_or_else(|| PersonError::NoSuchUser(name.to_owned()))
}

/// The form of `useradd`, with the upper-case letters, dots and `@` of directory services.
fn is_user_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-@".contains(&byte))
        && !name.starts_with(['-', '.'])
        && !name.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused_before_the_user_database_is_asked() {
        let long = "a".repeat(33);
        for name in [
            "", "..", "-u", "a b", "a;id", "$(id)", "a/b", "a\nb", "a\0", "0", "1000", "ä", &long,
        ] {
            assert!(
                matches!(Person::become_user(name, 1000), Err(PersonError::Name(_))),
                "{name:?}"
            );
        }
    }

    #[test]
    fn unknown_names_and_other_cases_are_no_users() {
        for name in ["no-such-user-here", "ROOT"] {
            assert!(
                matches!(
                    Person::become_user(name, 1000),
                    Err(PersonError::NoSuchUser(_))
                ),
                "{name}"
            );
        }
    }

    #[test]
    fn root_is_nobodys_user_and_others_are_only_themselves() {
        let person = Person::current().unwrap();
        if Uid::effective().is_root() {
            for (name, min_uid) in [("root", 1000), ("root", 0), ("daemon", 1000)] {
                let refused = Person::become_user(name, min_uid);
                assert!(
                    matches!(refused, Err(PersonError::NoPerson { .. })),
                    "{name} {min_uid}"
                );
            }
            assert!(Uid::effective().is_root());
        } else {
            let same = Person::become_user(&person.name, 1000).unwrap();
            assert_eq!(same.name, person.name);
            assert!(Person::become_user("root", 1000).is_err());
        }
    }

    #[test]
    fn the_state_folder_follows_the_site() {
        let person = Person {
            name: "ada".into(),
            home: "/home/ada".into(),
            shell: "/bin/zsh".into(),
            state_home: None,
        };
        let site = StateConfig {
            dir: Some("/scratch/{user}/x".into()),
        };
        assert_eq!(person.state_folder(&site), Path::new("/scratch/ada/x"));
        let plain = person.state_folder(&StateConfig::default());
        assert_eq!(plain, Path::new("/home/ada/.local/state/ferrolab"));
    }
}
