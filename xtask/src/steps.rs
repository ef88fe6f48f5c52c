//! The table at the end of a long run: what was done, how it ended, how many seconds it took. The first failure ends
//! the run, for what follows would fail for the same cause; the table is printed all the same.

use std::time::Instant;

use anyhow::{Context, Result, anyhow};

#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: &'static str,
    outcome: Result<Outcome, ()>,
    seconds: f64,
}

/// How a step that did not fail ended.
pub(crate) enum Outcome {
    Passed,
    /// It needed something that this machine lacks, and its absence is no fault of the change.
    NotRun(String),
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::Passed
    }
}

impl Steps {
    /// Runs the steps and prints their table, whether they passed or not.
    pub(crate) fn table(work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let mut steps = Self::default();
        let result = work(&mut steps);
        eprintln!("\n{}", steps.rows());
        result
    }

    pub(crate) fn take<T: Into<Outcome>>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<()> {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let (outcome, result) = match work().map(Into::into) {
            Ok(outcome) => (Ok(outcome), Ok(())),
            Err(error) => (Err(()), Err(error).with_context(|| anyhow!("{name} failed"))),
        };
        self.done.push(Step { name, outcome, seconds: start.elapsed().as_secs_f64() });
        result
    }

    fn rows(&self) -> String {
        let width = self.done.iter().map(|step| step.name.len()).max().unwrap_or(0);
        let mut rows = String::new();
        for step in &self.done {
            let outcome = match &step.outcome {
                Ok(Outcome::Passed) => "passed".to_owned(),
                Ok(Outcome::NotRun(why)) => format!("not run: {why}"),
                Err(()) => "FAILED".to_owned(),
            };
            rows.push_str(&format!("{:width$}  {:>7.1} s  {outcome}\n", step.name, step.seconds));
        }
        let total: f64 = self.done.iter().map(|step| step.seconds).sum();
        rows.push_str(&format!("{:width$}  {total:>7.1} s", "total"));
        rows
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn the_first_failure_ends_the_run_and_stands_in_the_table() {
        let mut steps = Steps::default();
        let mut work = || -> Result<()> {
            steps.take("first", || Ok(()))?;
            steps.take("second", || Ok(Outcome::NotRun("no network".to_owned())))?;
            steps.take("third", || -> Result<()> { bail!("wrong") })?;
            steps.take("fourth", || Ok(()))
        };
        let error = format!("{:#}", work().unwrap_err());
        assert_eq!(error, "third failed: wrong");
        let rows = steps.rows();
        let rows: Vec<_> = rows.lines().collect();
        assert_eq!(rows.len(), 4, "{rows:?}");
        assert!(rows[0].starts_with("first ") && rows[0].ends_with("passed"), "{rows:?}");
        assert!(rows[1].ends_with("not run: no network"), "{rows:?}");
        assert!(rows[2].starts_with("third ") && rows[2].ends_with("FAILED"), "{rows:?}");
    }
}
