//! From a signed request to an answer (REST with XML).

use action::environment::PRACTICE_ACCOUNT;
use action::port::JobState;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, StatusCode};
use s3s::{Body, HttpRequest, HttpResponse};
use sha2::{Digest as _, Sha256};

use super::{Control, Job, Order, undone};
use crate::rds::errors::{Answer, Refused};
use crate::rds::xml::Xml;
use crate::rds::{AnswerLost, Asked, signature};
use crate::store::hex;

/// Where S3 Control's jobs are.
const ROOT: &str = "/v20180820/jobs";
/// The namespace of its answers.
const NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";
/// The largest request that is read.
const LARGEST: usize = 64 * 1024;

impl Control {
    /// Whether a request for a path goes here.
    pub(crate) fn serves(path: &str) -> bool {
        path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: HttpRequest, id: &str) -> Result<HttpResponse, AnswerLost> {
        let (parts, mut body) = request.into_parts();
        let Ok(body) = body.store_all_limited(LARGEST).await else {
            return Ok(refuse(&Refused::new(413, "EntityTooLarge", "the request is larger than 64 KiB"), id));
        };
        let asked = Asked { method: &parts.method, uri: &parts.uri, headers: &parts.headers, body: &body };
        let query = parts.uri.query().unwrap_or_default();
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let value =
            |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let path: Vec<&str> =
            parts.uri.path().strip_prefix(ROOT).unwrap_or_default().split('/').skip(1).collect();
        let account = parts.headers.get("x-amz-account-id").map(|account| account.as_bytes());
        let (operation, answer) = match (&parts.method, &path[..]) {
            (&Method::POST, []) => {
                ("CreateJob", self.allowed(&asked, account, "CreateJob").and_then(|()| self.create(&body)))
            }
            (&Method::GET, []) => (
                "ListJobs",
                self.allowed(&asked, account, "ListJobs")
                    .and_then(|()| self.list(&query, value("nextToken"))),
            ),
            (&Method::GET, [job]) => (
                "DescribeJob",
                self.allowed(&asked, account, "DescribeJob").and_then(|()| self.describe(job)),
            ),
            (&Method::POST, [job, "status"]) => {
                let update = || self.update(job, value("requestedJobStatus"), value("statusUpdateReason"));
                ("UpdateJobStatus", self.allowed(&asked, account, "UpdateJobStatus").and_then(|()| update()))
            }
            _ => ("", Err(undone("this request to S3 Control"))),
        };
        match answer {
            Ok(_) if self.0.trouble.loses(operation) => Err(AnswerLost),
            Ok(text) => Ok(respond(StatusCode::OK, text)),
            Err(refused) => Ok(refuse(&refused, id)),
        }
    }

    /// Refuses what isn't signed, is for another account, or is struck by a fault.
    fn allowed(&self, asked: &Asked<'_>, account: Option<&[u8]>, operation: &str) -> Answer<()> {
        signature::check(asked)?;
        if account != Some(PRACTICE_ACCOUNT.as_bytes()) {
            return Err(Refused::new(
                403,
                "AccessDenied",
                "Access Denied: x-amz-account-id is another account",
            ));
        }
        self.0.trouble.refuses(operation)
    }

    fn create(&self, body: &[u8]) -> Answer<String> {
        let xml = std::str::from_utf8(body).unwrap_or_default();
        let order = Order::parse(xml)?;
        let mut jobs = self.lock();
        let id = match jobs.iter().find(|job| job.order.token == order.token) {
            Some(known) if known.order == order => known.id.clone(),
            Some(_) => {
                let message = "another job was asked for with this token";
                return Err(Refused::new(400, "IdempotencyException", message));
            }
            None => {
                let id = uuid(jobs.len(), &order.token);
                jobs.push(Job {
                    id: id.clone(),
                    order,
                    state: JobState::New,
                    why: None,
                    tasks: None,
                    looks: 0,
                    created: self.0.store.now(),
                });
                id
            }
        };
        Ok(answer("CreateJobResult", |xml| xml.text("JobId", &id)))
    }

