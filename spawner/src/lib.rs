//! Notebooks on Slurm: run, submit, export, and the helper behind `JupyterHub`.
//!
//! | module | what it knows |
//! |---|---|
//! | [`cli`] | the command line: one file per subcommand |
//! | [`notebook`] | the `.ipynb` document |
//! | [`config`] | `ferrolab.toml` |
//! | [`slurm`] | how to ask Slurm, and how to read its answers |
//! | [`ledger`] | what was submitted, for whom |
//! | [`node`] | what runs on the compute node |
//! | [`hub`] | what the hub asks of its helper |
//! | [`doctor`] | is everything there? |
//! | [`person`] | whose jobs they are |
//! | [`params`] | `-p name=value` and the cell that it becomes |
//! | [`export`] | a notebook as a Cargo project |
//! | [`html`] | a notebook as a web page |
//! | [`run`] | a kernel as a child process, and a notebook executed in it |
//! | [`kernelspec`] | which kernels are installed, and how to install ours |

pub mod cli;
pub mod config;
pub mod doctor;
pub mod export;
pub mod html;
pub mod hub;
pub mod kernelspec;
pub mod ledger;
pub mod node;
pub mod notebook;
pub mod params;
pub mod person;
pub mod run;
pub mod slurm;
mod text;
