//! Municipalities (自治体), their codes, prefectures, kinds and similar groups.

mod code;
mod kind;
mod prefecture;

pub use code::{CodeError, MunicipalityCode, SUCCESSIONS, Succession};
pub use kind::{MunicipalityKind, SimilarGroup, UnknownName};
pub use prefecture::Prefecture;

/// A municipality: the tenant of the service, and the unit of comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Municipality {
    /// The code (全国地方公共団体コード).
    pub code: MunicipalityCode,
    /// The name with its suffix: 砂川市.
    pub name: String,
    /// The name in hiragana: すながわし.
    pub kana: String,
    /// Designated city, core city, … village.
    pub kind: MunicipalityKind,
    /// The ministry's class of similar municipalities (類似団体).
    pub similar_group: SimilarGroup,
    /// Latitude of the main office, degrees north (JGD2011).
    pub latitude: f64,
    /// Longitude of the main office, degrees east (JGD2011).
    pub longitude: f64,
    /// The municipality's web site.
    pub website: Option<String>,
}

impl Municipality {
    /// The prefecture, from the first two digits of the code.
    pub fn prefecture(&self) -> Prefecture {
        self.code.prefecture()
    }
}
