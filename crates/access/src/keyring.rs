use std::{
    fmt, fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::WebhookKey;

/// How long a new key is published before it signs, so that every replica knows it by then.
const ANNOUNCED: Duration = Duration::minutes(1);
/// How long an older key still verifies after a newer one has begun to sign: longer than any access token is good.
const OUTGOING: Duration = Duration::minutes(30);

/// A key that signs access tokens (Ed25519).
pub struct SigningKey {
    kid: String,
    public: String,
    made: OffsetDateTime,
    secret: ed25519_dalek::SigningKey,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("made", &self.made).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A fresh key, made at `made`.
    pub fn generate(made: OffsetDateTime) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("the system gives randomness");
        Self::of(ed25519_dalek::SigningKey::from_bytes(&seed), made)
    }

    fn of(secret: ed25519_dalek::SigningKey, made: OffsetDateTime) -> Self {
        let public = URL_SAFE_NO_PAD.encode(secret.verifying_key().as_bytes());
        // The thumbprint of RFC 7638: these members, in this order.
        let thumbprint = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
        let der = secret.to_pkcs8_der().expect("an Ed25519 key has a PKCS#8 form");
        Self {
            kid: URL_SAFE_NO_PAD.encode(Sha256::digest(thumbprint)),
            encoding: EncodingKey::from_ed_der(der.as_bytes()),
            decoding: DecodingKey::from_ed_der(secret.verifying_key().as_bytes()),
            public,
            made,
            secret,
        }
    }

    /// Its name in tokens: the thumbprint of RFC 7638.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// When it was made.
    pub const fn made(&self) -> OffsetDateTime {
        self.made
    }

    /// The public part, in base64url.
    pub fn public(&self) -> &str {
        &self.public
    }

    pub(crate) const fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    pub(crate) const fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    #[cfg(test)]
    pub(crate) const fn secret(&self) -> &ed25519_dalek::SigningKey {
        &self.secret
    }
}

/// The keys of an instance, oldest first; at least one.
#[derive(Debug)]
pub struct Keyring(Vec<SigningKey>);

impl Keyring {
    /// A ring of these keys; `None` without any.
    pub fn new(mut keys: Vec<SigningKey>) -> Option<Self> {
        keys.sort_by_key(|key| key.made);
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The key that signs: the newest that has been announced long enough.
    pub fn signing(&self, now: OffsetDateTime) -> &SigningKey {
        let announced = self.0.iter().rfind(|key| key.made + ANNOUNCED <= now);
        announced.or(self.0.first()).expect("a ring has a key")
    }

    /// The key of a name, which is compared and nothing else.
    pub fn named(&self, kid: &str) -> Option<&SigningKey> {
        self.0.iter().find(|key| key.kid == kid)
    }

    /// All keys, oldest first.
    pub fn keys(&self) -> &[SigningKey] {
        &self.0
    }

    /// The public keys as a JWK set (RFC 7517).
    pub fn jwks(&self) -> Value {
        let key = |key: &SigningKey| json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid, "x": key.public });
        json!({ "keys": self.0.iter().map(key).collect::<Vec<_>>() })
    }
}

/// Why the folder of the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read or written.
    #[error("the keys in {} cannot be read or written", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else may read a key.
    #[error("{} can be read by others than its owner; run `chmod go-rwx {}`, and `shirube token rotate --revoke-old` if anybody may have", path.display(), path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// The file of the webhooks' key holds none.
    #[error("{} holds no key of 32 bytes in base64; put the right one back, or move it away and give every receiver of a webhook its new secret", path.display())]
    NoWebhookKey {
        /// The file.
        path: PathBuf,
    },
    /// A file holds no key.
    #[error("{} holds no Ed25519 key in PKCS#8 (PEM); move it away", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
}

/// The file of the key from which the secrets of webhooks are derived.
const WEBHOOK_KEY: &str = "webhooks.key";

