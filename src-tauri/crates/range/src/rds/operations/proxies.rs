//! Describing RDS proxies and what they send connections to.

use super::super::errors::{Answer, Refused};
use super::super::model::{made_id, own_arn};
use super::super::xml::Xml;
use super::Call;

fn missing(name: &str) -> Refused {
    Refused::new(404, "DBProxyNotFoundFault", format!("DB proxy {name} not found."))
}

pub(super) fn describe(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let form = call.form;
    let region = call.region()?;
    let proxies: Vec<_> = match form.text("DBProxyName") {
        Some(name) => {
            vec![region.proxies.iter().find(|proxy| proxy.name == name).ok_or_else(|| missing(name))?]
        }
        None => region.proxies.iter().collect(),
    };
    let (page, marker) = form.page(proxies, |proxy| proxy.name.clone())?;
    xml.list("DBProxies", "member", page, |xml, proxy| {
        let id = made_id("prx-", &proxy.name).to_lowercase();
        xml.text("DBProxyName", &proxy.name);
        xml.text("DBProxyArn", own_arn(&region.name, "db-proxy", &id));
        xml.text("Status", "available");
        xml.text("EngineFamily", "MYSQL");
        xml.text("Endpoint", format!("{}.proxy-practice.{}.rds.amazonaws.com", proxy.name, region.name));
        xml.text("RequireTLS", true);
        xml.text("IdleClientTimeout", 1800);
        xml.time("CreatedDate", Some(proxy.created));
        xml.time("UpdatedDate", Some(proxy.created));
    });
    xml.some("Marker", marker);
    Ok(())
}

pub(super) fn targets(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let form = call.form;
    let name = form.required("DBProxyName")?;
    let region = call.region()?;
    let proxy = region.proxies.iter().find(|proxy| proxy.name == name).ok_or_else(|| missing(name))?;
    let (page, marker) = form.page(proxy.targets.iter().collect(), |target| (*target).clone())?;
    xml.list("Targets", "member", page, |xml, target| {
        xml.text("RdsResourceId", target);
        xml.text("Type", "RDS_INSTANCE");
        xml.text("Role", "READ_WRITE");
        let there = region.instance(target).is_ok_and(|instance| instance.status == "available");
        xml.within("TargetHealth", |xml| xml.text("State", if there { "AVAILABLE" } else { "UNAVAILABLE" }));
    });
    xml.some("Marker", marker);
    Ok(())
}
