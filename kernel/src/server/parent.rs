//! The process that started the kernel. A kernel whose parent has died is of no use to anyone.

use std::env;
use std::thread;
use std::time::Duration;

use rustix::process::getppid;

use crate::server::control::Stopper;
use crate::server::start_thread;

/// Where Jupyter says who the parent is.
const PARENT_ENV: &str = "JPY_PARENT_PID";
/// How often it is looked for.
const INTERVAL: Duration = Duration::from_secs(1);

/// Starts to watch the parent, if Jupyter asks for it and it is the parent indeed. It is not when
/// a launcher stands between, as in a job step; then the launcher ends the kernel.
pub(super) fn watch(stopper: &Stopper) -> anyhow::Result<()> {
    let named = env::var(PARENT_ENV)
        .ok()
        .and_then(|text| text.parse::<i32>().ok());
    let Some(parent) = getppid().filter(|parent| Some(parent.as_raw_pid()) == named) else {
        return Ok(());
    };
    let stopper = stopper.clone();
    start_thread("parent", move || {
        while getppid() == Some(parent) {
            thread::sleep(INTERVAL);
        }
        stopper.stop("its parent process has ended");
    })
}