const NAME: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// The folder in which the keys lie, one a file, readable by the service alone.
#[derive(Debug, Clone)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// A folder, which need not be there yet.
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the keys; makes the folder and a first key where there is none.
    pub fn open(&self, now: OffsetDateTime) -> Result<Keyring, KeyError> {
        if let Some(ring) = Keyring::new(self.read()?) {
            return Ok(ring);
        }
        self.add(now)?;
        Ok(Keyring::new(self.read()?).expect("a key was added"))
    }

    /// Adds a key that takes over from the others in a minute, and removes those that have long been taken over from.
    /// Nobody is signed out. With `revoke`, the others are removed at once: every access token must be refreshed.
    pub fn rotate(&self, now: OffsetDateTime, revoke: bool) -> Result<Keyring, KeyError> {
        let files = self.files()?;
        let taken_over = |at: usize| files.get(at + 1).is_some_and(|(made, _)| *made + ANNOUNCED + OUTGOING <= now);
        self.add(now)?;
        for (at, (_, path)) in files.iter().enumerate() {
            if revoke || taken_over(at) {
                fs::remove_file(path).map_err(|source| KeyError::Io { path: path.clone(), source })?;
            }
        }
        Ok(Keyring::new(self.read()?).expect("a key was added"))
    }

    fn add(&self, now: OffsetDateTime) -> Result<(), KeyError> {
        let fail = |path: &Path| {
            let path = path.to_owned();
            |source| KeyError::Io { path, source }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(fail(&self.0))?;
        let key = SigningKey::generate(now);
        let stamp = now.to_offset(time::UtcOffset::UTC).format(NAME).expect("an instant has a date and a time");
        let path = self.0.join(format!("{stamp}-{}.pem", key.kid));
        let pem = key.secret.to_pkcs8_pem(LineEnding::LF).expect("an Ed25519 key has a PKCS#8 form");
        // Written aside first: a server that looks just now sees a whole key or none.
        let aside = path.with_extension("new");
        self.write(&aside, pem.as_bytes())?;
        fs::rename(&aside, &path).map_err(fail(&path))
    }

    /// Writes a file that the service alone may read, where there is none.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
        let fail = |source| KeyError::Io { path: path.to_owned(), source };
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fail)?;
        io::Write::write_all(&mut file, bytes).and_then(|()| file.sync_all()).map_err(fail)?;
        // Made by root beside a service of its own: the file belongs to whom the folder belongs.
        let (folder, made) = (fs::metadata(&self.0).map_err(fail)?, file.metadata().map_err(fail)?);
        if folder.uid() != made.uid() {
            chown(path, Some(folder.uid()), Some(folder.gid())).map_err(fail)?;
        }
        Ok(())
    }

    /// The key from which the secrets of webhooks are derived; made where there is none. It is never rotated: every
    /// receiver would have to be given a new secret.
    pub fn webhook_key(&self) -> Result<WebhookKey, KeyError> {
        let path = self.0.join(WEBHOOK_KEY);
        let fail = |source| KeyError::Io { path: path.clone(), source };
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let aside = path.with_extension(uuid::Uuid::now_v7().simple().to_string());
                self.write(&aside, WebhookKey::generate().text().as_bytes())?;
                // A link, since it takes nothing away from another replica that was quicker.
                let linked = fs::hard_link(&aside, &path);
                fs::remove_file(&aside).map_err(fail)?;
                linked.or_else(|error| if path.exists() { Ok(()) } else { Err(error) }).map_err(fail)?;
                fs::read_to_string(&path)
            }
            read => read,
        };
        if fs::metadata(&path).map_err(fail)?.mode() & 0o077 != 0 {
            return Err(KeyError::Open { path });
        }
        WebhookKey::read(text.map_err(fail)?.trim()).ok_or(KeyError::NoWebhookKey { path })
    }

    /// The files with their times, oldest first.
    fn files(&self) -> Result<Vec<(OffsetDateTime, PathBuf)>, KeyError> {
        let fail = |source| KeyError::Io { path: self.0.clone(), source };
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(fail)?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(fail)?.path();
            if path.extension().is_some_and(|extension| extension == "pem") {
                let stamp = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.split('-').next());
                let made = stamp.and_then(|stamp| time::PrimitiveDateTime::parse(stamp, NAME).ok());
                let made = made.ok_or_else(|| KeyError::NoKey { path: path.clone() })?.assume_utc();
                files.push((made, path));
            }
        }
        files.sort();
        Ok(files)
    }

    fn read(&self) -> Result<Vec<SigningKey>, KeyError> {
        let read = |(made, path): (OffsetDateTime, PathBuf)| {
            let fail = |source| KeyError::Io { path: path.clone(), source };
            if fs::metadata(&path).map_err(fail)?.mode() & 0o077 != 0 {
                return Err(KeyError::Open { path });
            }
            let pem = fs::read_to_string(&path).map_err(fail)?;
            match ed25519_dalek::SigningKey::from_pkcs8_pem(&pem) {
                Ok(secret) => Ok(SigningKey::of(secret, made)),
                Err(_) => Err(KeyError::NoKey { path }),
            }
        };
        self.files()?.into_iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-25 03:00 UTC);

    #[test]
    fn a_new_key_is_announced_before_it_signs_and_the_old_one_goes_later() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path().join("keys"));
        let first = keys.open(NOW).unwrap().signing(NOW).kid().to_owned();
        assert_eq!(keys.open(NOW).unwrap().keys().len(), 1, "made once");
        let ring = keys.rotate(NOW + Duration::hours(1), false).unwrap();
        let at = NOW + Duration::hours(1);
        assert_eq!(ring.signing(at + Duration::seconds(59)).kid(), first);
        let second = ring.signing(at + Duration::seconds(60)).kid().to_owned();
        assert_ne!(second, first);
        assert!(ring.named(&first).is_some() && ring.named(&second).is_some());
        assert_eq!(ring.jwks()["keys"].as_array().unwrap().len(), 2);

        let ring = keys.rotate(at + Duration::hours(1), false).unwrap();
        assert!(ring.named(&first).is_none() && ring.named(&second).is_some());
        let ring = keys.rotate(at + Duration::hours(2), true).unwrap();
        assert_eq!(ring.keys().len(), 1, "the others are revoked");
        assert!(ring.named(&second).is_none());
    }

    #[test]
    fn keys_are_readable_by_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path().join("keys"));
        keys.open(NOW).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(keys.path()), 0o700);
        let (_, file) = keys.files().unwrap().remove(0);
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(keys.open(NOW), Err(KeyError::Open { .. })));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&file, "nonsense").unwrap();
        assert!(matches!(keys.open(NOW), Err(KeyError::NoKey { .. })));
    }

    #[test]
    fn the_key_of_webhooks_is_made_once_and_read_by_the_service_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path().join("keys"));
        keys.open(NOW).unwrap();
        let first = keys.webhook_key().unwrap();
        assert_eq!(keys.webhook_key().unwrap().text(), first.text());
        assert_eq!(keys.open(NOW).unwrap().keys().len(), 1, "it signs no token");
        let file = keys.path().join(WEBHOOK_KEY);
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(keys.path()).unwrap().count(), 2, "nothing is left aside");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(keys.webhook_key(), Err(KeyError::Open { .. })));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&file, "nonsense").unwrap();
        assert!(matches!(keys.webhook_key(), Err(KeyError::NoWebhookKey { .. })));
    }
}
