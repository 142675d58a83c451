//! A request's parameters, as the query protocol sends them: `Tags.Tag.1.Key=…`.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use jiff::Timestamp;

use super::errors::{Answer, Refused};

/// How many records a page has at most, and at least, when a request says how many.
const LARGEST_PAGE: usize = 100;
const SMALLEST_PAGE: usize = 20;

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Form(BTreeMap<String, String>);

/// One `Filters` entry: its name, and the values of which one must match.
pub(super) type Filter = (String, Vec<String>);

impl Form {
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The parameters' names, lists and structures by the name that they begin with.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        let bare = |key: &'_ String| -> usize { key.find('.').unwrap_or(key.len()) };
        self.0.keys().map(|key| &key[..bare(key)]).collect()
    }

    /// A parameter that is given and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Answer<&str> {
        let missing = || {
            let message = format!("The request must contain the parameter {name}.");
            Refused::new(400, "MissingParameter", message)
        };
        self.text(name).ok_or_else(missing)
    }

    /// A text of one's own, or `None`.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(super) fn number<N: FromStr>(&self, name: &str) -> Answer<Option<N>> {
        let bad = |value: &str| {
            Refused::new(400, "MalformedInput", format!("{name}: {value} is not a number that RDS takes"))
        };
        self.text(name).map(|value| value.parse().map_err(|_| bad(value))).transpose()
    }

    pub(super) fn truth(&self, name: &str) -> Answer<Option<bool>> {
        match self.text(name) {
            None => Ok(None),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(value) => {
                Err(Refused::new(400, "MalformedInput", format!("{name}: {value} is neither true nor false")))
            }
        }
    }

    pub(super) fn time(&self, name: &str) -> Answer<Option<Timestamp>> {
        let bad = |value: &str| {
            Refused::value(format!("{name}: {value} is not a time, such as 2026-11-24T03:14:00Z"))
        };
        self.text(name).map(|value| value.parse().map_err(|_| bad(value))).transpose()
    }

    /// A list's texts in order, or `None` when the list isn't given. What stands between the list's name and the
    /// number (`member`, or the item's name) doesn't matter, as RDS takes both.
    pub(super) fn list(&self, name: &str) -> Option<Vec<String>> {
        let items = self.items(name);
        let given = !items.is_empty() || self.0.contains_key(name);
        given.then(|| items.into_values().filter_map(|item| item.text("").map(str::to_owned)).collect())
    }

    /// The items of a list by number: each a form of what is within.
    fn items(&self, name: &str) -> BTreeMap<u32, Self> {
        let mut items: BTreeMap<u32, Self> = BTreeMap::new();
        for (key, value) in &self.0 {
            let rest = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            let Some((_, rest)) = rest.and_then(|rest| rest.split_once('.')) else { continue };
            let (number, within) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                items.entry(number).or_default().0.insert(within.to_owned(), value.clone());
            }
        }
        items
    }

    /// `Tags`, or `None` when there are none.
    pub(super) fn tags(&self) -> Option<BTreeMap<String, String>> {
        let tags: BTreeMap<_, _> = self
            .items("Tags")
            .into_values()
            .filter_map(|tag| Some((tag.text("Key")?.to_owned(), tag.owned("Value").unwrap_or_default())))
            .collect();
        (!tags.is_empty()).then_some(tags)
    }

    /// `Filters`, of which every name must be among `known`.
    pub(super) fn filters(&self, known: &[&str]) -> Answer<Vec<Filter>> {
        let mut filters = Vec::new();
        for filter in self.items("Filters").into_values() {
            let name = filter.required("Name")?.to_owned();
            if !known.contains(&name.as_str()) {
                return Err(Refused::value(format!("Unrecognized filter name: {name}")));
            }
            filters.push((name, filter.list("Values").unwrap_or_default()));
        }
        Ok(filters)
    }

    /// One page of `all`, and the marker of the next. `key` orders the records and names where a page ended, so
    /// that records which come and go between two pages move no other.
    pub(super) fn page<T>(
        &self,
        mut all: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Answer<(Vec<T>, Option<String>)> {
        let most = self.number::<usize>("MaxRecords")?.unwrap_or(LARGEST_PAGE);
        if !(SMALLEST_PAGE..=LARGEST_PAGE).contains(&most) {
            let message = format!(
                "Invalid value {most} for MaxRecords. Must be between {SMALLEST_PAGE} and {LARGEST_PAGE}"
            );
            return Err(Refused::value(message));
        }
        all.sort_by_key(&key);
        if let Some(marker) = self.text("Marker") {
            all.retain(|record| key(record).as_str() > marker);
        }
        let more = all.len() > most;
        all.truncate(most);
        let marker = more.then(|| all.last().map(&key)).flatten();
        Ok((all, marker))
    }
}

/// Whether a record passes every filter; `has` says what it has by the filter's name.
pub(super) fn passes(filters: &[Filter], has: impl Fn(&str) -> Vec<String>) -> bool {
    filters.iter().all(|(name, values)| has(name).iter().any(|value| values.contains(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_tags_and_filters_are_read_whatever_their_items_are_called() {
        let form = Form::parse(
            b"VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-b&VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-a\
              &EnableCloudwatchLogsExports.member.1=error&Tags.Tag.1.Key=a&Tags.Tag.1.Value=%26&Tags.Tag.2.Key=b\
              &Filters.Filter.1.Name=status&Filters.Filter.1.Values.Value.1=retained&Empty=",
        );
        assert_eq!(form.list("VpcSecurityGroupIds").unwrap(), ["sg-a", "sg-b"]);
        assert_eq!(form.list("EnableCloudwatchLogsExports").unwrap(), ["error"]);
        assert_eq!(form.list("Nothing"), None);
        assert_eq!(form.list("Empty"), Some(vec![]));
        let tags = form.tags().unwrap();
        assert_eq!((tags["a"].as_str(), tags["b"].as_str()), ("&", ""));
        assert_eq!(form.filters(&["status"]).unwrap(), [("status".to_owned(), vec!["retained".to_owned()])]);
        assert_eq!(form.filters(&["engine"]).unwrap_err().code, "InvalidParameterValue");
        assert!(form.names().contains("Filters") && !form.names().contains("Filters.Filter.1.Name"));
    }
}
