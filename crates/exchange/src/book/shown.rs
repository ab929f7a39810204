//! What the format of a cell makes of a number: 0.367 is shown as 36.7%, 6300 as 6,300, −7.04 as △7.04.

use rust_decimal::{Decimal, RoundingStrategy};

/// A day as it is written in numbers: 2023/3/31. The hours of a time are left out.
pub(super) fn day((year, month, day, ..): (u16, u8, u8, u8, u8, u8, u16)) -> String {
    format!("{year}/{month}/{day}")
}

/// The text that a number format shows; `None` for one that is more than digits between fixed words.
pub(super) fn text(number: f64, format: &str) -> Option<String> {
    // The shortest digits that mean the same number: what was typed.
    let number: Decimal = number.to_string().parse().ok()?;
    let sections = sections(format);
    let negative = number.is_sign_negative() && !number.is_zero();
    let (section, number, sign) = match sections.as_slice() {
        [_, of_negative, ..] if negative => (of_negative, -number, ""),
        [first, ..] if negative => (first, -number, "-"),
        [first, ..] => (first, number, ""),
        [] => return None,
    };
    let Section { before, digits, after } = Section::read(section)?;
    let percent = digits.ends_with('%');
    let digits = digits.trim_end_matches('%');
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = whole.ends_with('0') && whole.chars().all(|c| "#,0".contains(c)) && fraction.chars().all(|c| c == '0');
    if !plain {
        return None;
    }
    let number = if percent { number.checked_mul(Decimal::ONE_HUNDRED)? } else { number };
    let places = u32::try_from(fraction.len()).ok()?;
    let rounded = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let printed = format!("{rounded:.*}", fraction.len());
    let (whole_digits, rest) = printed.split_at(printed.find('.').unwrap_or(printed.len()));
    let whole = if whole.contains(',') { grouped(whole_digits) } else { whole_digits.to_owned() };
    Some(format!("{sign}{before}{whole}{rest}{}{after}", if percent { "%" } else { "" }))
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The parts of a format between semicolons, for positive numbers, negative ones, and zero.
fn sections(format: &str) -> Vec<String> {
    let (mut sections, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for letter in format.chars() {
        match letter {
            ';' if !quoted && !escaped => sections.push(String::new()),
            _ => sections.last_mut().expect("there is always one").push(letter),
        }
        quoted ^= letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
    }
    sections
}

/// A section of a format: digits, and the words around them.
struct Section {
    before: String,
    digits: String,
    after: String,
}

impl Section {
    fn read(section: &str) -> Option<Self> {
        let mut it = Self { before: String::new(), digits: String::new(), after: String::new() };
        let mut letters = section.chars();
        while let Some(letter) = letters.next() {
            let literal = match letter {
                '"' => letters.by_ref().take_while(|c| *c != '"').collect(),
                '\\' => letters.next()?.to_string(),
                // As wide as the next letter.
                '_' => {
                    letters.next()?;
                    continue;
                }
                // A colour, or which currency it is.
                '[' => {
                    let name: String = letters.by_ref().take_while(|c| *c != ']').collect();
                    match name.strip_prefix('$') {
                        Some(currency) => currency.split('-').next().unwrap_or_default().to_owned(),
                        None if name.contains(['<', '>', '=']) => return None,
                        None => continue,
                    }
                }
                '#' | '0' | ',' | '.' | '%' if it.after.is_empty() => {
                    it.digits.push(letter);
                    continue;
                }
                '△' | '▲' | '-' | '+' | '(' | ')' | ' ' | '¥' | '￥' | '$' => letter.to_string(),
                _ => return None,
            };
            if it.digits.is_empty() { &mut it.before } else { &mut it.after }.push_str(&literal);
        }
        Some(it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_shown() {
        for (number, format, expected) in [
            (0.367, "0.0%", Some("36.7%")),
            (1.0, "0%", Some("100%")),
            (6300.0, "#,##0", Some("6,300")),
            (36.0, "0.0", Some("36.0")),
            (36.65, "0.0", Some("36.7")),
            (-7.04, "0.00;\"△\"0.00", Some("△7.04")),
            (-7.04, "#,##0.0_ ;[Red]\\-#,##0.0\\ ", Some("-7.0 ")),
            (-1234.5, "#,##0", Some("-1,235")),
            (1_234_567.0, "#,##0\"人\"", Some("1,234,567人")),
            (0.0, "0.0", Some("0.0")),
            (5.0, "General", None),
            (5.0, "yyyy/m/d", None),
            (5.0, "# ?/?", None),
            (5.0, "0.00E+00", None),
            (5.0, "[>=5]0", None),
            (5.0, "\"", None),
            (5.0, "", None),
        ] {
            assert_eq!(text(number, format).as_deref(), expected, "{number} {format}");
        }
    }
}
