/// The longest e-mail address, in bytes (RFC 5321).
const LONGEST: usize = 254;

/// Brings an e-mail address into the form in which it is stored and compared: without spaces around it, half-width, in
/// lower case. `None` if it is none. Whether it exists is for the one who sends the invitation to see.
pub fn normalize_email(text: &str) -> Option<String> {
    let email = shirube_domain::text::normalize(text).to_lowercase();
    let (local, domain) = email.split_once('@')?;
    let plain = |part: &str| {
        !part.is_empty()
            && !part.chars().any(|c| c == '@' || c.is_whitespace() || c.is_control() || "<>,;\"\\".contains(c))
    };
    let good = email.len() <= LONGEST && plain(local) && plain(domain) && domain.contains('.');
    let dotted = !domain.starts_with('.') && !domain.ends_with('.') && !domain.contains("..");
    // A host of this machine, as tests and small installations have it.
    (good && dotted || (plain(local) && domain == "localhost")).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::normalize_email;

    #[test]
    fn an_address_has_one_form() {
        for text in [
            "Kikaku@City.Sunagawa.lg.jp",
            " kikaku@city.sunagawa.lg.jp ",
            "ｋｉｋａｋｕ＠ｃｉｔｙ．ｓｕｎａｇａｗａ．ｌｇ．ｊｐ",
        ] {
            assert_eq!(normalize_email(text).as_deref(), Some("kikaku@city.sunagawa.lg.jp"), "{text}");
        }
        for text in
            ["", "@", "a@", "@b.jp", "a b@c.jp", "a@b@c.jp", "a@b", "a@.jp", "a@b.", "a@b..jp", "<a@b.jp>", "a\n@b.jp"]
        {
            assert_eq!(normalize_email(text), None, "{text}");
        }
        assert_eq!(normalize_email(&format!("{}@b.jp", "a".repeat(300))), None);
    }
}
