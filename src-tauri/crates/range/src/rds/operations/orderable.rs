//! Which instance classes can be had. A small catalogue: the classes that the practice database could run on.

use super::super::errors::Answer;
use super::super::xml::Xml;
use super::{Call, describe};

pub(super) const PARAMS: &[&str] =
    &["Engine", "EngineVersion", "DBInstanceClass", "LicenseModel", "Vpc", "MaxRecords", "Marker"];

const CLASSES: [&str; 6] =
    ["db.m6g.large", "db.m6g.xlarge", "db.m7g.large", "db.r6g.large", "db.t4g.medium", "db.t4g.large"];
const VERSIONS: [&str; 3] = ["8.0.39", "8.0.40", "8.4.3"];
const STORAGE: [&str; 3] = ["gp2", "gp3", "io1"];

pub(super) fn describe(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let form = call.form;
    let engine = form.required("Engine")?;
    let (version, class, license) =
        (form.text("EngineVersion"), form.text("DBInstanceClass"), form.text("LicenseModel"));
    let offered = engine == "mysql" && license.is_none_or(|license| license == describe::license(engine));
    let all = CLASSES.iter().flat_map(|class| {
        VERSIONS
            .iter()
            .flat_map(move |version| STORAGE.iter().map(move |storage| (*class, *version, *storage)))
    });
    let options = all
        .filter(|_| offered)
        .filter(|option| class.is_none_or(|class| option.0 == class))
        .filter(|option| version.is_none_or(|version| option.1 == version))
        .collect();
    let (page, marker) =
        form.page(options, |(class, version, storage)| format!("{class}/{version}/{storage}"))?;
    let zones = ["a", "b", "c"].map(|zone| format!("{}{zone}", call.region));
    xml.list("OrderableDBInstanceOptions", "OrderableDBInstanceOption", page, |xml, option| {
        let (class, version, storage) = option;
        xml.text("Engine", engine);
        xml.text("EngineVersion", version);
        xml.text("DBInstanceClass", class);
        xml.text("LicenseModel", describe::license(engine));
        xml.list("AvailabilityZones", "AvailabilityZone", &zones, |xml, zone| xml.text("Name", zone));
        xml.text("MultiAZCapable", true);
        xml.text("ReadReplicaCapable", true);
        xml.text("Vpc", true);
        xml.text("SupportsStorageEncryption", true);
        xml.text("StorageType", storage);
        xml.text("SupportsIops", storage != "gp2");
        xml.text("SupportsEnhancedMonitoring", true);
        xml.text("SupportsIAMDatabaseAuthentication", true);
        xml.text("SupportsPerformanceInsights", !class.starts_with("db.t4g.medium"));
        xml.text("MinStorageSize", if storage == "io1" { 100 } else { 20 });
        xml.text("MaxStorageSize", 65536);
    });
    xml.some("Marker", marker);
    Ok(())
}
