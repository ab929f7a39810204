//! Secrets that are shown once and stored hashed: refresh tokens, API keys, invitations.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use shirube_domain::municipality::MunicipalityCode;

/// What a secret is for. Its first letters say so, so that one that leaks is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// A refresh token.
    Refresh,
    /// An API key.
    Key,
    /// An invitation.
    Invitation,
    /// An attempt to sign in with another provider.
    Attempt,
    /// A new password for a user who cannot sign in any more.
    Reset,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "shr_",
            Self::Key => "shk_",
            Self::Invitation => "shi_",
            Self::Attempt => "sha_",
            Self::Reset => "shp_",
        }
    }
}

/// The letters that 32 bytes take in base64.
const LETTERS: usize = 43;

/// 256 random bits as text, shown once and stored as a hash only. It carries the municipality to which it belongs, so
/// that it is looked for there and nowhere else.
pub struct Secret(String);

impl Secret {
    /// A fresh one.
    pub fn new(kind: SecretKind, municipality: Option<MunicipalityCode>) -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system gives randomness");
        let place = municipality.map(|code| format!("{code}_")).unwrap_or_default();
        Self(format!("{}{place}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text, for the one who is to have it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of a secret, in hexadecimal. A fast hash will do: nobody guesses 256 random bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHash(String);

impl SecretHash {
    fn of(text: &str) -> Self {
        Self(format!("{:x}", Sha256::digest(text)))
    }

    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretHash {
    /// From its stored form.
    fn from(stored: String) -> Self {
        Self(stored)
    }
}

/// A secret that somebody shows: where to look for it, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The municipality to which it belongs, or none: to the instance.
    pub municipality: Option<MunicipalityCode>,
    /// What is stored of it.
    pub hash: SecretHash,
}

/// Whether a text begins like a secret of a kind.
pub fn looks_like(kind: SecretKind, text: &str) -> bool {
    text.starts_with(kind.prefix())
}

/// Reads a secret that somebody shows. `None` if it cannot be one.
pub fn read(kind: SecretKind, text: &str) -> Option<Shown> {
    let rest = text.strip_prefix(kind.prefix())?;
    let (place, letters) = rest.split_at_checked(rest.len().checked_sub(LETTERS)?)?;
    let bytes = URL_SAFE_NO_PAD.decode(letters).ok()?;
    if bytes.len() != 32 {
        return None;
    }
    let municipality = match place {
        "" => None,
        place => {
            let code: MunicipalityCode = place.strip_suffix('_')?.parse().ok()?;
            // Spelled in one way only.
            (format!("{code}_") == place).then_some(Some(code))?
        }
    };
    Some(Shown { municipality, hash: SecretHash::of(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_read_back_as_its_hash() {
        for municipality in [None, Some("012262".parse().unwrap())] {
            let secret = Secret::new(SecretKind::Key, municipality);
            let shown = read(SecretKind::Key, secret.reveal()).unwrap();
            assert_eq!(shown, Shown { municipality, hash: secret.hash() });
            assert_eq!(read(SecretKind::Refresh, secret.reveal()), None, "a key is no refresh token");
            assert_eq!(format!("{secret:?}"), "Secret(…)");
        }
        assert_ne!(Secret::new(SecretKind::Key, None).hash(), Secret::new(SecretKind::Key, None).hash());
    }

    #[test]
    fn what_is_not_a_secret_is_none() {
        let good = Secret::new(SecretKind::Key, None).reveal().to_owned();
        let letters = &good[4..];
        for text in [
            "",
            "shk_",
            "shk_é",
            &good[..46],
            &format!("{good}="),
            &format!("shk_012263_{letters}"),
            &format!("shk_01226_{letters}"),
            &format!("shk_0122６2_{letters}"),
            &format!("shk__{letters}"),
            &format!("shk_{}é", &letters[..41]),
        ] {
            assert_eq!(read(SecretKind::Key, text), None, "{text}");
        }
    }
}
