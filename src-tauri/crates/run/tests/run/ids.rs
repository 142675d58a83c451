//! Names for runs and for contents.

use run::{Digest, RunId};

use crate::world::instant;

#[test]
fn a_runs_id_says_when_it_began_and_is_read_back() {
    let id = RunId::new(instant("2026-11-24T03:14:02.9Z"), b"salt");
    assert!(id.as_str().starts_with("20261124-031402-"), "{id}");
    assert_eq!(id.as_str().parse(), Ok(id.clone()));
    assert_ne!(id, RunId::new(instant("2026-11-24T03:14:02.9Z"), b"pepper"));
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(serde_json::from_str::<RunId>(&json).unwrap(), id);
}

#[test]
fn what_is_no_id_is_refused_and_says_where_the_ids_are() {
    for text in [
        "",
        "latest",
        "20261124-031402",
        "20261124-031402-9f3",
        "20261124-031402-9F3A",
        "20261124-031402-9f3g",
        "2026112a-031402-9f3a",
        "20261124-031402-9f3a-",
        "20261124-031402-9f3a.lock",
        "../../20261124-031402-9f3a",
        "२०२६११२४-031402-9f3a",
    ] {
        let why = text.parse::<RunId>().unwrap_err().to_string();
        assert!(why.contains("`lifeboat runs`"), "{why}");
        assert!(serde_json::from_value::<RunId>(text.into()).is_err(), "{text}");
    }
}

#[test]
fn a_digest_is_sixty_four_lower_case_digits() {
    let digest = Digest::of(b"abc");
    assert_eq!(digest.as_str(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(digest.short(), "ba7816bf");
    assert_eq!(digest.to_string().parse(), Ok(digest.clone()));
    let upper = digest.as_str().to_uppercase();
    let long = format!("{digest}0");
    let wide = "é".repeat(32);
    for text in ["", "ba7816bf", &upper, &long, &wide] {
        assert!(text.parse::<Digest>().is_err(), "{text}");
        assert!(serde_json::from_value::<Digest>(text.into()).is_err(), "{text}");
    }
}
