//! Writing the Portal DB's history: what it began with, every change since, and what a scenario says went wrong.

use std::collections::{BTreeMap, HashMap};

use action::Environment;
use jiff::{Timestamp, ToSpan as _};

use super::stage::Stage;
use super::{DataError, Digest, Servers, base, changes};
use crate::rds::{BackupId, Behind as _, DatabaseId};
use crate::scenario::{Database, Harm, Scenario, uploaded};
use crate::seeding::{PhotoEvent, among, badge, hash, organisation};

/// Photographed cards come first; the numbers of the others begin here, beyond every photo's.
const UNPHOTOGRAPHED: usize = 100_000;
/// The groups of card records that every organization has.
const GROUPS: [&str; 3] = ["Staff", "Visitors", "Contractors"];

/// What the Portal DB is made of.
pub(super) struct Portal<'a> {
    pub(super) organizations: Vec<Organization>,
    scenario: &'a Scenario,
    database: &'a Database,
    pub(super) start: Timestamp,
    /// When the oldest backup was taken: what is older is in no log.
    pub(super) cutoff: Timestamp,
}

/// A customer, or a division of one.
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) name: String,
    /// A place in the scenario's organisations.
    customer: usize,
}

/// A photo's row, or the end of one.
pub(super) struct Photo<'a> {
    pub(super) event: &'a PhotoEvent,
    /// Its place among all, which is its id as well.
    pub(super) place: usize,
    original: Option<usize>,
}

/// A card record's row.
pub(super) struct Card {
    n: usize,
    organization: String,
    properties: usize,
}

/// What a range keeps of its database.
pub(crate) struct Seeded {
    pub(crate) stage: Stage,
    /// What the database held at some moments: exactly what was committed before each.
    pub(crate) digests: BTreeMap<Timestamp, Digest>,
}

/// Makes the database and plays its history, as of `start`; with no servers, tells only what RDS is to know.
pub(crate) fn seed(
    servers: Option<&Servers>,
    scenario: &Scenario,
    database: &Database,
    photos: &[PhotoEvent],
    start: Timestamp,
) -> Result<Seeded, DataError> {
    let mut backups = vec![None; database.snapshots.len()];
    let mut digests = BTreeMap::new();
    let Some(servers) = servers else {
        return Ok(Seeded { stage: Stage::of(scenario, database, start, None, &backups)?, digests });
    };
    let portal = Portal::new(scenario, database, start)?;
    let photos = Photo::all(photos);
    let primary = servers.create()?;
    servers.sql(primary, &base::statements(&portal, &photos)?)?;
    let mut writer = Writer { servers, primary, sql: String::new() };
    for (at, act) in portal.acts(&photos)? {
        match act {
            Act::Change(statement) => writer.change(at, &statement),
            Act::BackUp(place) => backups[place] = Some(writer.back_up()?),
            Act::Digest => {
                digests.insert(at, writer.digest()?);
            }
        }
    }
    writer.flush()?;
    let living = database.end().is_none();
    if !living {
        servers.stop(primary);
    }
    let stage = Stage::of(scenario, database, start, living.then_some(primary), &backups)?;
    Ok(Seeded { stage, digests })
}

/// What is done to the database at a moment. Of one second, what looks comes before what changes.
enum Act {
    Digest,
    BackUp(usize),
    Change(String),
}

/// Collects statements until somebody looks.
struct Writer<'a> {
    servers: &'a Servers,
    primary: DatabaseId,
    sql: String,
}

impl Writer<'_> {
    fn change(&mut self, at: Timestamp, statement: &str) {
        if self.sql.is_empty() {
            self.sql.push_str("USE portal;\n");
        }
        self.sql.push_str(&format!("SET timestamp = {}; {statement};\n", at.as_second()));
    }

    fn flush(&mut self) -> Result<(), DataError> {
        let sql = std::mem::take(&mut self.sql);
        if sql.is_empty() { Ok(()) } else { self.servers.sql(self.primary, &sql).map(|_| ()) }
    }

    fn back_up(&mut self) -> Result<BackupId, DataError> {
        self.flush()?;
        self.servers.save(self.primary)
    }

    fn digest(&mut self) -> Result<Digest, DataError> {
        self.flush()?;
        Digest::read(|statements| self.servers.sql(self.primary, statements))
    }
}

