//! The third parties work by themselves.

use crate::support::moto::Moto;

#[test]
fn boto3_reads_back_both_versions_that_it_wrote_to_moto() {
    let moto = Moto::start();
    let script = "
import sys, boto3
s3, bucket = boto3.client('s3'), sys.argv[1]
s3.create_bucket(Bucket=bucket)
s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={'Status': 'Enabled'})
for body in b'good', b'bad':
    s3.put_object(Bucket=bucket, Key='photos/1.jpg', Body=body)
versions = s3.list_object_versions(Bucket=bucket)['Versions']
print(*[s3.get_object(Bucket=bucket, Key=v['Key'], VersionId=v['VersionId'])['Body'].read().decode() for v in versions])
";
    assert_eq!(moto.python(script, &["badges"]), "bad good\n");
}
