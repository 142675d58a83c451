//! What only S3 Control answers.

use action::port::PortErrorKind;

use super::Explained;
use crate::fault::Fault;
use crate::words::tidy;

pub(super) fn permission(operation: &str) -> &'static str {
    match operation {
        "CreateJob" => "s3:CreateJob, s3:PutJobTagging, and iam:PassRole on the role in `photos.batch.role`",
        "DescribeJob" => "s3:DescribeJob",
        "ListJobs" => "s3:ListJobs",
        "UpdateJobStatus" => "s3:UpdateJobStatus",
        _ => "a permission that the policy lacks",
    }
}

pub(super) fn explain(operation: &str, fault: &Fault) -> Option<Explained> {
    let said = || fault.message.as_deref().map(|text| format!(": {}", tidy(text))).unwrap_or_default();
    let (kind, message, next) = match fault.code() {
        "IdempotencyException" => (
            PortErrorKind::Exists,
            "a job of this plan was asked for already, with another manifest".to_owned(),
            "Apply the plan again: it takes up the job that there is.".to_owned(),
        ),
        "JobStatusException" => (
            PortErrorKind::Busy,
            format!("the job's state doesn't allow this{}", said()),
            "Look at the job in the S3 console, Batch Operations.".to_owned(),
        ),
        "NoSuchJob" | "NotFoundException" | "NotFound" => (
            PortErrorKind::NotFound,
            "there is no such job; S3 forgets jobs after 90 days".to_owned(),
            "Verify the plan: it says which photos are back.".to_owned(),
        ),
        "BadRequestException" | "InvalidRequest" | "InvalidRequestException" if operation == "CreateJob" => (
            PortErrorKind::Other,
            format!("S3 Batch Operations refuses the job{}", said()),
            "Check `photos.batch` in the environment file and the role that it names, then apply the plan again."
                .to_owned(),
        ),
        "InternalServiceException" => (
            PortErrorKind::Unavailable,
            "the service failed, in spite of retries".to_owned(),
            "Look at the AWS Health Dashboard, wait a minute, then try again.".to_owned(),
        ),
        _ => return None,
    };
    Some((kind, message, next))
}
