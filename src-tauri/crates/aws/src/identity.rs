//! Who the credentials belong to.

use std::sync::{Arc, Mutex, PoisonError};

use action::port::{Caller, Identity, PortError, PortErrorKind};
use async_trait::async_trait;
use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_sdk_sts::operation::RequestId;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::errors::Site;

pub(crate) struct Sts {
    pub(crate) client: aws_sdk_sts::Client,
    pub(crate) site: Site,
}

/// Compares this machine's clock with the `Date` of an answer.
#[derive(Debug, Clone, Default)]
struct Clocks {
    ahead: Arc<Mutex<Option<i64>>>,
}

impl Clocks {
    fn ahead(&self) -> Option<i64> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Clocks {
    fn name(&self) -> &'static str {
        "Clocks"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        let ahead = date.map(|date| Timestamp::now().as_second() - date.as_second());
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead;
        Ok(())
    }
}

#[async_trait]
impl Identity for Sts {
    async fn whoami(&self) -> Result<Caller, PortError> {
        const OPERATION: &str = "GetCallerIdentity";
        let site = &self.site;
        let clocks = Clocks::default();
        let answer = self
            .client
            .get_caller_identity()
            .customize()
            .interceptor(clocks.clone())
            .send()
            .await
            .map_err(|e| site.port_error(OPERATION, &site.account, &e))?;
        match (answer.account(), answer.arn()) {
            (Some(account), Some(arn)) => Ok(Caller {
                account: account.to_owned(),
                arn: arn.to_owned(),
                region: site.region.clone(),
                ahead: clocks.ahead(),
            }),
            _ => Err(PortError {
                kind: PortErrorKind::Other,
                operation: OPERATION.to_owned(),
                target: site.account.clone(),
                message: "the answer names no account".to_owned(),
                request_id: answer.request_id().map(str::to_owned),
                next: "Check `endpoints.sts` in the environment file: what answers there is not STS."
                    .to_owned(),
            }),
        }
    }
}
