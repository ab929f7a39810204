use std::fmt;

use serde::{Deserialize, Serialize};

use super::code::check_digit;

/// A prefecture (都道府県), numbered 1 (北海道) to 47 (沖縄県) as in JIS X 0401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Prefecture(u8);

impl From<Prefecture> for u32 {
    fn from(Prefecture(number): Prefecture) -> Self {
        number.into()
    }
}

impl TryFrom<u32> for Prefecture {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        Self::from_number(number).ok_or("prefectures are numbered 1 to 47")
    }
}

/// Japanese and English names, in the order of their numbers.
const NAMES: [(&str, &str); 47] = [
    ("北海道", "Hokkaido"),
    ("青森県", "Aomori"),
    ("岩手県", "Iwate"),
    ("宮城県", "Miyagi"),
    ("秋田県", "Akita"),
    ("山形県", "Yamagata"),
    ("福島県", "Fukushima"),
    ("茨城県", "Ibaraki"),
    ("栃木県", "Tochigi"),
    ("群馬県", "Gunma"),
    ("埼玉県", "Saitama"),
    ("千葉県", "Chiba"),
    ("東京都", "Tokyo"),
    ("神奈川県", "Kanagawa"),
    ("新潟県", "Niigata"),
    ("富山県", "Toyama"),
    ("石川県", "Ishikawa"),
    ("福井県", "Fukui"),
    ("山梨県", "Yamanashi"),
    ("長野県", "Nagano"),
    ("岐阜県", "Gifu"),
    ("静岡県", "Shizuoka"),
    ("愛知県", "Aichi"),
    ("三重県", "Mie"),
    ("滋賀県", "Shiga"),
    ("京都府", "Kyoto"),
    ("大阪府", "Osaka"),
    ("兵庫県", "Hyogo"),
    ("奈良県", "Nara"),
    ("和歌山県", "Wakayama"),
    ("鳥取県", "Tottori"),
    ("島根県", "Shimane"),
    ("岡山県", "Okayama"),
    ("広島県", "Hiroshima"),
    ("山口県", "Yamaguchi"),
    ("徳島県", "Tokushima"),
    ("香川県", "Kagawa"),
    ("愛媛県", "Ehime"),
    ("高知県", "Kochi"),
    ("福岡県", "Fukuoka"),
    ("佐賀県", "Saga"),
    ("長崎県", "Nagasaki"),
    ("熊本県", "Kumamoto"),
    ("大分県", "Oita"),
    ("宮崎県", "Miyazaki"),
    ("鹿児島県", "Kagoshima"),
    ("沖縄県", "Okinawa"),
];

impl Prefecture {
    /// The prefecture of a number from 1 to 47.
    pub fn from_number(number: u32) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| (1..=47).contains(number)).map(Self)
    }

    /// All 47, from north to south.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=47).map(Self)
    }

    /// Its number, 1 to 47.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The six-digit code with its check digit: 010006 for 北海道.
    pub fn code(self) -> String {
        let five = u32::from(self.0) * 1000;
        format!("{five:05}{}", check_digit(five))
    }

    /// The Japanese name with its suffix.
    pub const fn name(self) -> &'static str {
        NAMES[self.0 as usize - 1].0
    }

    /// The English name.
    pub const fn english(self) -> &'static str {
        NAMES[self.0 as usize - 1].1
    }
}

impl fmt::Display for Prefecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefectures_have_codes_too() {
        let code = |number| Prefecture::from_number(number).map(Prefecture::code);
        assert_eq!(code(1).as_deref(), Some("010006"));
        assert_eq!(code(13).as_deref(), Some("130001"));
        assert_eq!(code(47).as_deref(), Some("470007"));
        assert_eq!((code(0), code(48)), (None, None));
        assert_eq!(Prefecture::all().count(), 47);
    }
}
