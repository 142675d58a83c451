//! Where to begin another lister: keys of our choosing, from what the keys that were listed look like.
//!
//! A wrong choice costs one request, never a key. All is done by whole characters, so that keys stay valid UTF-8,
//! whose order is that of its characters.

use super::Span;

/// A stretch that likely has fewer pages than this is left to its lister.
pub(super) const WORTH: f64 = 3.0;

/// So many characters tell how far apart two keys are; more would be lost in a float.
const DEEP: usize = 16;

/// The characters in which neighbouring keys were seen to differ.
#[derive(Debug, Default)]
pub(super) struct Alphabet {
    chars: Vec<char>,
}

impl Alphabet {
    const MOST: usize = 256;

    /// Notes the first character of a key that differs from the key before it.
    pub(super) fn learn(&mut self, before: &str, key: &str) {
        let parted = key[common(key, before)..].chars().next();
        if let Some(parted) = parted
            && let Err(at) = self.chars.binary_search(&parted)
            && self.chars.len() < Self::MOST
        {
            self.chars.insert(at, parted);
        }
    }

    /// Where a text lies among all texts, from 0 to 1, and how far those that begin with it reach.
    fn place(&self, text: &str) -> (f64, f64) {
        let width = (self.chars.len() + 2) as f64;
        let mut reach = 1.0;
        let mut place = 0.0;
        for c in text.chars().take(DEEP) {
            reach /= width;
            place += reach * (1 + self.chars.partition_point(|known| *known < c)) as f64;
        }
        (place, reach)
    }

    /// The middle one of the characters after `after`, and before `before`.
    fn middle(&self, after: Option<char>, before: Option<char>) -> Option<char> {
        let from = after.map_or(0, |after| self.chars.partition_point(|c| *c <= after));
        let to = before.map_or(self.chars.len(), |before| self.chars.partition_point(|c| *c < before));
        self.chars.get(from..to)?.get(to.saturating_sub(from) / 2).copied()
    }
}

/// What one lister has before it.
pub(super) struct Stretch<'s> {
    /// The page that was listed last.
    pub(super) span: &'s Span,
    /// Where the stretch ends, if that isn't the end of all.
    pub(super) until: Option<&'s str>,
    /// How many bytes all keys have in common.
    pub(super) prefix: usize,
    /// So many bytes into the key, keys are known to differ.
    pub(super) parted: Option<usize>,
}

impl Stretch<'_> {
    /// How many bytes all of its keys have in common, and the character that those after them stay below.
    fn trunk(&self) -> (usize, Option<char>) {
        let last = &*self.span.last;
        let Some(until) = self.until else { return (self.prefix, None) };
        let trunk = common(last, until);
        let mut beyond = until[trunk..].chars();
        let (own, end) = (last[trunk..].chars().next(), beyond.next());
        let more = !beyond.as_str().is_empty();
        match (own, end.filter(|_| more).and_then(after).or(end)) {
            // Its end is the end of what begins as its last key does.
            (Some(own), Some(end)) if after(own) == Some(end) => (trunk + own.len_utf8(), None),
            (_, end) => (trunk, end),
        }
    }

    /// How many pages like the last one it has, likely.
    pub(super) fn pages(&self, alphabet: &Alphabet) -> f64 {
        let (trunk, end) = self.trunk();
        let from = trunk.min(common(&self.span.first, &self.span.last));
        let place = |key: &str| alphabet.place(&key[from..]).0;
        let end = match (end, self.until) {
            (Some(_), Some(until)) => place(until),
            // The end of what begins as its last key does, however far into it that is.
            _ => {
                let (trunk, reach) = alphabet.place(&self.span.last[from..trunk]);
                trunk + reach
            }
        };
        let last = place(&self.span.last);
        let page = last - place(&self.span.first);
        if page > 0.0 { (end - last) / page } else { f64::MAX }
    }

    /// A key after the last one listed and before the end that likely has as much before it as after it; `None` when
    /// there is no use in guessing.
    pub(super) fn split(&self, alphabet: &Alphabet) -> Option<String> {
        let last = &*self.span.last;
        let (trunk, end) = self.trunk();
        // Past this the lister gets by itself, with one page.
        let page = common(&self.span.first, last).max(trunk);
        if self.parted == Some(trunk) || page == trunk {
            let own = last[trunk..].chars().next();
            if let Some(middle) = alphabet.middle(own, end) {
                return Some(format!("{}{middle}", &last[..trunk])).filter(|key| self.holds(key));
            }
        }
        // How far keys have more in common than is known: halved with each try.
        let deepest = self.parted.filter(|parted| *parted > trunk).map_or(page, |parted| parted.min(page));
        let mut low = trunk;
        while low < deepest {
            let mut middle = low + (deepest - low).div_ceil(2);
            while !last.is_char_boundary(middle) {
                middle += 1;
            }
            let key = past(&last[..middle]);
            if let Some(key) = key.filter(|key| self.holds(key)) {
                return Some(key);
            }
            low = middle;
        }
        None
    }

    fn holds(&self, key: &str) -> bool {
        *key > *self.span.last && self.until.is_none_or(|until| *key < *until)
    }
}

/// The bytes that two texts begin with alike, in whole characters.
pub(super) fn common(a: &str, b: &str) -> usize {
    let alike = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    a.floor_char_boundary(alike)
}

/// The first text after all those that begin with `start`.
fn past(start: &str) -> Option<String> {
    let mut chars = start.chars();
    let next = after(chars.next_back()?)?;
    let mut key = chars.as_str().to_owned();
    key.push(next);
    Some(key)
}

/// The next character.
fn after(c: char) -> Option<char> {
    (c..=char::MAX).nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters that all keys have in common were never seen to differ; they are beyond every digit.
    #[test]
    fn numbered_keys_behind_letters_are_worth_splitting() {
        let key = |n: u32| format!("photos/org-1/{n:08}.jpg");
        let mut alphabet = Alphabet::default();
        (1..500).for_each(|n| alphabet.learn(&key(n - 1), &key(n)));
        for prefix in ["", "photos/", "photos/org-1/"] {
            let span = Span { first: key(0), last: key(499) };
            let stretch = Stretch { span: &span, until: None, prefix: prefix.len(), parted: None };
            assert!(stretch.pages(&alphabet) > WORTH, "{prefix}: {}", stretch.pages(&alphabet));
            assert!(stretch.split(&alphabet).is_some_and(|key| key.starts_with(prefix)));
            // What is left before a key that is near is not.
            let until = key(900);
            let near = Stretch { until: Some(&until), ..stretch };
            assert!((0.0..WORTH).contains(&near.pages(&alphabet)), "{}", near.pages(&alphabet));
        }
    }
}
