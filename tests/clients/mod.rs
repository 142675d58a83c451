//! S3 clients by others on the practice range: the AWS CLI, s5cmd and boto3, as somebody would practise with them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use range::{Range, RangeOptions, Scenario};

use crate::support::moto::python;
use crate::support::paths;
use crate::support::process::scrub;

/// More than one part of a multipart upload, for every client's idea of a part.
const BIG: usize = 60 * 1024 * 1024;

struct Clients {
    range: Range,
    folder: tempfile::TempDir,
}

impl Clients {
    fn new(scenario: Option<Scenario>) -> Self {
        let range = Range::start(RangeOptions { scenario, ..RangeOptions::default() }).unwrap();
        Self { range, folder: tempfile::tempdir().unwrap() }
    }

    fn point(&self, command: &mut Command) {
        let ready = self.range.ready();
        command.env("AWS_ACCESS_KEY_ID", &ready.access_key_id).env("AWS_DEFAULT_REGION", &ready.region);
        command.env("AWS_SECRET_ACCESS_KEY", &ready.secret_access_key);
        command.env("AWS_ENDPOINT_URL", self.range.endpoint()).env("S3_ENDPOINT_URL", self.range.endpoint());
        let nothing = Path::new("/dev/null");
        command.env("AWS_CONFIG_FILE", nothing).env("AWS_SHARED_CREDENTIALS_FILE", nothing);
    }

    fn command(&self, client: &str, args: &[&str]) -> Command {
        // Its own script has the path of its Python in it: through Python it works from anywhere.
        let bin = paths::tool("moto-venv/bin/python").parent().unwrap().to_owned();
        let mut command = match client {
            "aws" => Command::new(bin.join("python")),
            program => Command::new(bin.join(program)),
        };
        scrub(&mut command);
        self.point(&mut command);
        if client == "aws" {
            command.args(["-m", "awscli"]);
        }
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// What a client prints when it succeeds.
    #[track_caller]
    fn run(&self, client: &str, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(client, args).output().unwrap();
        assert!(status.success(), "{client} {args:?}: {status}\n{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    /// What a client says when it is refused.
    #[track_caller]
    fn refused(&self, mut command: Command) -> String {
        let Output { status, stdout, stderr } = command.output().unwrap();
        assert!(!status.success(), "{command:?} succeeded: {}", String::from_utf8_lossy(&stdout));
        String::from_utf8(stderr).unwrap()
    }
}

/// Up, down, listed, deleted and brought back from its version; a wrong secret gets nowhere.
fn round_trip(client: &str, cp: &[&str], rm: &[&str], ls: &[&str]) {
    let clients = Clients::new(None);
    let bucket = clients.range.ready().bucket.clone();
    let big: Vec<u8> = (0..BIG).map(|n| (n % 251) as u8).collect();
    fs::write(clients.folder.path().join("big"), &big).unwrap();
    let url = format!("s3://{bucket}/x/naïve + 100%.bin");
    clients.run(client, &[cp, &["big", &url]].concat());
    clients.run(client, &[cp, &[&url, "back"]].concat());
    assert_eq!(fs::read(clients.folder.path().join("back")).unwrap(), big);
    let listed = clients.run(client, &[ls, &[&format!("s3://{bucket}/x/")]].concat());
    assert!(listed.contains("naïve + 100%.bin"), "{listed}");
    clients.run(client, &[rm, &[&url]].concat());
    let entries = clients.range.store().snapshot();
    assert_eq!(entries.iter().map(|entry| entry.is_marker).collect::<Vec<_>>(), [true, false]);

    let mut wrong = clients.command(client, &[ls, &[&format!("s3://{bucket}/")]].concat());
    wrong.env("AWS_SECRET_ACCESS_KEY", "wrong");
    let said = clients.refused(wrong);
    assert!(said.contains("SignatureDoesNotMatch"), "{said}");
}

#[test]
fn the_aws_cli_works_on_the_range() {
    round_trip("aws", &["s3", "cp", "--no-progress"], &["s3", "rm"], &["s3", "ls"]);
}

#[test]
fn s5cmd_works_on_the_range() {
    round_trip("s5cmd", &["cp"], &["rm"], &["ls"]);
}

#[test]
fn the_aws_cli_sees_the_damage_and_undoes_one() {
    let clients = Clients::new(Some(Scenario::load("mass-deletion").unwrap()));
    let bucket = clients.range.ready().bucket.as_str();
    let query = "DeleteMarkers[?IsLatest].[Key,VersionId]";
    let list = ["s3api", "list-object-versions", "--bucket", bucket, "--query", query, "--output", "text"];
    let listed = clients.run("aws", &list);
    let gone: Vec<(&str, &str)> = listed.lines().filter_map(|line| line.split_once('\t')).collect();
    assert!(gone.len() >= 612, "{} keys are hidden", gone.len());

    let (key, marker) = gone[0];
    let head = ["s3api", "head-object", "--bucket", bucket, "--key", key];
    assert!(clients.refused(clients.command("aws", &head)).contains("404"));
    clients.run("aws", &["s3api", "delete-object", "--bucket", bucket, "--key", key, "--version-id", marker]);
    let head = clients.run("aws", &[&head[..], &["--query", "ContentType", "--output", "text"]].concat());
    assert_eq!(head.trim(), "image/jpeg");
    let account =
        clients.run("aws", &["sts", "get-caller-identity", "--query", "Account", "--output", "text"]);
    assert_eq!(account.trim(), clients.range.ready().account);
}

#[test]
fn boto3_guards_its_writes_and_pages_through_versions() {
    let clients = Clients::new(Some(Scenario::load("ransomware-overwrite").unwrap()));
    let script = "
import sys, boto3, botocore
s3, bucket = boto3.client('s3'), sys.argv[1]
pages = s3.get_paginator('list_object_versions').paginate(Bucket=bucket, PaginationConfig={'PageSize': 97})
versions = [v for page in pages for v in page.get('Versions', [])]
latest = {v['Key']: v for v in versions if v['IsLatest']}
bad = next(v for v in latest.values() if s3.head_object(Bucket=bucket, Key=v['Key'])['ContentType'] != 'image/jpeg'
           and v['Key'].endswith('.jpg'))
good = max((v for v in versions if v['Key'] == bad['Key'] and not v['IsLatest']), key=lambda v: v['LastModified'])
copy = dict(Bucket=bucket, Key=bad['Key'],
            CopySource=dict(Bucket=bucket, Key=bad['Key'], VersionId=good['VersionId']))
def refused(call):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        return error.response['ResponseMetadata']['HTTPStatusCode']
print(len(latest) > 1000, refused(lambda: s3.copy_object(**copy, IfNoneMatch='*')),
      refused(lambda: s3.copy_object(**copy, IfMatch=good['ETag'])))
s3.copy_object(**copy, IfMatch=bad['ETag'])
now = s3.head_object(Bucket=bucket, Key=bad['Key'])
print(now['ContentType'], now['ETag'] == good['ETag'])
";
    let bucket = clients.range.ready().bucket.as_str();
    let said = python(script, &[bucket], |command| clients.point(command));
    assert_eq!(said, "True 412 412\nimage/jpeg True\n");
}
