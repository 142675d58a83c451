//! Prepares the shell: a page to embed when the UI has not been built, then Tauri's own build step.

use std::path::Path;
use std::{fs, io};

/// What the window shows when Rust was built before the UI was. `tauri::generate_context!` refuses to compile
/// without a `ui/dist`, and `cargo clippy` in a clean checkout should not need Node.
const PLACEHOLDER: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Lifeboat</title>
<body>
<h1>The user interface has not been built</h1>
<p>Run <code>cargo xtask practice</code>, or <code>npm ci && npm run build</code> in <code>ui/</code>, then build again.</p>
</body>
</html>
";

fn main() -> io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist");
    let index = dist.join("index.html");
    if !index.exists() {
        fs::create_dir_all(&dist)?;
        fs::write(&index, PLACEHOLDER)?;
    }
    // The UI is embedded by a macro, which Cargo cannot see reading these files.
    println!("cargo:rerun-if-changed={}", dist.display());
    tauri_build::build();
    Ok(())
}
