//! From an environment to ports.

use std::sync::Arc;
use std::time::Duration;

use action::Environment;
use action::environment::EnvironmentError;
use action::port::Ports;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    AppName, BehaviorVersion, IdentityCache, Region, RequestChecksumCalculation, SharedCredentialsProvider,
    SharedHttpClient, SharedIdentityCache, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use portal::Clock;

use crate::batch::{AsItIs, Jobs, STORING};
use crate::credentials;
use crate::databases::{Databases, Regional};
use crate::errors::Site;
use crate::identity::Sts;
use crate::keychain::{KeychainError, told};
use crate::photos::Photos;
use crate::reach;

/// What the configurations of all services have in common.
struct Common {
    provider: SharedCredentialsProvider,
    cache: SharedIdentityCache,
    retries: RetryConfig,
    timeouts: TimeoutConfig,
    name: Option<AppName>,
}

/// The configuration of one service in one region: each SDK has a type of its own for it.
macro_rules! configured {
    ($sdk:ident, $common:expr, $region:expr, $endpoint:expr) => {{
        let common: &Common = &$common;
        let mut config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(String::from($region)))
            .credentials_provider(common.provider.clone())
            .identity_cache(common.cache.clone())
            .retry_config(common.retries.clone())
            .timeout_config(common.timeouts.clone());
        config.set_app_name(common.name.clone());
        if let Some(url) = $endpoint {
            config = config.endpoint_url(url);
            config.set_http_client(direct(url));
        }
        config
    }};
}

/// How patient requests are. The defaults suit a person waiting for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How often a request is sent before it counts as failed. Retried are throttling, failures on the far side
    /// and broken connections, with the SDK's growing, jittered pauses (standard mode). Copies, markers and removals of
    /// photos are sent once.
    pub attempts: u32,
    /// How long opening a connection may take.
    pub connect: Duration,
    /// How long one attempt at a request may take.
    pub attempt: Duration,
    /// How long a request may take with all its attempts and pauses.
    pub limit: Duration,
    /// How long a copy may take, and a second for each 20 MB besides: S3 answers only when the copy is done.
    pub copy_limit: Duration,
    /// The most bytes that one request copies; what is larger is copied in parts. S3 takes up to 5 GiB.
    pub copy_whole: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            attempts: 5,
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(14),
            limit: Duration::from_secs(30),
            copy_limit: Duration::from_secs(30),
            copy_whole: 5 << 30,
        }
    }
}

/// Why an environment can't be connected to; each says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The environment's values can't be used.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The profile isn't in the shared AWS configuration.
    #[error(
        "profile {profile} is not in the AWS configuration of this machine ({}); add it with \
         `aws configure sso --profile {profile}`, or name another in the environment file",
        those(.known)
    )]
    NoProfile {
        /// The profile that the environment names.
        profile: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// The shared AWS configuration can't be read.
    #[error("the AWS configuration of this machine can't be read: {why}; correct it, then try again")]
    ProfileFile {
        /// What is wrong with it.
        why: String,
    },
    /// The profile wants a one-time code, which the SDK for Rust has no way to ask for.
    #[error(
        "profile {profile} wants an MFA code (`mfa_serial`), which can't be given here; sign in with a profile of \
         IAM Identity Center, or get temporary keys with `aws sts get-session-token` and keep them in the \
         keychain (`lifeboat keychain set`)"
    )]
    Mfa {
        /// The profile, or the one that it takes its credentials from.
        profile: String,
    },
    /// Variables of the environment that credentials are made of are missing.
    #[error("{} {} not set; set {}, then start again", .missing.join(" and "), if .missing.len() == 1 { "is" } else { "are" }, if .missing.len() == 1 { "it" } else { "them" })]
    Variables {
        /// Their names.
        missing: Vec<&'static str>,
    },
    /// The keychain didn't give the entry.
    #[error("{}", told(.0))]
    Keychain(#[from] KeychainError),
}

fn those(profiles: &[String]) -> String {
    if profiles.is_empty() { "it has none".to_owned() } else { format!("it has {}", profiles.join(", ")) }
}

