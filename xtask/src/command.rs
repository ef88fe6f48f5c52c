//! Starting another program: its line is printed before it runs, and a failure names that line, so that a log read on
//! a build server says what to type to see the same again.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs to the end with the output shown as it comes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    eprintln!("$ {line}");
    let status = command.status().with_context(|| format!("could not start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Runs to the end and hands back what was printed on standard output; standard error is shown as it comes.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("could not start `{line}`"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("`{line}` ended with {}\n{text}", output.status);
    }
    Ok(text)
}

/// Whether a program of this name stands in a folder of `PATH`.
pub(crate) fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// What a person would type for it; arguments with a space stand in quotes.
pub(crate) fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .map(|word| if word.contains(' ') { format!("\"{word}\"") } else { word.into_owned() })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_line_that_failed() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sh -c \"exit 3\"") && error.contains('3'), "{error}");
        let error = read(Command::new("sh").args(["-c", "echo why; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("why"), "{error}");
        assert!(run(&mut Command::new("no-such-program-here")).is_err());
    }

    #[test]
    fn reads_standard_output() {
        assert_eq!(read(Command::new("echo").arg("two words")).unwrap(), "two words\n");
        assert!(exists("sh") && !exists("no-such-program-here"));
    }
}
