use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::normalize;

/// A name that is none of those that were expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{name}” is not a {what}; one is {example}")]
pub struct UnknownName {
    what: &'static str,
    name: String,
    example: &'static str,
}

/// The kind of a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MunicipalityKind {
    /// 政令指定都市.
    DesignatedCity,
    /// 中核市.
    CoreCity,
    /// 施行時特例市.
    SpecialCity,
    /// 特別区, of Tokyo.
    SpecialWard,
    /// 市.
    City,
    /// 町.
    Town,
    /// 村.
    Village,
}

impl MunicipalityKind {
    /// All kinds, in the order of the ministry's lists.
    pub const ALL: [Self; 7] = [
        Self::DesignatedCity,
        Self::CoreCity,
        Self::SpecialCity,
        Self::SpecialWard,
        Self::City,
        Self::Town,
        Self::Village,
    ];

    /// The Japanese name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DesignatedCity => "政令指定都市",
            Self::CoreCity => "中核市",
            Self::SpecialCity => "施行時特例市",
            Self::SpecialWard => "特別区",
            Self::City => "市",
            Self::Town => "町",
            Self::Village => "村",
        }
    }
}

impl FromStr for MunicipalityKind {
    type Err = UnknownName;
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| UnknownName {
            what: "kind of municipality (市町村の区分)",
            name: name.to_owned(),
            example: "市",
        })
    }
}

/// A class of similar municipalities (類似団体) as the Ministry of Internal Affairs draws them on the census of 2020.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SimilarGroup {
    /// 政令指定都市.
    DesignatedCities,
    /// 中核市.
    CoreCities,
    /// 施行時特例市.
    SpecialCities,
    /// 特別区.
    SpecialWards,
    /// 都市, by population (Ⅰ < 50,000, Ⅱ < 100,000, Ⅲ < 150,000, Ⅳ above) and industry (0 to 3).
    Cities(SizeAndIndustry),
    /// 町村, by population (Ⅰ < 5,000, Ⅱ < 10,000, Ⅲ < 15,000, Ⅳ < 20,000, Ⅴ above) and industry (0 to 2).
    TownsAndVillages(SizeAndIndustry),
}

/// The two figures behind 都市 or 町村.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SizeAndIndustry {
    size: u8,
    industry: u8,
}

const ROMAN: [&str; 5] = ["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ"];
const FULL_WIDTH: [&str; 4] = ["０", "１", "２", "３"];

/// 都市Ⅰ－３.
impl fmt::Display for SimilarGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classed = |f: &mut fmt::Formatter<'_>, name, class: SizeAndIndustry| {
            write!(f, "{name}{}－{}", ROMAN[usize::from(class.size) - 1], FULL_WIDTH[usize::from(class.industry)])
        };
        match *self {
            Self::DesignatedCities => f.write_str("政令指定都市"),
            Self::CoreCities => f.write_str("中核市"),
            Self::SpecialCities => f.write_str("施行時特例市"),
            Self::SpecialWards => f.write_str("特別区"),
            Self::Cities(class) => classed(f, "都市", class),
            Self::TownsAndVillages(class) => classed(f, "町村", class),
        }
    }
}

impl FromStr for SimilarGroup {
    type Err = UnknownName;

    /// Reads 都市Ⅰ－３, also in half-width characters (都市I-3).
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let fail = || UnknownName {
            what: "class of similar municipalities (類似団体)",
            name: text.to_owned(),
            example: "都市Ⅰ－３",
        };
        let name = normalize(text);
        let class = |text: &str, sizes: u8, industries: u8| {
            let (size, industry) = text.split_once(['-', '－', '−'])?;
            // NFKC makes Ⅳ the letters IV.
            let size = ["I", "II", "III", "IV", "V"].iter().position(|roman| *roman == size)?;
            let (size, industry) = (u8::try_from(size).ok()? + 1, industry.parse().ok()?);
            (size <= sizes && industry <= industries).then_some(SizeAndIndustry { size, industry })
        };
        match &*name {
            "政令指定都市" => Ok(Self::DesignatedCities),
            "中核市" => Ok(Self::CoreCities),
            "施行時特例市" => Ok(Self::SpecialCities),
            "特別区" => Ok(Self::SpecialWards),
            name => if let Some(rest) = name.strip_prefix("都市") {
                class(rest, 4, 3).map(Self::Cities)
            } else if let Some(rest) = name.strip_prefix("町村") {
                class(rest, 5, 2).map(Self::TownsAndVillages)
            } else {
                None
            }
            .ok_or_else(fail),
        }
    }
}

/// Written as they are printed, since what is written lasts longer than the order of these variants.
macro_rules! written_as_printed {
    ($name:ident, $printed:expr) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let printed: fn(&Self) -> String = $printed;
                serializer.serialize_str(&printed(self))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

written_as_printed!(MunicipalityKind, |kind| kind.name().to_owned());
written_as_printed!(SimilarGroup, ToString::to_string);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_read_and_printed() {
        for text in ["政令指定都市", "中核市", "施行時特例市", "特別区", "都市Ⅰ－３", "都市Ⅳ－０", "町村Ⅴ－２"]
        {
            assert_eq!(text.parse::<SimilarGroup>().unwrap().to_string(), text);
        }
        assert_eq!("都市I-3".parse::<SimilarGroup>().unwrap().to_string(), "都市Ⅰ－３");
        for text in ["", "都市", "都市Ⅴ－０", "都市Ⅰ－４", "町村Ⅰ－３", "村Ⅰ－１"] {
            assert!(text.parse::<SimilarGroup>().is_err(), "{text}");
        }
    }

    #[test]
    fn kinds_are_read_and_printed() {
        for kind in MunicipalityKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert!("郡".parse::<MunicipalityKind>().is_err());
    }
}
