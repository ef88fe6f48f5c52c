//! The end of a process. A call to a graphics driver that did not come back, or work that was handed to it last, runs on
//! threads of its own until the very end, and a driver that is taken down beneath them faults.

use std::io::Write;

/// Ends the process; to be called last, with everything closed that is to be closed. What libraries run at a process's end
/// does not run: on Linux drivers are taken down there while their threads go on. Windows ends these threads first.
pub fn leave(code: u8) -> ! {
    // Whoever reads it may be gone.
    let _ = std::io::stdout().flush();
    signal_hook::low_level::exit(code.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    /// Set in the process of the test that ends.
    const ENDS: &str = "SIGHTLINE_TEST_LEAVES";

    /// As a driver that is taken down at the process's end.
    struct Faults;

    impl Drop for Faults {
        fn drop(&mut self) {
            std::process::abort();
        }
    }

    thread_local! {
        static AT_THE_END: Faults = const { Faults };
    }

    #[test]
    fn a_process_ends_with_its_code_and_its_last_words_and_nothing_runs_after_them() {
        if std::env::var_os(ENDS).is_some() {
            AT_THE_END.with(|_| print!("last words"));
            leave(3);
        }
        let name = std::thread::current().name().unwrap().to_owned();
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", &name, "--nocapture"]).env(ENDS, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.ends_with("last words"), "{said}");
    }
}
