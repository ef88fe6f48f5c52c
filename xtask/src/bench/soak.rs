//! Whether a line stays as it is over an hour: `tests/soak.rs`.

use std::process::Command;

use anyhow::Result;

use super::page;
use crate::workspace::Workspace;
use crate::{cargo, command};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Minutes that parts come
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Parts a second
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    per_second: u64,
}

pub(super) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let results = workspace.root.join("docs/results.md");
    page::check(&results, "soak")?;
    // It watches the line in a process of its own.
    command::run(&mut cargo::build_programs(workspace))?;
    let text = command::read(&mut bench(workspace, arguments))?;
    println!("{text}");
    page::replace(&results, "soak", &text)
}

/// The development build: its dependencies are optimised too, and it is there already.
fn bench(workspace: &Workspace, arguments: &Arguments) -> Command {
    let mut bench = cargo::cargo(workspace, "bench");
    bench.args(["--workspace", "--profile", "dev", "--bench", "soak", "--", "time"]);
    bench.args([arguments.minutes, arguments.per_second].map(|number| number.to_string()));
    bench
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_bench_of_the_whole_workspace() {
        let workspace = Workspace { root: "/clone".into(), target: "/built".into() };
        assert_eq!(
            command::line(&bench(&workspace, &Arguments { minutes: 2, per_second: 50 })),
            "cargo bench --workspace --profile dev --bench soak -- time 2 50"
        );
    }
}