/// Makes the ports of an environment, with the credentials that it names and no others.
///
/// Sends nothing: the first request does, and [`action::port::Identity::whoami`] should be the first. Only the
/// AWS configuration files, the `AWS_*` variables or the keychain are read, whichever the environment names.
///
/// # Errors
/// A [`ConnectError`] when the environment isn't fit to be used, or its credentials can't be found.
pub async fn connect(environment: &Environment, options: &Options) -> Result<Ports, ConnectError> {
    environment.check()?;
    let (source, provider) = credentials::choose(environment).await?;
    let endpoints = &environment.endpoints;
    let account = environment.account.clone();
    let site = move |service: &'static str, endpoint: &Option<String>, region: &str| Site {
        source: source.clone(),
        service,
        endpoint: endpoint.clone(),
        region: region.to_owned(),
        account: account.clone(),
    };
    let common = Common {
        provider,
        cache: IdentityCache::lazy().load_timeout(Duration::from_secs(20)).build(),
        retries: RetryConfig::standard().with_max_attempts(options.attempts.max(1)),
        timeouts: limits(options.connect, options.attempt, options.limit),
        name: AppName::new("lifeboat").ok(),
    };
    let identity = Sts {
        client: aws_sdk_sts::Client::from_conf(
            configured!(aws_sdk_sts, common, &environment.region, &endpoints.sts).build(),
        ),
        site: site("sts", &endpoints.sts, &environment.region),
    };
    let s3 = configured!(aws_sdk_s3, common, &environment.region, &endpoints.s3)
        // At an address of its own the bucket is in the path, not in the host's name.
        .force_path_style(endpoints.s3.is_some())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
    let again = s3.clone().retry_partition(RetryPartition::custom("photos").build());
    let once = s3
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(options.connect).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let again = aws_sdk_s3::Client::from_conf(again.build());
    let mut control = configured!(aws_sdk_s3control, common, &environment.region, &endpoints.s3control);
    if let Some(url) = &endpoints.s3control {
        control = control.endpoint_resolver(AsItIs(url.clone()));
    }
    let jobs = Jobs {
        control: aws_sdk_s3control::Client::from_conf(control.build()),
        site: site("s3control", &endpoints.s3control, &environment.region),
        s3: again.clone(),
        store: site("s3", &endpoints.s3, &environment.region),
        storing: limits(options.connect, STORING, STORING * 3),
    };
    let photos = Photos {
        client: again,
        once: aws_sdk_s3::Client::from_conf(once.build()),
        site: site("s3", &endpoints.s3, &environment.region),
        limit: options.limit,
        copy_limit: options.copy_limit,
        copy_whole: options.copy_whole,
        attempts: options.attempts.max(1),
    };

    let endpoints = endpoints.clone();
    // One attempt may take all the time that there is: what is not answered is not sent again.
    let changing = limits(options.connect, options.limit, options.limit);
    let databases = Databases::new(move |region| Regional {
        rds: aws_sdk_rds::Client::from_conf(configured!(aws_sdk_rds, common, region, &endpoints.rds).build()),
        kms: aws_sdk_kms::Client::from_conf(configured!(aws_sdk_kms, common, region, &endpoints.kms).build()),
        site: site("rds", &endpoints.rds, region),
        keys: site("kms", &endpoints.kms, region),
        changing: changing.clone(),
    });
    let pace = if environment.is_local() { Clock::LOCAL } else { Clock::AWS };
    let mut ports = Ports {
        batch: Arc::new(jobs),
        databases: Arc::new(databases),
        pace: Arc::new(pace),
        ..Ports::of_photos(Arc::new(identity), Arc::new(photos))
    };
    reach::the_portal(environment, &mut ports);
    Ok(ports)
}

/// A client that goes past `HTTP_PROXY`, for an endpoint in plain text. [`Environment::check`] has seen to it that
/// such a one is on this machine, which a proxy would look for on its own.
fn direct(url: &str) -> Option<SharedHttpClient> {
    let aws_lc = tls::Provider::Rustls(CryptoMode::AwsLc);
    url.starts_with("http://").then(|| Builder::new().tls_provider(aws_lc).build_https())
}

fn limits(connect: Duration, attempt: Duration, whole: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(connect)
        .operation_attempt_timeout(attempt)
        .operation_timeout(whole)
        .build()
}
