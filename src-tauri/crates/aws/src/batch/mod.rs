//! S3 Batch Operations: manifests and reports over S3, jobs over S3 Control (facts §1.9).

use std::fs::File;
use std::time::Duration;

use action::port::{
    Answer, BatchJobs, Job, JobOrder, JobState, Listed, PortError, PortErrorKind, TaskResult, Uploaded,
};
use async_trait::async_trait;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_s3control::error::BuildError;
use aws_sdk_s3control::operation::RequestId;
use aws_sdk_s3control::types::{
    JobDescriptor, JobManifest, JobManifestFieldName, JobManifestFormat, JobManifestLocation,
    JobManifestSpec, JobOperation, JobReport, JobReportFormat, JobReportScope, RequestedJobStatus,
    S3CopyObjectOperation, S3MetadataDirective, S3StorageClass, S3Tag,
};
use futures::stream::BoxStream;

use crate::errors::Site;

mod manifest;
mod report;

/// How urgent jobs are among those of the account: as S3 has it when nobody says.
const PRIORITY: i32 = 10;
/// How long storing a part of a manifest may take, once: it goes over the laptop's own line.
pub(crate) const STORING: Duration = Duration::from_secs(120);
/// How many jobs a page of a listing has.
const PAGE: i32 = 1000;

pub(crate) struct Jobs {
    pub(crate) control: aws_sdk_s3control::Client,
    /// S3 Control's.
    pub(crate) site: Site,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) store: Site,
    /// The time limits of a part of a manifest.
    pub(crate) storing: TimeoutConfig,
}

/// An endpoint in place of AWS's own, as it is: the SDK would put the account's number in front of its name, which
/// nothing on this machine answers to. The account is in a header too.
#[derive(Debug)]
pub(crate) struct AsItIs(pub(crate) String);

impl ResolveEndpoint for AsItIs {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

fn arn(of: &str) -> String {
    format!("arn:aws:s3:::{of}")
}

#[async_trait]
impl BatchJobs for Jobs {
    async fn check(&self, bucket: &str) -> Result<(), PortError> {
        let setting = |error: PortError| PortError {
            next: format!("{} It is `photos.batch.bucket` in the environment file.", error.next),
            ..error
        };
        let head =
            self.s3.head_bucket().bucket(bucket).expected_bucket_owner(&self.store.account).send().await;
        let head = head.map_err(|error| setting(self.store.port_error("HeadBucket", bucket, &error)))?;
        match head.bucket_region() {
            Some(there) if there != self.store.region => Err(PortError {
                kind: PortErrorKind::Other,
                operation: "HeadBucket".to_owned(),
                target: bucket.to_owned(),
                message: format!("the bucket is in {there}, and jobs run in {}", self.store.region),
                request_id: None,
                next: format!(
                    "Write a bucket in {} as `photos.batch.bucket` in the environment file.",
                    self.store.region
                ),
            }),
            _ => Ok(()),
        }
    }

    async fn upload(&self, bucket: &str, key: &str, file: File) -> Result<Uploaded, PortError> {
        self.store_manifest(bucket, key, file).await
    }

