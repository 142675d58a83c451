//! Two streams in the order of their keys, walked side by side.

use std::cmp::Ordering;

use futures::{Stream, TryStreamExt as _};

use crate::plan::Failure;
use crate::port::NamedPhoto;

/// Something that has a key.
pub trait Keyed {
    /// The key; keys are in the order of their UTF-8 bytes, as S3 lists them.
    fn key(&self) -> &str;
}

impl Keyed for NamedPhoto {
    fn key(&self) -> &str {
        &self.key
    }
}

/// What the two sides have of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pair<A, B> {
    /// Only the left side has it.
    Left(A),
    /// Both have it.
    Both(A, B),
    /// Only the right side has it.
    Right(B),
}

/// Two sorted streams, merged. Holds one item of each side, and the last key of each.
///
/// Each key comes once and in order: a key that its side gives again is passed over and counted. A side that goes
/// back ends the merge with a [`Failure`], since whatever was said of the keys before could be wrong.
pub struct Merge<L, R, A, B> {
    left: Side<L, A>,
    right: Side<R, B>,
}

impl<L, R, A, B> Merge<L, R, A, B>
where
    L: Stream<Item = Result<A, Failure>> + Unpin,
    R: Stream<Item = Result<B, Failure>> + Unpin,
    A: Keyed,
    B: Keyed,
{
    /// Merges two streams; each name says, should it be out of order, which of them was: `the bucket's listing`.
    pub fn new((left, left_name): (L, &'static str), (right, right_name): (R, &'static str)) -> Self {
        Self { left: Side::new(left, left_name), right: Side::new(right, right_name) }
    }

    /// What the sides have of the next key; `None` at the end of both.
    ///
    /// # Errors
    /// What either stream fails with, and [`Failure::Refused`] for a side that is out of order.
    pub async fn next(&mut self) -> Result<Option<Pair<A, B>>, Failure> {
        self.left.fill().await?;
        self.right.fill().await?;
        let order = match (&self.left.head, &self.right.head) {
            (Some(a), Some(b)) => a.key().cmp(b.key()),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        Ok(match order {
            Ordering::Less => self.left.head.take().map(Pair::Left),
            Ordering::Greater => self.right.head.take().map(Pair::Right),
            Ordering::Equal => {
                self.left.head.take().zip(self.right.head.take()).map(|(a, b)| Pair::Both(a, b))
            }
        })
    }

    /// How many items of the left side repeated the key before.
    pub fn repeated(&self) -> u64 {
        self.left.repeated
    }
}

struct Side<S, T> {
    name: &'static str,
    stream: S,
    head: Option<T>,
    last: Option<String>,
    repeated: u64,
    ended: bool,
}

impl<T: Keyed, S: Stream<Item = Result<T, Failure>> + Unpin> Side<S, T> {
    fn new(stream: S, name: &'static str) -> Self {
        Self { name, stream, head: None, last: None, repeated: 0, ended: false }
    }

    async fn fill(&mut self) -> Result<(), Failure> {
        while self.head.is_none() && !self.ended {
            let Some(item) = self.stream.try_next().await? else {
                self.ended = true;
                return Ok(());
            };
            let key = item.key();
            match &mut self.last {
                Some(last) => match key.cmp(last) {
                    Ordering::Greater => {
                        last.clear();
                        last.push_str(key);
                    }
                    Ordering::Equal => {
                        self.repeated += 1;
                        continue;
                    }
                    Ordering::Less => return Err(out_of_order(self.name, last, key)),
                },
                None => self.last = Some(key.to_owned()),
            }
            self.head = Some(item);
        }
        Ok(())
    }
}

fn out_of_order(name: &str, last: &str, key: &str) -> Failure {
    Failure::Refused {
        why: format!("{name} is out of order: {key:?} came after {last:?}, so nothing can be said of either"),
        next: "Nothing was changed. Try again; if this repeats, report it with these two keys.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use futures::executor::block_on;
    use futures::stream;
    use proptest::prelude::*;

    use super::*;

    impl Keyed for String {
        fn key(&self) -> &str {
            self
        }
    }

    fn merged(left: &[String], right: &[String]) -> Result<(Vec<Pair<String, String>>, u64), Failure> {
        fn side(keys: &[String]) -> impl Stream<Item = Result<String, Failure>> {
            stream::iter(keys.iter().cloned().map(Ok))
        }
        let mut merge = Merge::new((side(left), "the left"), (side(right), "the right"));
        let mut pairs = Vec::new();
        while let Some(pair) = block_on(merge.next())? {
            pairs.push(pair);
        }
        assert_eq!(block_on(merge.next())?, None);
        Ok((pairs, merge.repeated()))
    }

    proptest! {
        #[test]
        fn a_merge_says_what_two_sets_say(
            left in proptest::collection::vec("[ab/é\u{10000}\u{ffff}]{0,3}", 0..40),
            right in proptest::collection::vec("[ab/é\u{10000}\u{ffff}]{0,3}", 0..40),
        ) {
            let (mut left, mut right) = (left, right);
            left.sort();
            right.sort();
            let (a, b): (BTreeSet<_>, BTreeSet<_>) = (left.iter().collect(), right.iter().collect());
            let expected: Vec<_> = a.union(&b).map(|key| match (a.contains(*key), b.contains(*key)) {
                (true, true) => Pair::Both((*key).clone(), (*key).clone()),
                (true, false) => Pair::Left((*key).clone()),
                _ => Pair::Right((*key).clone()),
            }).collect();
            let (pairs, repeated) = merged(&left, &right).unwrap();
            prop_assert_eq!(pairs, expected);
            prop_assert_eq!(repeated as usize, left.len() - a.len());
        }

        #[test]
        fn a_side_that_goes_back_is_refused(
            keys in proptest::collection::vec("[abc]{1,3}", 2..20),
            other in proptest::collection::btree_set("[abc]{1,3}", 0..20),
        ) {
            let other: Vec<String> = other.into_iter().collect();
            let sorted = keys.is_sorted();
            prop_assert_eq!(merged(&keys, &other).is_ok(), sorted);
            prop_assert_eq!(merged(&other, &keys).is_ok(), sorted);
        }
    }

    #[test]
    fn the_side_that_goes_back_is_named() {
        let keys = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let failure = merged(&keys("a b"), &keys("c b")).unwrap_err().to_string();
        assert!(failure.contains("the right is out of order: \"b\" came after \"c\""), "{failure}");
    }
}