impl<'a> Portal<'a> {
    fn new(scenario: &'a Scenario, database: &'a Database, start: Timestamp) -> Result<Self, jiff::Error> {
        let customers = &scenario.seed.organisations;
        let mut organizations = Vec::new();
        for (customer, slug) in customers.iter().enumerate() {
            let id = format!("ORG-{}", 1001 + customer);
            let name = title(slug);
            // The larger half have divisions.
            if customer * 2 < customers.len() {
                for (suffix, division) in [("N", "North"), ("S", "South")] {
                    organizations.push(Organization {
                        id: format!("{id}-{suffix}"),
                        parent: Some(id.clone()),
                        name: format!("{name}, {division}"),
                        customer,
                    });
                }
            }
            organizations.push(Organization { id, parent: None, name, customer });
        }
        let cutoff = start.checked_add(database.oldest().unwrap_or_default())?;
        Ok(Self { organizations, scenario, database, start, cutoff })
    }

    /// Everything that happens from the oldest backup on, in its order, until the instance ends.
    fn acts(&self, photos: &[Photo<'_>]) -> Result<Vec<(Timestamp, Act)>, DataError> {
        let mut dropped: Vec<(Timestamp, &str)> = Vec::new();
        let mut acts = Vec::new();
        let mut looks = vec![changes::pair(self.start)?.checked_add(1.second())?, self.start];
        looks.extend(self.scenario.before_damage(self.start));
        let mut end = None;
        for harm in &self.database.damage {
            let at = self.start.checked_add(harm.at())?;
            match harm {
                Harm::Migration(harm) => acts.push((at, Act::Change(harm.statement.clone()))),
                Harm::DropTable(harm) => {
                    dropped.push((at, &harm.table));
                    acts.push((at, Act::Change(format!("DROP TABLE {}", harm.table))));
                }
                Harm::Obliterate(harm) => acts.push((at, Act::Change(self.obliteration(&harm.organisation)))),
                Harm::DeleteInstance(_) | Harm::LoseRegion(_) => end = end.or(Some(at)),
            }
        }
        for (place, saved) in self.database.snapshots.iter().enumerate() {
            let at = self.start.checked_add(saved.at.0)?;
            acts.push((at, Act::BackUp(place)));
            looks.push(at);
        }
        looks.extend(end.map(uploaded));
        looks.sort();
        looks.dedup();
        acts.extend(looks.into_iter().map(|at| (at, Act::Digest)));
        // What needs a table that is gone fails, in the Portal too.
        let works = |at: Timestamp, sql: &str| {
            !dropped.iter().any(|(gone, table)| at >= *gone && sql.contains(table))
        };
        let changes = changes::all(self, photos)?.into_iter().filter(|(at, sql)| works(*at, sql));
        acts.extend(changes.map(|(at, sql)| (at, Act::Change(sql))));
        acts.retain(|(at, _)| end.is_none_or(|end| *at < end));
        acts.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.rank().cmp(&b.1.rank())));
        Ok(acts)
    }

    /// Takes an organization out, as the environment says that it is done.
    fn obliteration(&self, slug: &str) -> String {
        let practice = Environment::practice("").database.and_then(|database| database.obliteration);
        let remove = practice.map(|obliteration| obliteration.remove).unwrap_or_default();
        let gone = |one: &&Organization| self.scenario.seed.organisations[one.customer] == slug;
        let statements = self.organizations.iter().filter(gone).flat_map(|one| {
            remove
                .iter()
                .map(|statement| statement.replace(":organization", &quoted(&one.id)))
                .collect::<Vec<_>>()
        });
        format!("BEGIN; {}; COMMIT", statements.collect::<Vec<_>>().join("; "))
    }

    /// The groups: id, organization, name.
    pub(super) fn properties(&self) -> impl Iterator<Item = (usize, &Organization, &'static str)> {
        let all = self.organizations.iter().flat_map(|one| GROUPS.map(|name| (one, name)));
        all.enumerate().map(|(nth, (organization, name))| (nth + 1, organization, name))
    }

    /// The id of one of the groups of an organization.
    pub(super) fn properties_of(&self, organization: usize, any: usize) -> usize {
        organization * GROUPS.len() + any % GROUPS.len() + 1
    }

    /// The numbers of the cards that there were at the beginning.
    pub(super) fn first_cards(&self) -> impl Iterator<Item = usize> {
        (0..self.scenario.seed.photos).chain(UNPHOTOGRAPHED..UNPHOTOGRAPHED + self.unphotographed())
    }

    pub(super) fn is_first_card(&self, n: usize) -> bool {
        n < self.scenario.seed.photos || (UNPHOTOGRAPHED..UNPHOTOGRAPHED + self.unphotographed()).contains(&n)
    }

    /// One of the cards that there were at the beginning.
    pub(super) fn any_card(&self, any: usize) -> usize {
        let photos = self.scenario.seed.photos;
        let nth = any % (photos + self.unphotographed());
        if nth < photos { nth } else { nth - photos + UNPHOTOGRAPHED }
    }

    fn unphotographed(&self) -> usize {
        self.database.cards.saturating_sub(self.scenario.seed.photos)
    }

    /// The organization of a card: the customer's that its photo's key names, or one of its divisions.
    pub(super) fn organization_of(&self, n: usize) -> usize {
        let customer = organisation(n, self.scenario.seed.organisations.len());
        let own: Vec<usize> = self.places(customer).collect();
        own[hash(n, 33) as usize % own.len()]
    }

    /// The customer itself.
    pub(super) fn customer(&self, customer: usize) -> usize {
        self.places(customer).last().unwrap_or_default()
    }

    fn places(&self, customer: usize) -> impl Iterator<Item = usize> {
        (0..self.organizations.len()).filter(move |place| self.organizations[*place].customer == customer)
    }

    /// Any organization that is not going to be obliterated.
    pub(super) fn lasting(&self, any: usize) -> usize {
        let gone = |customer: usize| {
            self.database.damage.iter().any(|harm| {
                matches!(harm, Harm::Obliterate(harm)
                    if harm.organisation == self.scenario.seed.organisations[customer])
            })
        };
        let count = self.organizations.len();
        let places = (0..count).map(|nth| (any % count + nth) % count);
        places.into_iter().find(|place| !gone(self.organizations[*place].customer)).unwrap_or_default()
    }
}

