//! The system packages that building and testing need. On Debian and its relatives what is missing is named with its
//! reason and installed; elsewhere it is named, and the developer installs what that system calls it.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Result, bail};

use crate::command;

/// What the machine is being made ready for. Testing needs all that running needs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    Run,
    Test,
}

struct Package {
    name: &'static str,
    purpose: Purpose,
    reason: &'static str,
}

/// The window's library brings GTK, libsoup and JavaScriptCore with it; nothing in the tree links OpenSSL or libxdo.
const PACKAGES: &[Package] = &[
    Package { name: "build-essential", purpose: Purpose::Run, reason: "C compiler for SQLite and compression" },
    Package { name: "pkg-config", purpose: Purpose::Run, reason: "finds the window's libraries" },
    Package { name: "libwebkit2gtk-4.1-dev", purpose: Purpose::Run, reason: "the web view that draws the window" },
    Package { name: "librsvg2-dev", purpose: Purpose::Run, reason: "icons in the window and in packages" },
    Package { name: "libvulkan1", purpose: Purpose::Run, reason: "finds a GPU when there is one" },
    Package { name: "xvfb", purpose: Purpose::Test, reason: "a screen for the window under test" },
    Package { name: "xauth", purpose: Purpose::Test, reason: "xvfb-run needs it" },
    Package { name: "webkit2gtk-driver", purpose: Purpose::Test, reason: "drives the window under test" },
    Package { name: "dbus-x11", purpose: Purpose::Test, reason: "a session bus for the window under test" },
    Package { name: "fonts-noto-cjk", purpose: Purpose::Test, reason: "Chinese text in the window under test" },
];

/// Installs what is missing for the purpose, after naming it.
pub(crate) fn install(purpose: Purpose) -> Result<()> {
    // Other systems bring a web view of their own, and name nothing the way Debian does.
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let wanted: Vec<&Package> = PACKAGES.iter().filter(|package| package.purpose <= purpose).collect();
    if !(command::exists("dpkg-query") && command::exists("apt-get")) {
        bail!(
            "this system has no apt-get. Install what it calls these, then add --skip-packages to the command:\n{}",
            list(&wanted)
        );
    }
    let missing = missing(&wanted, &installed(&wanted)?);
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("System packages that are missing and will be installed now:\n{}", list(&missing));
    command::run(apt_get()?.arg("update"))?;
    let names = missing.iter().map(|package| package.name);
    command::run(apt_get()?.args(["install", "-y", "--no-install-recommends"]).args(names))
}

/// What dpkg-query says of the packages. It fails when it does not know one of them, and prints the others.
fn installed(wanted: &[&Package]) -> Result<String> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(wanted.iter().map(|package| package.name))
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A package removed but not purged is known to dpkg and is missing all the same.
fn missing<'a>(wanted: &[&'a Package], installed: &str) -> Vec<&'a Package> {
    let installed: BTreeSet<&str> = installed.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    wanted.iter().filter(|package| !installed.contains(package.name)).copied().collect()
}

fn list(packages: &[&Package]) -> String {
    packages.iter().map(|package| format!("  {:<22} {}", package.name, package.reason)).collect::<Vec<_>>().join("\n")
}

/// `apt-get` with the right to install and no questions.
fn apt_get() -> Result<Command> {
    let mut command = if command::read(Command::new("id").arg("-u"))?.trim() == "0" {
        Command::new("env")
    } else if command::exists("sudo") {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    } else {
        bail!("installing packages needs root, and there is no sudo: install them as root and start again");
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(purpose: Purpose, installed: &str, expected: &[&str]) {
        let wanted: Vec<&Package> = PACKAGES.iter().filter(|package| package.purpose <= purpose).collect();
        let names: Vec<_> = missing(&wanted, installed).iter().map(|package| package.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn names_what_is_not_installed() {
        let for_running = "build-essential installed\npkg-config installed\nlibwebkit2gtk-4.1-dev installed\n\
                           librsvg2-dev installed\nlibvulkan1 installed\n";
        check(Purpose::Run, for_running, &[]);
        check(Purpose::Run, &for_running.replace("pkg-config installed", "pkg-config config-files"), &["pkg-config"]);
        check(Purpose::Test, for_running, &["xvfb", "xauth", "webkit2gtk-driver", "dbus-x11", "fonts-noto-cjk"]);
    }

    #[test]
    fn each_package_is_listed_with_its_reason() {
        let all: Vec<&Package> = PACKAGES.iter().collect();
        assert!(list(&all).contains("  xauth                  xvfb-run needs it\n"));
    }
}
