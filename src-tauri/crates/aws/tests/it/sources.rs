//! Credentials come from where the environment says, and from nowhere else.

use std::fs;

use action::Environment;
use action::environment::Credentials;
use aws::{ConnectError, Options};

use crate::child;
use crate::stub::{Stub, refusal};

const SECRET: &str = "hush-hush-secret-key";
const TOKEN: &str = "hush-hush-session-token";

/// A home with an AWS configuration of every kind in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let config = format!(
            "[profile p]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = {SECRET}\n\
             region = eu-west-1\nendpoint_url = http://127.0.0.1:1\n\
             [profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dr\n\
             [profile legacy]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n\
             sso_account_id = 123456789012\nsso_role_name = dr\n\
             [profile via-sso]\nrole_arn = arn:aws:iam::123456789012:role/dr\nsource_profile = sso\n\
             [profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/dr\nsource_profile = p\n\
             mfa_serial = arn:aws:iam::123456789012:mfa/me\n\
             [profile orphan]\nrole_arn = arn:aws:iam::123456789012:role/dr\nsource_profile = gone\n\
             [profile empty]\nregion = us-east-1\n\
             [profile half]\naws_access_key_id = AKIAHALF\n\
             [profile script]\ncredential_process = /bin/false\n\
             [sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n\
             sso_registration_scopes = sso:account:access\n\
             [profile far]\nsso_session = far\nsso_account_id = 123456789012\nsso_role_name = dr\n\
             [sso-session far]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = no-such-region\n\
             sso_registration_scopes = sso:account:access\n\
             [default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = other\n"
        );
        fs::write(home.path().join("config"), config).unwrap();
        Self(home)
    }

    fn variables(&self) -> Vec<(String, String)> {
        let at = |name: &str| self.0.path().join(name).to_str().unwrap().to_owned();
        vec![
            ("HOME".into(), at("")),
            ("AWS_CONFIG_FILE".into(), at("config")),
            ("AWS_SHARED_CREDENTIALS_FILE".into(), at("none")),
        ]
    }

    async fn bucket(&self, environment: &Environment, more: &[(&str, &str)]) -> String {
        let own = self.variables();
        let all: Vec<(&str, &str)> =
            own.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(more.iter().copied()).collect();
        let told = child::bucket(environment, &all).await;
        assert!(told.ends_with("secrets in []"), "{told}");
        told
    }
}

pub(crate) async fn bucket_with_profile(environment: Environment) -> String {
    Home::new().bucket(&environment, &[]).await
}

fn environment(url: &str, credentials: Credentials) -> Environment {
    Environment { credentials, database: None, ..Environment::practice(url) }
}

fn profile(name: &str) -> Credentials {
    Credentials::Profile(name.to_owned())
}

#[tokio::test]
async fn a_profile_wins_over_every_variable() {
    let stub = Stub::start(|_, _| refusal(400, "ExpiredToken", "expired")).await;
    let hostile = [
        ("AWS_ACCESS_KEY_ID", "AKIAVARIABLE"),
        ("AWS_SECRET_ACCESS_KEY", "other"),
        ("AWS_PROFILE", "default"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
    ];
    let told = Home::new().bucket(&environment(&stub.url, profile("p")), &hostile).await;
    assert!(told.contains("Renew the keys of profile p with `aws configure --profile p`"), "{told}");
    assert!(!told.contains(SECRET), "{told}");
    let heads = stub.heads();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].contains("Credential=AKIAPROFILE/"), "{}", heads[0]);
    assert!(heads[0].contains("/us-east-1/s3/"), "{}", heads[0]);
}