impl Act {
    fn rank(&self) -> u8 {
        match self {
            Self::Digest => 0,
            Self::BackUp(_) => 1,
            Self::Change(_) => 2,
        }
    }
}

impl<'a> Photo<'a> {
    /// Numbers the photos; each that has one before it under its key is an edit of the first.
    fn all(events: &'a [PhotoEvent]) -> Vec<Self> {
        let mut originals: HashMap<&str, usize> = HashMap::new();
        let number = |(nth, event): (usize, &'a PhotoEvent)| {
            let place = nth + 1;
            let original = originals.get(event.key.as_str()).copied();
            originals.entry(&event.key).or_insert(place);
            Photo { event, place, original }
        };
        events.iter().enumerate().map(number).collect()
    }

    /// Its row; `None` when it is the end of one.
    pub(super) fn row(&self, current: bool) -> Option<String> {
        let (bytes, md5) = self.event.photo.as_ref()?;
        let original = self.original.map_or("NULL".to_owned(), |id| id.to_string());
        Some(format!(
            "({},{},{},{bytes},'{md5}',{},{original},'{}')",
            self.place,
            Card::id(self.event.n),
            quoted(&self.event.key),
            u8::from(current),
            time(self.event.at)
        ))
    }
}

impl Card {
    pub(super) fn new(portal: &Portal<'_>, n: usize, organization: usize) -> Self {
        Self {
            n,
            organization: portal.organizations[organization].id.clone(),
            properties: portal.properties_of(organization, hash(n, 34) as usize),
        }
    }

    pub(super) fn id(n: usize) -> usize {
        n + 1
    }

    /// Its row. The holder's name is made up, and says so.
    pub(super) fn row(&self, state: &str, created: Timestamp, changed: Timestamp) -> String {
        let kind = if among(self.n, 35, 50) { "Invented" } else { "Practice" };
        let number = if state == "New" { "NULL".to_owned() } else { format!("'{:06}'", badge(self.n)) };
        format!(
            "({},'{}',{},'{kind} Person {}','{state}',{number},'{}','{}')",
            Self::id(self.n),
            self.organization,
            self.properties,
            self.n,
            time(created),
            time(changed)
        )
    }
}

/// `harbor-college` as people write it.
fn title(slug: &str) -> String {
    let words = slug.split(['-', ' ']).map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A text as SQL writes it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A time as SQL writes it, without quotes.
pub(super) fn time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