    fn list(&self, query: &[(String, String)], after: Option<&str>) -> Answer<String> {
        let wanted: Vec<&str> =
            query.iter().filter(|(name, _)| name == "jobStatuses").map(|(_, status)| &status[..]).collect();
        let number = |text: Option<&str>, otherwise: usize| match text {
            None => Ok(otherwise),
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| Refused::new(400, "InvalidRequestException", "not a number")),
        };
        let most = query.iter().find(|(name, _)| name == "maxResults").map(|(_, n)| n.as_str());
        let (begin, most) = (number(after, 0)?, number(most, 1000)?.clamp(1, 1000));
        let jobs = self.lock();
        let found: Vec<&Job> =
            jobs.iter().filter(|job| wanted.is_empty() || wanted.contains(&job.state.word())).collect();
        let end = found.len().min(begin.saturating_add(most));
        Ok(answer("ListJobsResult", |xml| {
            xml.some("NextToken", (end < found.len()).then_some(end));
            xml.list("Jobs", "member", found.iter().skip(begin).take(most), |xml, job| {
                xml.text("JobId", &job.id);
                xml.text("Description", &job.order.description);
                xml.text("Operation", "S3PutObjectCopy");
                xml.text("Priority", job.order.priority);
                xml.text("Status", job.state.word());
                xml.time("CreationTime", Some(job.created));
                progress(xml, job);
            });
        }))
    }

    fn describe(&self, id: &str) -> Answer<String> {
        let faults = self.faults();
        let mut jobs = self.lock();
        let job = find(&mut jobs, id)?;
        job.step(&self.0.store, &faults);
        Ok(answer("DescribeJobResult", |xml| xml.within("Job", |xml| describe(xml, job))))
    }

    fn update(&self, id: &str, to: Option<&str>, why: Option<&str>) -> Answer<String> {
        let mut jobs = self.lock();
        let job = find(&mut jobs, id)?;
        let next = match (to, job.state) {
            (Some("Ready"), JobState::Suspended) => JobState::Ready,
            (Some("Cancelled"), JobState::Active | JobState::Completing) => JobState::Cancelling,
            (Some("Cancelled"), state) if !state.ended() => JobState::Cancelled,
            (Some(asked @ ("Ready" | "Cancelled")), state) => {
                let message = format!("a job that is {} can't become {asked}", state.word());
                return Err(Refused::new(400, "JobStatusException", message));
            }
            _ => {
                return Err(Refused::new(
                    400,
                    "BadRequestException",
                    "requestedJobStatus is Ready or Cancelled",
                ));
            }
        };
        job.becomes(next);
        if let Some(why) = why.filter(|_| next != JobState::Ready) {
            job.why = Some((String::new(), why.to_owned()));
        }
        Ok(answer("UpdateJobStatusResult", |xml| {
            xml.text("JobId", &job.id);
            xml.text("Status", job.state.word());
            xml.some("StatusUpdateReason", why);
        }))
    }
}

fn find<'j>(jobs: &'j mut [Job], id: &str) -> Answer<&'j mut Job> {
    let found = jobs.iter_mut().find(|job| job.id == id);
    found.ok_or_else(|| Refused::new(404, "NoSuchJob", "the specified job does not exist"))
}

fn progress(xml: &mut Xml, job: &Job) {
    let tasks = job.tasks.as_deref().unwrap_or_default();
    let came = |good: bool| {
        tasks.iter().filter_map(|task| task.came.as_ref()).filter(|came| (came.status == 200) == good).count()
    };
    xml.within("ProgressSummary", |xml| {
        xml.text("TotalNumberOfTasks", tasks.len());
        xml.text("NumberOfTasksSucceeded", came(true));
        xml.text("NumberOfTasksFailed", came(false));
    });
}

fn describe(xml: &mut Xml, job: &Job) {
    let order = &job.order;
    let arn = |of: &str| format!("arn:aws:s3:::{of}");
    xml.text("JobId", &job.id);
    xml.text("ConfirmationRequired", order.confirmation_required);
    xml.text("Description", &order.description);
    xml.text("JobArn", format!("arn:aws:s3:us-east-1:{PRACTICE_ACCOUNT}:job/{}", job.id));
    xml.text("Status", job.state.word());
    xml.within("Manifest", |xml| {
        xml.within("Spec", |xml| {
            xml.text("Format", "S3BatchOperations_CSV_20180820");
            let fields = ["Bucket", "Key", "VersionId"].map(str::to_owned);
            xml.texts("Fields", "member", &fields[..if order.versions { 3 } else { 2 }]);
        });
        xml.within("Location", |xml| {
            xml.text("ObjectArn", arn(&format!("{}/{}", order.manifest.bucket, order.manifest.key)));
            xml.text("ETag", &order.etag);
        });
    });
    xml.within("Operation", |xml| {
        xml.within("S3PutObjectCopy", |xml| {
            xml.text("TargetResource", arn(&order.target));
            xml.some("StorageClass", order.storage_class.as_ref());
        });
    });
    xml.text("Priority", order.priority);
    progress(xml, job);
    match &job.why {
        Some((code, why)) if !code.is_empty() => {
            xml.list("FailureReasons", "member", [()], |xml, ()| {
                xml.text("FailureCode", code);
                xml.text("FailureReason", why);
            });
        }
        why => xml.some("StatusUpdateReason", why.as_ref().map(|(_, why)| why)),
    }
    xml.within("Report", |xml| {
        xml.text("Bucket", arn(&order.report_bucket));
        xml.text("Format", "Report_CSV_20180820");
        xml.text("Enabled", true);
        xml.text("Prefix", &order.report_prefix);
        xml.text("ReportScope", "AllTasks");
    });
    xml.time("CreationTime", Some(job.created));
    xml.text("RoleArn", &order.role);
    if job.state == JobState::Suspended {
        xml.text("SuspendedCause", "AWAITING_CONFIRMATION");
    }
}

fn answer(name: &str, write: impl FnOnce(&mut Xml)) -> String {
    let mut xml = Xml::new();
    xml.within_namespace(name, NAMESPACE, write);
    xml.finish()
}

/// An id as S3 Control's, which no other job has.
fn uuid(number: usize, token: &str) -> String {
    let digest = hex(&Sha256::digest(format!("{number} {token}")));
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

fn refuse(refused: &Refused, id: &str) -> HttpResponse {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST);
    respond(status, refused.xml(id))
}

fn respond(status: StatusCode, text: String) -> HttpResponse {
    let mut response = HttpResponse::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
