//! What an environment file may say.

use super::*;

fn production() -> Environment {
    Environment {
        name: "production".into(),
        region: "us-east-1".into(),
        account: "123456789012".into(),
        credentials: Credentials::Profile("veonics-dr".into()),
        endpoints: Endpoints::default(),
        photos: Some(Photos {
            bucket: "veonics-photos".into(),
            prefix: "photos/".into(),
            replica_bucket: None,
            batch: None,
        }),
        database: None,
        portal: None,
        datto: None,
    }
}

#[test]
fn only_us_regions_are_accepted() {
    assert_eq!(production().check(), Ok(()));
    let env = Environment { region: "eu-west-1".into(), ..production() };
    assert!(matches!(env.check(), Err(EnvironmentError::Region { .. })));
}

#[test]
fn plain_text_endpoints_stay_on_this_machine() {
    for (url, good) in [
        ("http://127.0.0.1:9000", true),
        ("http://localhost:1/", true),
        ("http://[::1]:9000", true),
        ("https://s3.example.com", true),
        ("http://s3.example.com", false),
        ("http://127.0.0.1.example.com:80", false),
        ("http://localhost@example.com", false),
    ] {
        let endpoints = Endpoints { s3: Some(url.into()), ..Endpoints::default() };
        assert_eq!(Environment { endpoints, ..production() }.check().is_ok(), good, "{url}");
    }
}

#[test]
fn the_practice_key_stays_on_this_machine() {
    assert_eq!(Environment::practice("http://127.0.0.1:9311").check(), Ok(()));
    let env =
        Environment { endpoints: Endpoints::default(), ..Environment::practice("http://127.0.0.1:9311") };
    assert!(matches!(env.check(), Err(EnvironmentError::Practice { .. })));
    let env = Environment::practice("https://s3.example.com");
    assert!(matches!(env.check(), Err(EnvironmentError::Practice { .. })));
}

#[test]
fn jobs_have_a_role_of_the_account_and_a_bucket_of_their_own() {
    let good = Batch {
        role: "arn:aws:iam::123456789012:role/lifeboat-batch".into(),
        bucket: "veonics-jobs".into(),
        prefix: "lifeboat/jobs".into(),
    };
    let check = |batch: Batch| {
        let mut env = production();
        env.photos.as_mut().unwrap().batch = Some(batch);
        env.check().map_err(|why| why.to_string())
    };
    assert_eq!(check(good.clone()), Ok(()));
    for (wrong, named) in [
        (Batch { role: "arn:aws:iam::999999999999:role/x".into(), ..good.clone() }, "photos.batch.role"),
        (Batch { role: "arn:aws:iam::123456789012:role/".into(), ..good.clone() }, "photos.batch.role"),
        (Batch { bucket: "veonics-photos".into(), ..good.clone() }, "photos.batch.bucket"),
        (Batch { prefix: "jobs/".into(), ..good.clone() }, "photos.batch.prefix"),
    ] {
        assert!(check(wrong).unwrap_err().contains(named));
    }
}

#[test]
fn what_jobs_are_asked_of_counts_as_far_where_they_are_set_up() {
    let mut env = Environment::practice("http://127.0.0.1:9311");
    assert!(env.is_local());
    env.endpoints.s3control = None;
    assert!(!env.is_local());
    env.photos.as_mut().unwrap().batch = None;
    assert!(env.is_local());
}

#[test]
fn paths_name_leaves() {
    let paths = production().paths();
    assert_eq!(paths["photos.bucket"], "veonics-photos");
    assert_eq!(paths["environment"], "production");
    assert!(paths.keys().all(|p| p.starts_with("credentials") || Environment::PATHS.contains(&p.as_str())));
}