#[tokio::test]
async fn variables_are_used_when_named_and_only_then() {
    let stub = Stub::start(|_, _| refusal(400, "ExpiredToken", "expired")).await;
    let keys =
        [("AWS_ACCESS_KEY_ID", "ASIAVARIABLE"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_PROFILE", "p")];
    let named = environment(&stub.url, Credentials::Environment(true));
    let told = Home::new().bucket(&named, &keys).await;
    assert!(told.starts_with("connect: AWS_SESSION_TOKEN is not set; set it, then start again"), "{told}");
    let told = Home::new().bucket(&named, &[&keys[..], &[("AWS_SESSION_TOKEN", TOKEN)]].concat()).await;
    assert!(told.contains("Set fresh AWS_ACCESS_KEY_ID"), "{told}");
    assert!(!told.contains(SECRET) && !told.contains(TOKEN), "{told}");
    let heads = stub.heads();
    assert!(heads[0].contains("Credential=ASIAVARIABLE/") && heads[0].contains(TOKEN), "{}", heads[0]);
    let told = Home::new().bucket(&named, &[]).await;
    assert!(told.contains("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"), "{told}");
    assert_eq!(stub.heads().len(), 1, "nothing was sent with other credentials");
}

#[tokio::test]
async fn profiles_that_give_no_credentials_say_what_to_do() {
    let stub = Stub::start(|_, _| refusal(500, "Unexpected", "nothing may be sent")).await;
    let login = |name: &str| {
        format!(
            "the login of profile {name} has expired, or was never made. Run `aws sso login --profile {name}`, then \
             try again."
        )
    };
    let hostile = [("AWS_ACCESS_KEY_ID", "AKIAVARIABLE"), ("AWS_SECRET_ACCESS_KEY", "other")];
    for (name, words) in [
        ("sso", login("sso")),
        ("legacy", login("legacy")),
        ("via-sso", login("via-sso")),
        ("mfa", "connect: profile mfa wants an MFA code".to_owned()),
        ("orphan", "connect: profile gone is not in the AWS configuration".to_owned()),
        (
            "nobody",
            "connect: profile nobody is not in the AWS configuration of this machine (it has default, empty, far, half, \
             legacy, mfa, orphan, p, script, sso, via-sso); add it with `aws configure sso --profile nobody`"
                .to_owned(),
        ),
        ("half", "the credentials' configuration is wrong: ".to_owned()),
        ("empty", "profile empty gives no credentials".to_owned()),
        ("script", "profile script gives no credentials".to_owned()),
    ] {
        let told = Home::new().bucket(&environment(&stub.url, profile(name)), &hostile).await;
        assert!(told.contains(&words), "{name}: {told}");
        assert!(words.starts_with("connect") || told.contains("\"credentials\""), "{name}: {told}");
    }
    assert_eq!(stub.heads().len(), 0, "nothing was sent with other credentials");
}

#[tokio::test]
async fn an_expired_login_is_told_from_a_sign_in_that_cannot_be_reached() {
    let stub = Stub::start(|_, _| refusal(500, "Unexpected", "nothing may be sent")).await;
    for (name, cached, expires, words) in [
        (
            "sso",
            "ee0bfd2552fbd840c02cc48b6e823320543c450f.json", // SHA-1 of the session's name, `corp`
            "2020-01-01T00:00:00Z",
            "the login of profile sso has expired, or was never made. Run `aws sso login --profile sso`, then try again.",
        ),
        (
            "far",
            "70b2db8ae957dc9c4a7f9e9509f8bf0c85b79de7.json", // SHA-1 of `far`
            "2099-01-01T00:00:00Z",
            "the service that the credentials come from did not answer. Check this machine's network",
        ),
    ] {
        let home = Home::new();
        let cache = home.0.path().join(".aws/sso/cache");
        fs::create_dir_all(&cache).unwrap();
        let token = format!("{{\"accessToken\":\"{TOKEN}\",\"expiresAt\":\"{expires}\"}}");
        fs::write(cache.join(cached), token).unwrap();
        let told = home.bucket(&environment(&stub.url, profile(name)), &[]).await;
        assert!(told.contains(words), "{told}");
        assert!(!told.contains(TOKEN), "{told}");
    }
    assert_eq!(stub.heads().len(), 0);
}

#[tokio::test]
async fn the_environment_is_checked_before_anything_else() {
    let error =
        aws::connect(&environment("http://s3.example.com", profile("p")), &Options::default()).await.err();
    assert!(matches!(error, Some(ConnectError::Environment(_))), "{error:?}");
    let error =
        aws::connect(&Environment::practice("https://s3.example.com"), &Options::default()).await.err();
    assert!(error.unwrap().to_string().contains("only for the practice range"));
}
