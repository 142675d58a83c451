//! The Merkle tree hash of RFC 6962, section 2.1, over complete subtrees that are kept elsewhere.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a leaf or of a subtree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(pub(crate) [u8; 32]);

/// Text that isn't the base64 of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a hash in base64")]
pub struct NotAHash;

impl Hash {
    /// The hash of a tree without leaves.
    pub fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The hash of a leaf.
    pub fn of_leaf(data: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }

    /// The hash of a tree of two subtrees.
    pub fn of_two(left: Self, right: Self) -> Self {
        Self(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
    }

    /// The bytes of a hash.
    ///
    /// # Errors
    /// [`NotAHash`] when they aren't 32.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, NotAHash> {
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for Hash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        Self::from_slice(&STANDARD.decode(text).map_err(|_| NotAHash)?)
    }
}

/// Complete subtrees by level and number: the 2^level leaves from number * 2^level on.
pub(crate) type Subtrees<'a, E> = dyn FnMut(u32, u64) -> Result<Hash, E> + 'a;

/// The root of the first `size` leaves.
pub(crate) fn root<E>(size: u64, subtree: &mut Subtrees<'_, E>) -> Result<Hash, E> {
    if size == 0 { Ok(Hash::of_nothing()) } else { range(0, size, subtree) }
}

/// The hash of the `size` leaves from `from` on, where a tree of that size can begin.
fn range<E>(from: u64, size: u64, subtree: &mut Subtrees<'_, E>) -> Result<Hash, E> {
    if size.is_power_of_two() {
        return subtree(size.trailing_zeros(), from >> size.trailing_zeros());
    }
    let left = split(size);
    Ok(Hash::of_two(range(from, left, subtree)?, range(from + left, size - left, subtree)?))
}

/// The most leaves of a tree of `size`, at least 2, that its left subtree can hold: a power of two.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The audit path of the leaf `index` in the first `size` leaves, from the leaf up.
pub(crate) fn path<E>(index: u64, size: u64, subtree: &mut Subtrees<'_, E>) -> Result<Vec<Hash>, E> {
    let (mut from, mut size, mut path) = (0, size, Vec::new());
    while size > 1 {
        let left = split(size);
        if index - from < left {
            path.push(range(from + left, size - left, subtree)?);
            size = left;
        } else {
            path.push(range(from, left, subtree)?);
            (from, size) = (from + left, size - left);
        }
    }
    path.reverse();
    Ok(path)
}

/// The root that a path leads to from a leaf; `None` when it isn't the path of such a leaf in such a tree.
pub(crate) fn climb(index: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    // RFC 9162, section 2.1.3.2.
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for next in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            hash = Hash::of_two(*next, hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = Hash::of_two(hash, *next);
        }
        (at, last) = (at / 2, last / 2);
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves of the tests of the reference implementation of RFC 6962.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    /// Their roots, for each size.
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn hex(hash: Hash) -> String {
        hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The definition, word for word: no subtree is kept.
    fn defined(leaves: &[&[u8]]) -> Hash {
        match leaves {
            [] => Hash::of_nothing(),
            [leaf] => Hash::of_leaf(leaf),
            leaves => {
                let (left, right) = leaves.split_at(split(leaves.len() as u64).try_into().unwrap());
                Hash::of_two(defined(left), defined(right))
            }
        }
    }

    fn subtree(level: u32, number: u64) -> Result<Hash, ()> {
        let size = 1 << level;
        let from = usize::try_from(number).unwrap() * size;
        Ok(defined(&LEAVES[from..from + size]))
    }

    #[test]
    fn the_roots_are_those_of_the_reference() {
        for (size, right) in ROOTS.iter().enumerate() {
            assert_eq!(hex(defined(&LEAVES[..size])), *right);
            assert_eq!(hex(root(size as u64, &mut subtree).unwrap()), *right);
        }
    }

    #[test]
    fn the_paths_are_those_of_the_reference() {
        let known: [(u64, u64, &[&str]); 5] = [
            (0, 1, &[]),
            (
                0,
                8,
                &[
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                5,
                8,
                &[
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
            (
                1,
                5,
                &[
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ],
            ),
        ];
        for (index, size, right) in known {
            let found: Vec<_> = path(index, size, &mut subtree).unwrap().into_iter().map(hex).collect();
            assert_eq!(found, right, "leaf {index} of {size}");
        }
    }

    #[test]
    fn a_path_leads_to_the_root_from_its_own_leaf_only() {
        for size in 1..=8 {
            let right = root(size, &mut subtree).unwrap();
            for index in 0..size {
                let path = path(index, size, &mut subtree).unwrap();
                for other in 0..9 {
                    let data = LEAVES.get(usize::try_from(other).unwrap()).unwrap_or(&LEAVES[0]);
                    let found = climb(other, size, Hash::of_leaf(data), &path);
                    assert_eq!(
                        found == Some(right),
                        other == index,
                        "{other} by the path of {index} in {size}"
                    );
                }
                let leaf = Hash::of_leaf(LEAVES[usize::try_from(index).unwrap()]);
                let longer = [&path[..], &[right]].concat();
                assert_ne!(climb(index, size, leaf, &longer), Some(right));
                if let Some((_, shorter)) = path.split_last() {
                    assert_ne!(climb(index, size, leaf, shorter), Some(right));
                }
            }
        }
    }
}
