use std::{
    fmt,
    io::{Read, Write},
    str::FromStr,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shirube_domain::{Error, comparison::Question};

use super::DataVersion;

/// Bytes of a packed question at most; one that names all municipalities has some 7,000.
const PACKED: usize = 16_000;
/// Bytes of an unpacked question at most.
const UNPACKED: u64 = 64_000;

/// A question and the version of the data that it is asked of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) version: DataVersion,
    pub(crate) question: Question,
}

/// What an answer is cited by: the question and the version of the data, as compressed JSON in the URL alphabet of base64.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AnswerId(String);

/// What is not the id of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the id of an answer; use one that an answer gave, whole")]
pub struct BadAnswerId;

impl AnswerId {
    pub(super) fn pack(asked: &Asked) -> Result<Self, Error> {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        let json = serde_json::to_vec(asked).map_err(Error::internal)?;
        packed.write_all(&json).map_err(Error::internal)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(packed.finish().map_err(Error::internal)?)))
    }

    /// A short mark of it, the same for the same id.
    pub fn tag(&self) -> String {
        let mut tag = format!("{:x}", Sha256::digest(&self.0));
        tag.truncate(24);
        tag
    }

    pub(super) fn unpack(&self) -> Result<Asked, BadAnswerId> {
        let packed = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| BadAnswerId)?;
        let mut json = Vec::new();
        let mut unpacked = DeflateDecoder::new(packed.as_slice()).take(UNPACKED);
        unpacked.read_to_end(&mut json).map_err(|_| BadAnswerId)?;
        serde_json::from_slice(&json).map_err(|_| BadAnswerId)
    }
}

impl FromStr for AnswerId {
    type Err = BadAnswerId;

    fn from_str(text: &str) -> Result<Self, BadAnswerId> {
        if text.len() <= PACKED { Ok(Self(text.to_owned())) } else { Err(BadAnswerId) }
    }
}

impl fmt::Display for AnswerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use shirube_domain::{
        comparison::{ComparisonQuestion, Group, Order},
        municipality::MunicipalityCode,
    };

    use super::*;

    fn asked(municipalities: Option<Vec<MunicipalityCode>>) -> Asked {
        let question = Question::Comparison(ComparisonQuestion {
            indicators: vec!["births".to_owned()],
            years: vec![2023],
            group: Group { municipalities, ..Group::default() },
            base: None,
            since: None,
            order: Order::Largest,
            bins: 10,
            confidence: 0.95,
        });
        let version = "20261126T010203004Z-0123456789ab".parse().unwrap();
        Asked { version, question }
    }

    #[test]
    fn an_id_holds_its_question() {
        for asked in [asked(None), asked(Some(vec!["012262".parse().unwrap()]))] {
            let id = AnswerId::pack(&asked).unwrap();
            assert_eq!(id.unpack().unwrap().question, asked.question);
            assert_eq!(id.to_string().parse::<AnswerId>().unwrap(), id);
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let id = AnswerId::pack(&asked(None)).unwrap().to_string();
        let bomb = {
            let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
            packed.write_all(&vec![b' '; 5_000_000]).unwrap();
            URL_SAFE_NO_PAD.encode(packed.finish().unwrap())
        };
        for text in ["", "!", "AAAA", &id[1..], &id[..id.len() - 4], &bomb, &"A".repeat(PACKED + 1)] {
            let read = text.parse::<AnswerId>().and_then(|id| id.unpack());
            assert!(read.is_err(), "{text:.40}");
        }
    }
}
