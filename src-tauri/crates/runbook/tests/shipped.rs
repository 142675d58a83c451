//! The shipped runbooks.

use std::path::Path;

fn main_check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../runbooks").join(name);
    let bytes = std::fs::read(&path).unwrap();
    let parsed = runbook::lint(&bytes, name, true, jiff::civil::date(2026, 11, 24));
    for d in &parsed.diagnostics {
        println!("{d}");
    }
    let r = parsed.runbook.unwrap();
    for s in r.steps() {
        println!("{} {} {:?}", s.id, s.title, s.effect());
    }
}
#[test]
fn a() {
    main_check("restore-badge-photos.md");
    main_check("restore-on-premises.md");
}
