//! How long a part waits for its verdict, from the file's close to the stored record: `tests/live_bench.rs`.

use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{cargo, command};

pub(super) fn run(workspace: &Workspace) -> Result<()> {
    // It starts the learning process, which is a program of its own.
    command::run(&mut cargo::build_programs(workspace))?;
    command::run(&mut bench(workspace))
}

/// The development build: its dependencies are optimised too, and it is there already.
fn bench(workspace: &Workspace) -> Command {
    let mut bench = cargo::cargo(workspace, "bench");
    bench.args(["--workspace", "--profile", "dev", "--bench", "live", "--", "time"]);
    bench
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_bench_of_the_whole_workspace() {
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        assert_eq!(command::line(&bench(&workspace)), "cargo bench --workspace --profile dev --bench live -- time");
    }
}
