//! Sessions as a test opens them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use action::port::{Endpoint, Limits, PortError, PortErrorKind, Reading, Sql};
use portal::{Database, Login, Trust};

use crate::servers::{PASSWORD, Server};

/// Long enough for anything that does end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The limits of a test that isn't about limits.
pub(crate) const LIMITS: Limits =
    Limits { connect: Duration::from_secs(20), statement: Duration::from_secs(20), rows: 1000 };

/// Refuses to wait for ever.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it ends within a minute")
}

/// Who signs in where, and how often the login was asked for.
pub(crate) struct Client {
    pub(crate) engine: &'static str,
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
    pub(crate) trust: Trust,
    pub(crate) at: Endpoint,
    pub(crate) asked: Arc<AtomicUsize>,
}

impl Client {
    pub(crate) fn new(engine: &'static str, server: &Server) -> Self {
        Self {
            engine,
            user: "lifeboat",
            password: PASSWORD,
            trust: Trust::File(server.ca.clone()),
            at: Endpoint { address: "localhost".into(), port: server.port },
            asked: Arc::default(),
        }
    }

    pub(crate) fn trusting(self, ca: &Path) -> Self {
        Self { trust: Trust::File(ca.to_owned()), ..self }
    }

    pub(crate) fn database(&self) -> Database {
        let (user, password, asked) = (self.user, self.password, self.asked.clone());
        let login = Arc::new(move || {
            asked.fetch_add(1, Ordering::Relaxed);
            let login = Login { user: user.into(), password: password.into() };
            let answer: futures::future::BoxFuture<'static, _> = Box::pin(async move { Ok(login) });
            answer
        });
        Database::new(self.engine, Some("portal"), self.trust.clone(), login)
    }

    pub(crate) async fn try_open(&self, limits: Limits) -> Result<Box<dyn Reading>, PortError> {
        soon(self.database().read(&self.at, limits)).await
    }

    pub(crate) async fn open(&self) -> Box<dyn Reading> {
        self.open_with(LIMITS).await
    }

    pub(crate) async fn open_with(&self, limits: Limits) -> Box<dyn Reading> {
        self.try_open(limits).await.unwrap_or_else(|why| panic!("{why}"))
    }

    pub(crate) async fn change(&self, statements: &[&str]) -> Result<Vec<u64>, PortError> {
        let statements: Vec<String> = statements.iter().map(|text| (*text).to_owned()).collect();
        soon(self.database().change(&self.at, &statements, LIMITS)).await
    }

    /// That a session is refused, of that kind and with those words, and without the password.
    #[track_caller]
    pub(crate) fn refused(refused: Result<Box<dyn Reading>, PortError>, kind: PortErrorKind, words: &[&str]) {
        fails(refused.map(|_| ()), kind, words);
    }
}

/// That something failed, of that kind and with those words, and without the password.
#[track_caller]
pub(crate) fn fails<T: std::fmt::Debug>(done: Result<T, PortError>, kind: PortErrorKind, words: &[&str]) {
    let why = done.expect_err("it fails");
    let said = why.to_string();
    assert!(why.kind == kind, "{:?}: {said}", why.kind);
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
    assert!(!format!("{why:?}").contains("hush") && said.ends_with('.'), "{said}");
}
