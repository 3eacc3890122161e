//! The command line on notebooks, from outside: files in, files, messages and exit codes out.

mod bad_input;
mod export;
mod install;
mod run;
mod support;