    async fn find(&self, start: &str) -> Result<Vec<Listed>, PortError> {
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let answer = self
                .control
                .list_jobs()
                .account_id(&self.site.account)
                .max_results(PAGE)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| self.site.port_error("ListJobs", &self.site.account, &error))?;
            for job in answer.jobs() {
                let (Some(id), Some(description)) = (job.job_id(), job.description()) else { continue };
                if description.starts_with(start) {
                    found.push(Listed {
                        id: id.to_owned(),
                        description: description.to_owned(),
                        state: job.status().map_or(JobState::Unknown, |status| JobState::of(status.as_str())),
                    });
                }
            }
            next = answer.next_token().map(str::to_owned);
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    async fn create(&self, order: &JobOrder) -> Result<Answer<String>, PortError> {
        let parts = parts(order, &self.site.account).map_err(|error| PortError {
            kind: PortErrorKind::Other,
            operation: "CreateJob".to_owned(),
            target: order.manifest.clone(),
            message: error.to_string(),
            request_id: None,
            next: "Report this: the request could not be made.".to_owned(),
        })?;
        let answer = self
            .control
            .create_job()
            .account_id(&self.site.account)
            .client_request_token(&order.token)
            .description(&order.description)
            .confirmation_required(true)
            .priority(PRIORITY)
            .role_arn(&order.role)
            .operation(parts.operation)
            .manifest(parts.manifest)
            .report(parts.report)
            .set_tags(Some(parts.tags))
            .send()
            .await
            .map_err(|error| self.site.port_error("CreateJob", &order.manifest, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        match answer.job_id() {
            Some(id) => Ok(Answer { value: id.to_owned(), request_id }),
            None => Err(self.silent("CreateJob", &order.manifest, request_id)),
        }
    }

    async fn describe(&self, id: &str) -> Result<Answer<Job>, PortError> {
        let answer = self
            .control
            .describe_job()
            .account_id(&self.site.account)
            .job_id(id)
            .send()
            .await
            .map_err(|error| self.site.port_error("DescribeJob", id, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        match answer.job() {
            Some(described) => Ok(Answer { value: job(described), request_id }),
            None => Err(self.silent("DescribeJob", id, request_id)),
        }
    }

    async fn confirm(&self, id: &str) -> Result<Answer<()>, PortError> {
        self.update(id, RequestedJobStatus::Ready, "the plan was approved").await
    }

    async fn cancel(&self, id: &str, why: &str) -> Result<Answer<()>, PortError> {
        self.update(id, RequestedJobStatus::Cancelled, why).await
    }

    async fn report(
        &self,
        bucket: &str,
        prefix: &str,
        id: &str,
    ) -> Result<BoxStream<'_, Result<TaskResult, PortError>>, PortError> {
        self.read_report(bucket, prefix, id).await
    }
}

impl Jobs {
    async fn update(&self, id: &str, to: RequestedJobStatus, why: &str) -> Result<Answer<()>, PortError> {
        let answer = self
            .control
            .update_job_status()
            .account_id(&self.site.account)
            .job_id(id)
            .requested_job_status(to)
            .status_update_reason(why)
            .send()
            .await
            .map_err(|error| self.site.port_error("UpdateJobStatus", id, &error))?;
        Ok(Answer { value: (), request_id: answer.request_id().map(str::to_owned) })
    }

    fn silent(&self, operation: &str, target: &str, request_id: Option<String>) -> PortError {
        PortError {
            kind: PortErrorKind::Other,
            operation: operation.to_owned(),
            target: target.to_owned(),
            message: "the answer names no job".to_owned(),
            request_id,
            next:
                "Check `endpoints.s3control` in the environment file: what answers there is not S3 Control."
                    .to_owned(),
        }
    }
}

/// What a request for a job is made of.
struct Parts {
    operation: JobOperation,
    manifest: JobManifest,
    report: JobReport,
    tags: Vec<S3Tag>,
}

fn parts(order: &JobOrder, account: &str) -> Result<Parts, BuildError> {
    let copy = S3CopyObjectOperation::builder()
        .target_resource(arn(&order.target))
        .metadata_directive(S3MetadataDirective::Copy)
        .storage_class(S3StorageClass::from(order.storage_class.as_str()))
        .build();
    let fields = [JobManifestFieldName::Bucket, JobManifestFieldName::Key, JobManifestFieldName::VersionId];
    let spec = JobManifestSpec::builder()
        .format(JobManifestFormat::S3BatchOperationsCsv20180820)
        .set_fields(Some(fields.into()))
        .build()?;
    let location = JobManifestLocation::builder()
        .object_arn(arn(&format!("{}/{}", order.bucket, order.manifest)))
        .e_tag(&order.etag)
        .build()?;
    let report = JobReport::builder()
        .enabled(true)
        .bucket(arn(&order.bucket))
        .prefix(&order.report)
        .format(JobReportFormat::ReportCsv20180820)
        .report_scope(JobReportScope::AllTasks)
        .expected_bucket_owner(account)
        .build();
    let tags: Result<_, _> =
        order.tags.iter().map(|(key, value)| S3Tag::builder().key(key).value(value).build()).collect();
    Ok(Parts {
        operation: JobOperation::builder().s3_put_object_copy(copy).build(),
        manifest: JobManifest::builder().spec(spec).location(location).build(),
        report,
        tags: tags?,
    })
}

fn job(described: &JobDescriptor) -> Job {
    let state = described.status().map_or(JobState::Unknown, |status| JobState::of(status.as_str()));
    let summary = described.progress_summary();
    let count = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
    let failures: Vec<String> = described
        .failure_reasons()
        .iter()
        .map(|failure| {
            let parts = [failure.failure_code(), failure.failure_reason()];
            parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
        })
        .collect();
    let why = match (&failures[..], state) {
        // Waiting to be confirmed needs no reason.
        (_, JobState::Suspended) => None,
        ([], _) => described.status_update_reason().map(str::to_owned),
        (reasons, _) => Some(reasons.join("; ")),
    };
    let key = |arn: &str| arn.strip_prefix("arn:aws:s3:::")?.split_once('/').map(|(_, key)| key.to_owned());
    let location = described.manifest().and_then(|manifest| manifest.location());
    let copy = described.operation().and_then(|operation| operation.s3_put_object_copy());
    Job {
        state,
        tasks: summary.and_then(|summary| count(summary.total_number_of_tasks())),
        succeeded: summary.and_then(|summary| count(summary.number_of_tasks_succeeded())).unwrap_or_default(),
        failed: summary.and_then(|summary| count(summary.number_of_tasks_failed())).unwrap_or_default(),
        why: why.filter(|why| !why.is_empty()).map(|why| crate::words::tidy(&why)),
        manifest: location.and_then(|location| key(location.object_arn())),
        target: copy
            .and_then(|copy| copy.target_resource()?.strip_prefix("arn:aws:s3:::"))
            .map(str::to_owned),
    }
}
