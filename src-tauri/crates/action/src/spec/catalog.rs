//! Every action there is, in the order a person would meet them.

use super::{ActionSpec, Effect, OutputSpec, ParamKind, ParamSpec};

const fn required(name: &'static str, kind: ParamKind, about: &'static str) -> ParamSpec {
    ParamSpec { name, kind, required: true, at_planning: false, choices: &[], about }
}

const fn optional(name: &'static str, kind: ParamKind, about: &'static str) -> ParamSpec {
    ParamSpec { name, kind, required: false, at_planning: false, choices: &[], about }
}

const fn choice(name: &'static str, choices: &'static [&'static str], about: &'static str) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::Choice, required: false, at_planning: true, choices, about }
}

/// What may be replaced when a plan is made.
const fn planned(param: ParamSpec) -> ParamSpec {
    ParamSpec { at_planning: true, ..param }
}

const BUCKET: ParamSpec = required("bucket", ParamKind::Bucket, "The bucket that holds the photos.");
const PREFIX: ParamSpec =
    optional("prefix", ParamKind::Prefix, "Only keys that begin with this; every key when left out.");
const AT: ParamSpec =
    required("at", ParamKind::Timestamp, "The last moment the photos were known to be good, in UTC.");
const TIES: ParamSpec = choice(
    "ties",
    &["leave", "photo", "deleted"],
    "What a key was at `at` when a photo and a deletion share that second and S3 can't say which came last; \
     `leave` (the default) lists such keys and touches none of them.",
);
const EXTRA: ParamSpec = choice(
    "extra",
    &["leave", "delete"],
    "What happens to keys that did not exist at `at`: `leave` (the default) reports them, `delete` hides each \
     behind a delete marker. No version is ever removed.",
);

const EXCLUDE: ParamSpec = planned(optional(
    "exclude",
    ParamKind::Text,
    "Beginnings of keys, separated by commas, that are left as they are: photos of organizations that were obliterated.",
));
const EXCLUDE_FILE: ParamSpec = planned(optional(
    "exclude_file",
    ParamKind::Text,
    "A file on this laptop that lists what is left as it is, one a line: a prefix when it ends in `/` or `*`, a whole \
     key otherwise.",
));
const SOURCE_BUCKET: ParamSpec = optional(
    "source_bucket",
    ParamKind::Bucket,
    "The bucket that the good versions lie in, when it is another: a replica, or what AWS Backup restored into.",
);
const TARGET_BUCKET: ParamSpec = optional(
    "target_bucket",
    ParamKind::Bucket,
    "The bucket to restore into, when it is another: a rehearsal restores beside what is there.",
);
const TARGET_PREFIX: ParamSpec = optional(
    "target_prefix",
    ParamKind::Prefix,
    "What restored keys begin with instead of `prefix`; the same when left out.",
);
const MAX_IN_FLIGHT: ParamSpec = planned(optional(
    "max_in_flight",
    ParamKind::Integer,
    "How many requests may be under way together at most; as many as the bucket bears when left out.",
));
const INSTANCE: ParamSpec =
    required("instance", ParamKind::DbInstance, "The database instance that was restored.");
const REGION: ParamSpec = optional(
    "region",
    ParamKind::Region,
    "The region that the instance is in; the environment's when left out.",
);
const OUTAGE: ParamSpec = optional(
    "outage",
    ParamKind::Timestamp,
    "When the outage or the damage began, in UTC; what was written between the moment gone back to and this is lost.",
);

const fn count(name: &'static str) -> OutputSpec {
    OutputSpec { name, kind: ParamKind::Integer }
}

const REMOVED: &[OutputSpec] = &[
    count("restored"),
    count("removed"),
    count("failed"),
    count("left_alone"),
    OutputSpec { name: "excluded", kind: ParamKind::Text },
    OutputSpec { name: "exclude_file", kind: ParamKind::Text },
];

