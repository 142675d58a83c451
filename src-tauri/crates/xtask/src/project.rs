//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::process::Run;

/// The checkout, and the folder that builds go to.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
    target: PathBuf,
}

impl Project {
    /// The checkout that this program was built from, and the target folder that it was built into (which is
    /// how `CARGO_TARGET_DIR` and Cargo's own settings are respected, whatever they say).
    pub(crate) fn find() -> Result<Self, Error> {
        let lost = |what: &str| Error::new(what, "start it as `cargo xtask`, inside the checkout");
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| lost("CARGO_MANIFEST_DIR is not set"))?;
        let root = Path::new(&manifest)
            .ancestors()
            .find(|dir| dir.join("Cargo.lock").is_file())
            .ok_or_else(|| lost("found no Cargo.lock above the xtask crate"))?;
        let program =
            env::current_exe().map_err(|why| lost(&format!("failed to find my own file: {why}")))?;
        let target = program
            .ancestors()
            .nth(2)
            .ok_or_else(|| lost(&format!("{} is not in a target folder", program.display())))?;
        Ok(Self { root: root.to_owned(), target: target.to_owned() })
    }

    /// The top of the checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The user interface's package.
    pub(crate) fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The target folder, which also holds tools that only tests use.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// A cargo command on this workspace, as if it had been typed: what `cargo run` told this program about itself
    /// would make build scripts run again.
    pub(crate) fn cargo(&self, line: &str) -> Run {
        let own = |name: &str| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| name.starts_with(prefix))
        };
        let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| own(name));
        names
            .fold(Run::new(line), |run, name| run.without_env(&name))
            .within(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
    }

    /// A program of the workspace, as `cargo build` leaves it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }
}
