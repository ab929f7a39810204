//! Passwords: what is taken as a new one, how one is stored and compared.

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash as Phc,
};

/// Argon2id with 19 MiB, two passes, one lane: the first choice of the OWASP password storage cheat sheet. A stored hash
/// with other parameters is replaced at the next sign-in.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The shortest password, in characters.
pub const SHORTEST: usize = 12;
/// The longest password, in characters.
pub const LONGEST: usize = 200;

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// What became of a password that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one.
    Wrong,
    /// It is.
    Right,
    /// It is, and its stored hash has outdated parameters: store this one.
    RightAnew(String),
}

/// Why a password cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("the password has fewer than {SHORTEST} characters; several words in a row are a good one")]
    Short,
    /// Too long.
    #[error("the password has more than {LONGEST} characters")]
    Long,
    /// Easily guessed.
    #[error("the password is easily guessed; several words that do not belong together are a good one")]
    Weak,
}

/// How much of a password is looked at to tell whether it is easily guessed: more than makes it strong, and little enough that
/// the look takes milliseconds, whatever is typed.
const JUDGED: usize = 32;

/// Checks a new password, in some milliseconds of a core: not for an async thread. `about` is what a guesser would try first,
/// as a whole and word by word, such as the name.
pub fn check(password: &str, about: &[&str]) -> Result<(), PasswordError> {
    let words = about.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let about: Vec<&str> = about.iter().copied().chain(words).filter(|word| !word.is_empty()).collect();
    let start: String = password.chars().take(JUDGED).collect();
    match password.chars().count() {
        count if count < SHORTEST => Err(PasswordError::Short),
        count if count > LONGEST => Err(PasswordError::Long),
        // 2 of 4: a million guesses at least, far more than the throttles let through.
        _ if u8::from(zxcvbn::zxcvbn(&start, &about).score()) < 2 => Err(PasswordError::Weak),
        _ => Ok(()),
    }
}

/// Hashes a password. It takes some 20 ms of a core: not for an async thread.
pub fn hash(password: &str) -> String {
    argon2().hash_password(password.as_bytes()).expect("a password of any bytes can be hashed").to_string()
}

/// Compares a password with a stored hash. Without one (an unknown account, say) it takes as long, and is wrong. It takes
/// some 20 ms of a core: not for an async thread.
pub fn verify(password: &str, stored: Option<&str>) -> Verdict {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody's"));
    let text = stored.unwrap_or(&NOBODY);
    // What is longer than any password is none, and costs nothing to refuse; its length is the caller's own.
    let Ok(phc) = Phc::new(text) else { return Verdict::Wrong };
    let right = password.len() <= 4 * LONGEST && argon2().verify_password(password.as_bytes(), &phc).is_ok();
    match (stored, right) {
        (Some(_), true) if is_current(&phc) => Verdict::Right,
        (Some(_), true) => Verdict::RightAnew(hash(password)),
        _ => Verdict::Wrong,
    }
}

/// Makes the first comparison as quick as the others.
pub fn warm_up() {
    verify("", None);
}

fn is_current(phc: &Phc) -> bool {
    Params::try_from(phc).is_ok_and(|params| {
        phc.algorithm.as_str() == "argon2id"
            && (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_recognised_and_another_one_is_not() {
        let stored = hash("correct horse battery staple");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify("correct horse battery staple", Some(&stored)), Verdict::Right);
        assert_eq!(verify("correct horse battery stapl", Some(&stored)), Verdict::Wrong);
        assert_eq!(verify("nobody's", None), Verdict::Wrong, "nobody has no password");
        assert_eq!(verify("", Some("nonsense")), Verdict::Wrong);
    }

    #[test]
    fn an_outdated_hash_is_made_anew() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8 * 1024, 1, 1, None).unwrap());
        let stored = weak.hash_password(b"correct horse battery staple").unwrap().to_string();
        let Verdict::RightAnew(anew) = verify("correct horse battery staple", Some(&stored)) else {
            panic!("it is right and outdated")
        };
        assert_eq!(verify("correct horse battery staple", Some(&anew)), Verdict::Right);
    }

    #[test]
    fn passwords_that_are_guessed_first_are_refused() {
        assert_eq!(check("short", &[]), Err(PasswordError::Short));
        assert_eq!(check(&"long".repeat(51), &[]), Err(PasswordError::Long));
        for weak in ["passwordpassword", "123456789012", "qwertyuiopas", "sunagawa1234"] {
            assert_eq!(check(weak, &["sunagawa"]), Err(PasswordError::Weak), "{weak}");
        }
        for about in ["sunagawa", "kikaku@city.sunagawa.lg.jp", "Kikaku Sunagawa"] {
            assert_eq!(check("sunagawa1234", &[about]), Err(PasswordError::Weak), "{about}");
        }
        for good in ["correct horse battery staple", "雪だるま 切手 海苔 自転車 灯台", "Vf7-qpLw-93xZ"] {
            assert_eq!(check(good, &["sunagawa"]), Ok(()), "{good}");
        }
    }
}