pub(super) const CATALOG: &[ActionSpec] = &[
    ActionSpec {
        id: "aws.preflight",
        effect: Effect::Reads,
        about: "Checks who the credentials belong to, and that what the runbook will need can be reached.",
        params: &[
            optional("bucket", ParamKind::Bucket, "A bucket whose reach and protections are checked too."),
            PREFIX,
            optional(
                "instance",
                ParamKind::DbInstance,
                "A database instance whose backups and key are checked too.",
            ),
        ],
        outputs: &[
            OutputSpec { name: "account", kind: ParamKind::Text },
            OutputSpec { name: "arn", kind: ParamKind::Text },
            OutputSpec { name: "region", kind: ParamKind::Region },
        ],
        verified_by: &[],
    },
    ActionSpec {
        id: "photos.survey",
        effect: Effect::Reads,
        about: "Counts what was deleted, overwritten, added or left alone since a moment.",
        params: &[BUCKET, PREFIX, AT, TIES],
        outputs: &[
            count("deleted"),
            count("overwritten"),
            count("new"),
            count("untouched"),
            count("undecided"),
            count("bytes"),
        ],
        verified_by: &[],
    },
    ActionSpec {
        id: "photos.restore",
        effect: Effect::Changes,
        about: "Brings the photos back to what they were at a moment, by adding the good version on top.",
        params: &[
            BUCKET,
            PREFIX,
            AT,
            EXTRA,
            TIES,
            EXCLUDE,
            optional(
                "named_by",
                ParamKind::DbInstance,
                "A database instance: only photos that it names and that are not there come back.",
            ),
            EXCLUDE_FILE,
            SOURCE_BUCKET,
            TARGET_BUCKET,
            TARGET_PREFIX,
            choice(
                "tier",
                &["standard", "bulk", "expedited"],
                "How fast archived photos are thawed: `standard` (the default) takes 3 to 12 hours.",
            ),
            planned(optional(
                "thaw_days",
                ParamKind::Integer,
                "How many days a thawed photo stays readable; 7 when left out.",
            )),
            optional("rto", ParamKind::Duration, "How long the restore may take; 24h when left out."),
            choice(
                "beyond_rto",
                &["refuse", "allow"],
                "What happens when thawing takes longer than `rto`: `refuse` (the default) makes no plan.",
            ),
            choice(
                "lock",
                &["drop", "keep"],
                "Whether the photos that come back get the Object Lock retention and legal hold of their versions; \
                 `drop` (the default) leaves them to the bucket's default.",
            ),
            MAX_IN_FLIGHT,
        ],
        outputs: &[
            count("restored"),
            count("hidden"),
            count("failed"),
            count("left_alone"),
            count("bytes"),
            OutputSpec { name: "excluded", kind: ParamKind::Text },
            OutputSpec { name: "exclude_file", kind: ParamKind::Text },
        ],
        verified_by: &["photos.verify"],
    },
    ActionSpec {
        id: "photos.undelete",
        effect: Effect::Destroys,
        about: "Brings deleted photos back by removing the delete markers that hide them.",
        params: &[BUCKET, PREFIX, AT, TIES, EXCLUDE, EXCLUDE_FILE, MAX_IN_FLIGHT],
        outputs: REMOVED,
        verified_by: &["photos.verify"],
    },
    ActionSpec {
        id: "photos.rewind",
        effect: Effect::Destroys,
        about: "Brings photos back by removing every version that is newer than a moment.",
        params: &[BUCKET, PREFIX, AT, TIES, EXCLUDE, EXCLUDE_FILE, MAX_IN_FLIGHT],
        outputs: REMOVED,
        verified_by: &["photos.verify"],
    },
    ActionSpec {
        id: "photos.verify",
        effect: Effect::Reads,
        about: "Compares every photo with what it was at a moment.",
        params: &[
            BUCKET,
            PREFIX,
            AT,
            EXTRA,
            TIES,
            EXCLUDE,
            EXCLUDE_FILE,
            SOURCE_BUCKET,
            TARGET_BUCKET,
            TARGET_PREFIX,
            choice(
                "deep",
                &["no", "yes"],
                "Whether every photo is read and hashed, not just those that a listing can't tell apart.",
            ),
            optional(
                "sample",
                ParamKind::Integer,
                "So many photos in a hundred are read and hashed, chosen by their keys.",
            ),
            optional("max_bandwidth", ParamKind::Integer, "Bytes a second that reading may take at most."),
        ],
        outputs: &[
            count("matched"),
            count("missing"),
            count("different"),
            count("extra"),
            count("undecided"),
        ],
        verified_by: &[],
    },
    ActionSpec {
        id: "photos.reconcile",
        effect: Effect::Reads,
        about: "Compares the photos that the database names with those that are in the bucket.",
        params: &[
            BUCKET,
            PREFIX,
            required("instance", ParamKind::DbInstance, "The database instance whose photos are compared."),
            REGION,
        ],
        outputs: &[count("matched"), count("missing"), count("orphaned"), count("different")],
        verified_by: &[],
    },
    ActionSpec {
        id: "database.survey",
        effect: Effect::Reads,
        about: "Says what the database can be brought back to, how much each of that would lose, and what a restore \
                has to say again.",
        params: &[
            required("instance", ParamKind::DbInstance, "The database instance, living or deleted."),
            optional(
                "at",
                ParamKind::Timestamp,
                "The last moment the database was known to be good, in UTC.",
            ),
            OUTAGE,
        ],
        outputs: &[
            OutputSpec { name: "earliest", kind: ParamKind::Timestamp },
            OutputSpec { name: "latest", kind: ParamKind::Timestamp },
        ],
        verified_by: &[],
    },
    ActionSpec {
        id: "database.restore",
        effect: Effect::Changes,
        about: "Makes a new instance from the automated backups or a snapshot, set up as the old one was.",
        params: &[
            required(
                "instance",
                ParamKind::DbInstance,
                "The instance whose data comes back, living or deleted.",
            ),
            planned(optional(
                "target",
                ParamKind::DbInstance,
                "The name of the new instance; made from the run's id if left out.",
            )),
            choice(
                "from",
                &["point_in_time", "latest", "snapshot"],
                "What it is made from: a moment of the automated backups (the default), their newest moment, or a \
                 snapshot. Backups of a deleted instance, and those replicated to `region`, are found by themselves.",
            ),
            planned(optional(
                "at",
                ParamKind::Timestamp,
                "The moment to go back to, in UTC, for `point_in_time`.",
            )),
            planned(optional(
                "snapshot",
                ParamKind::Snapshot,
                "The snapshot, for `from: snapshot`; an ARN if shared.",
            )),
            planned(optional(
                "region",
                ParamKind::Region,
                "The region to make the instance in; the environment's when left out.",
            )),
            choice(
                "password",
                &["keep", "managed"],
                "The master password: the one of the backup (`keep`, the default), or a new one that RDS makes and \
                 keeps in Secrets Manager.",
            ),
        ],
        outputs: &[
            OutputSpec { name: "instance", kind: ParamKind::DbInstance },
            OutputSpec { name: "region", kind: ParamKind::Region },
            OutputSpec { name: "restored_to", kind: ParamKind::Timestamp },
        ],
        verified_by: &["database.verify"],
    },
    ActionSpec {
        id: "database.verify",
        effect: Effect::Reads,
        about: "Signs in to a restored database over TLS, runs the environment's checks, and says how much was lost.",
        params: &[
            INSTANCE,
            REGION,
            optional("at", ParamKind::Timestamp, "The moment that it was restored to, in UTC."),
            OUTAGE,
            optional(
                "source",
                ParamKind::DbInstance,
                "An instance to compare with, such as the damaged one; the last inventory when left out.",
            ),
        ],
        outputs: &[
            OutputSpec { name: "achieved_rpo", kind: ParamKind::Duration },
            OutputSpec { name: "newest", kind: ParamKind::Timestamp },
            count("rows"),
        ],
        verified_by: &[],
    },
    ActionSpec {
        id: "database.obliterate",
        effect: Effect::Destroys,
        about: "Removes organizations again that were obliterated and that a restore brought back.",
        params: &[
            INSTANCE,
            REGION,
            planned(optional(
                "organizations",
                ParamKind::Text,
                "The ids of the organizations, separated by commas, as the register of obliterations has them; given \
                 when the plan is made.",
            )),
        ],
        outputs: &[count("removed")],
        verified_by: &["database.verify"],
    },
    ActionSpec {
        id: "database.cut_over",
        effect: Effect::Changes,
        about: "Gives a restored instance the old one's name, and keeps the old one under another; `back` undoes it.",
        params: &[
            INSTANCE,
            required("name", ParamKind::DbInstance, "The name that it takes: the one the Portal knows."),
            REGION,
            optional("back", ParamKind::Boolean, "`true` gives the names back as they were."),
        ],
        outputs: &[
            OutputSpec { name: "instance", kind: ParamKind::DbInstance },
            OutputSpec { name: "kept", kind: ParamKind::DbInstance },
        ],
        verified_by: &["portal.probe", "database.verify"],
    },
    ActionSpec {
        id: "database.discard",
        effect: Effect::Destroys,
        about: "Deletes an instance that this run made, if the run is a rehearsal or an exercise.",
        params: &[INSTANCE, REGION],
        outputs: &[],
        verified_by: &[],
    },
    ActionSpec {
        id: "portal.probe",
        effect: Effect::Reads,
        about: "Asks the Portal's front end for its page over TLS, once or until it answers as it should.",
        params: &[
            required("url", ParamKind::Text, "The address, https:// and nothing else."),
            optional("status", ParamKind::Integer, "The HTTP status that is expected; 200 when left out."),
            optional("contains", ParamKind::Text, "A text that the page must contain."),
            optional(
                "within",
                ParamKind::Duration,
                "For how long to ask again until it does; once when left out.",
            ),
        ],
        outputs: &[
            OutputSpec { name: "status", kind: ParamKind::Integer },
            OutputSpec { name: "certificate_days", kind: ParamKind::Integer },
            OutputSpec { name: "latency_ms", kind: ParamKind::Integer },
        ],
        verified_by: &[],
    },
];
