//! Where programs and files are, whatever `CARGO_TARGET_DIR` says.

use std::env;
use std::path::{Path, PathBuf};

/// The top of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The target folder that this test was built into.
pub(crate) fn target() -> PathBuf {
    // target/debug/deps/behaviour-…
    env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

/// A program of this workspace. `cargo test` alone doesn't build it for a test in another package.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = target().join("debug").join(name);
    assert!(
        path.is_file(),
        "{} is not built; run `cargo build --workspace --all-targets` first",
        path.display()
    );
    path
}

/// A file that `cargo xtask setup` puts into the target folder.
pub(crate) fn tool(relative: &str) -> PathBuf {
    let path = target().join(relative);
    assert!(path.is_file(), "{} is missing; run `cargo xtask setup` first", path.display());
    path
}
