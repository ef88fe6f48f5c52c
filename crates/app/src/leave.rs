//! The end of a process. A call to a graphics driver that has not come back runs on its own thread until the very end, and
//! a driver that is taken down beneath it faults: then the process ends without that.

use std::io::Write;
use std::process::ExitCode;

use sightline_model::still_looking;

use crate::live::device::a_call_is_out;

/// What `main` returns; but while a call to a graphics driver is out, the process ends here, and nothing that runs at a
/// process's end runs any more. To be called last: with everything closed that is to be closed.
pub fn leave(code: u8) -> ExitCode {
    if a_call_is_out() || still_looking() {
        // Whoever reads them may be gone.
        let _ = std::io::stdout().flush();
        let _ = std::io::stderr().flush();
        signal_hook::low_level::exit(code.into());
    }
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;
    use crate::live::device::Guard;

    /// Set in the process of the test that ends.
    const ENDS: &str = "SIGHTLINE_TEST_LEAVES";

    #[test]
    fn a_process_ends_with_its_code_and_its_last_words_while_a_driver_hangs() {
        if std::env::var_os(ENDS).is_some() {
            let (_release, held) = channel::<()>();
            let hung = Guard::at("gpu:leaves").ask(Duration::from_millis(50), &|| false, move || _ = held.recv());
            print!("{}", hung.unwrap_err());
            leave(3);
            return;
        }
        let name = std::thread::current().name().unwrap().to_owned();
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", &name, "--nocapture"]).env(ENDS, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("gpu:leaves: no answer for"), "{said}");
    }
}
