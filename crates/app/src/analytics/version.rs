use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shirube_store::StoredPublication;
use time::{
    OffsetDateTime, PrimitiveDateTime, format_description::StaticFormatDescription, macros::format_description,
};

const INSTANT: StaticFormatDescription =
    format_description!("[year][month][day]T[hour][minute][second][subsecond digits:3]Z");
/// Hexadecimal digits of the digest that are kept.
const DIGITS: usize = 12;

/// What the data were at a moment: the instant of the latest revision that was to be seen, and a digest of all revisions that
/// were the latest of their strategies then, with the reference data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataVersion {
    at: OffsetDateTime,
    digest: String,
}

/// What is not a version of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a version of the data; use one that an answer gave, such as 20261126T010203004Z-0123456789ab")]
pub struct BadDataVersion;

impl DataVersion {
    /// The version of some revisions, the latest of each strategy, in any order.
    pub(crate) fn new<'a>(revisions: impl Iterator<Item = &'a StoredPublication>, reference: &str) -> Self {
        let mut revisions: Vec<_> = revisions.collect();
        revisions.sort_unstable_by_key(|of| (of.municipality, of.strategy));
        let mut hasher = Sha256::new();
        hasher.update(reference);
        for of in &revisions {
            hasher.update(format!("\n{} {} {} {}", of.municipality, of.strategy, of.revision.number, of.revision.hash));
        }
        let at = revisions.iter().map(|of| of.revision.published_at).max().unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut digest = format!("{:x}", hasher.finalize());
        digest.truncate(DIGITS);
        Self { at, digest }
    }

    /// The instant of the latest revision.
    pub const fn at(&self) -> OffsetDateTime {
        self.at
    }
}

impl fmt::Display for DataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.format(INSTANT).map_err(|_| fmt::Error)?;
        write!(f, "{at}-{}", self.digest)
    }
}

impl FromStr for DataVersion {
    type Err = BadDataVersion;

    fn from_str(text: &str) -> Result<Self, BadDataVersion> {
        let (at, digest) = text.split_once('-').ok_or(BadDataVersion)?;
        let at = PrimitiveDateTime::parse(at, INSTANT).map_err(|_| BadDataVersion)?.assume_utc();
        let hexadecimal = digest.len() == DIGITS && digest.bytes().all(|of| matches!(of, b'0'..=b'9' | b'a'..=b'f'));
        if hexadecimal { Ok(Self { at, digest: digest.to_owned() }) } else { Err(BadDataVersion) }
    }
}

impl TryFrom<String> for DataVersion {
    type Error = BadDataVersion;

    fn try_from(text: String) -> Result<Self, BadDataVersion> {
        text.parse()
    }
}

impl From<DataVersion> for String {
    fn from(version: DataVersion) -> Self {
        version.to_string()
    }
}
