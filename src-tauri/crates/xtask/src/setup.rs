//! Makes the machine ready: says what is missing and why, then installs that and no more.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::needs::{self, Machine, Package, Purpose};
use crate::process::Run;
use crate::project::Project;
use crate::tools::{self, Tool};

/// Whether to do it, or only to say what would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Install,
    DryRun,
}

/// Installs what `purpose` needs and this machine lacks.
pub(crate) fn setup(project: &Project, purpose: Purpose, how: How) -> Result<(), Error> {
    tools::check_node()?;
    let packages = match Debian::ask(purpose) {
        Some(debian) => needs::missing(purpose, &debian),
        None => {
            println!("{}", elsewhere(purpose));
            Vec::new()
        }
    };
    let tools = tools::missing(project, purpose);
    if packages.is_empty() && tools.is_empty() {
        println!("Everything that is needed is installed.");
        return Ok(());
    }
    print!("{}", announcement(&packages, &tools));
    if how == How::DryRun {
        println!("Nothing was installed: this was a dry run.");
        return Ok(());
    }
    if !packages.is_empty() {
        install(&packages)?;
    }
    tools.iter().try_for_each(|tool| tool.install(project))
}

/// What is about to be installed, a line each.
fn announcement(packages: &[&Package], tools: &[Tool]) -> String {
    let lines = packages
        .iter()
        .map(|package| ("apt", package.name, package.why))
        .chain(tools.iter().map(|tool| (tool.from(), tool.name(), tool.why())));
    let mut text = "Missing, and about to be installed:\n".to_owned();
    for (from, name, why) in lines {
        text.push_str(&format!("  {from:<7} {name:<22} {why}\n"));
    }
    text
}

/// What to say on a system without dpkg.
fn elsewhere(purpose: Purpose) -> String {
    let list: Vec<_> =
        needs::packages(purpose).map(|package| format!("  {:<22} {}", package.name, package.why)).collect();
    format!(
        "This is not Debian (there is no dpkg-query), so system packages are not checked. Install your system's \
         own of these, if what follows fails:\n{}",
        list.join("\n")
    )
}

fn install(packages: &[&Package]) -> Result<(), Error> {
    let names: Vec<_> = packages.iter().map(|package| package.name).collect();
    let by_hand = format!("apt-get update && apt-get install --no-install-recommends {}", names.join(" "));
    let prefix = if Run::new("id -u").asked().is_some_and(|id| id.trim() == "0") {
        ""
    } else if on_path("sudo") {
        "sudo "
    } else {
        return Err(Error::new(
            "the packages above are missing; you are not root, and there is no sudo",
            format!("have an administrator run `{by_hand}`, then run this again"),
        ));
    };
    // `sudo` drops the environment, so what apt-get needs of it is set behind it.
    let quiet = format!("{prefix}env DEBIAN_FRONTEND=noninteractive apt-get -q");
    let update = || Run::new(&format!("{quiet} update")).shown("check the network and /etc/apt/sources.list");
    let get = || Run::new(&format!("{quiet} install -y --no-install-recommends")).args(&names);
    let next = format!("look at apt's messages above; by hand it is `{by_hand}`");
    let updated = !has_lists();
    if updated {
        update()?;
    }
    match get().shown(&next) {
        Err(_) if !updated => {
            println!("The package lists may be out of date: updating them, then once more.");
            update()?;
            get().shown(&next)
        }
        done => done,
    }
}

/// Whether apt was ever told what there is to install.
fn has_lists() -> bool {
    fs::read_dir("/var/lib/apt/lists").is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
    })
}

/// Whether a program is on the PATH.
pub(crate) fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| is_program(&dir.join(program)))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// This machine, by dpkg's account.
struct Debian {
    installed: HashSet<String>,
}

impl Debian {
    /// `None` where there is no dpkg.
    fn ask(purpose: Purpose) -> Option<Self> {
        // It exits with 1 when it doesn't know one of them, and still lists the rest.
        let listed = Run::new("dpkg-query --show --showformat ${Package}=${db:Status-Status}\\n")
            .args(needs::packages(purpose).map(|package| package.name))
            .env("LC_ALL", "C")
            .output()?;
        Some(Self::read(&listed))
    }

    fn read(listed: &str) -> Self {
        let installed = listed.lines().filter_map(|line| line.strip_suffix("=installed")).map(str::to_owned);
        Self { installed: installed.collect() }
    }
}

impl Machine for Debian {
    fn has_package(&self, name: &str) -> bool {
        self.installed.contains(name)
    }

    fn has_program(&self, name: &str) -> bool {
        on_path(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_package_is_not_installed() {
        let debian = Debian::read("xvfb=installed\nchromium=config-files\npython3-venv=not-installed\n");
        assert!(debian.has_package("xvfb"));
        assert!(!debian.has_package("chromium") && !debian.has_package("python3-venv"));
    }

    #[test]
    fn says_what_and_why() {
        let bare = Debian::read("");
        let xvfb =
            needs::missing(Purpose::Test, &bare).into_iter().find(|package| package.name == "python3-venv");
        let text = announcement(&[xvfb.unwrap()], &[Tool::TauriDriver]);
        assert!(text.contains("  apt     python3-venv           holds moto"), "{text}");
        assert!(text.contains("  cargo   tauri-driver"), "{text}");
    }
}
