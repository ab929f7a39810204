//! Where a webhook sends to.

use std::{fmt, net::IpAddr};

use ::url::{Host, Url};

use super::Reach;

/// How long a URL may be, in characters.
const LONGEST: usize = 2_000;

/// The URL of a webhook, in the one spelling that every later reader understands alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

impl WebhookUrl {
    /// Reads a URL to which webhooks may be sent, or says in a sentence why not. A name is not looked up here: what it
    /// leads to is checked whenever something is sent.
    pub fn read(text: &str, reach: &Reach) -> Result<Self, String> {
        if text.chars().count() > LONGEST {
            return Err(format!("write a URL of {LONGEST} characters at most"));
        }
        // A reader of URLs would silently leave some of these out.
        if text.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
            return Err("leave spaces and line breaks out of the URL".to_owned());
        }
        let url = Url::parse(text)
            .map_err(|_| "this is not a URL; write it as https://hooks.example.jp/shirube".to_owned())?;
        let encrypted = match url.scheme() {
            "https" => true,
            "http" if reach.reaches_inside() => false,
            _ => return Err("the URL begins with https://".to_owned()),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("leave the user name and password out of the URL; the signature tells who sends".to_owned());
        }
        if url.fragment().is_some() {
            return Err("leave out what stands behind the #; it is never sent".to_owned());
        }
        match url.port_or_known_default() {
            Some(443 | 1024..) => {}
            Some(80) if !encrypted => {}
            _ => return Err("the port is 443, or 1024 and above".to_owned()),
        }
        let url = Self(url);
        if let Some(address) = url.literal() {
            reach.check(address, encrypted).map_err(|why| why.to_string())?;
        }
        Ok(url)
    }

    /// The URL, for whoever sends.
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// Whether what is sent is encrypted.
    pub fn encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The address, if it is named itself and not by a name.
    pub fn literal(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }

    /// Scheme, host and port alone: what may be told to those who do not manage the webhook, since the rest of a URL may
    /// hold a secret.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        WebhookUrl::read(text, &Reach::default()).map(|url| url.to_string())
    }

    #[test]
    fn a_url_has_one_spelling() {
        for (text, spelled) in [
            ("https://hooks.example.jp/shirube?x=1", "https://hooks.example.jp/shirube?x=1"),
            ("HTTPS://Hooks.Example.JP", "https://hooks.example.jp/"),
            ("https://hooks.example.jp:443/a/../b", "https://hooks.example.jp/b"),
            ("https://hooks.example.jp:8443/", "https://hooks.example.jp:8443/"),
            ("https://例え.jp/受信", "https://xn--r8jz45g.jp/%E5%8F%97%E4%BF%A1"),
            ("https://8.8.8.8/", "https://8.8.8.8/"),
            ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ] {
            assert_eq!(read(text), Ok(spelled.to_owned()));
        }
    }

    #[test]
    fn what_does_not_belong_into_one_is_told() {
        for (text, told) in [
            ("", "not a URL"),
            ("hooks.example.jp", "not a URL"),
            ("https://", "not a URL"),
            ("http://hooks.example.jp/", "https://"),
            ("ftp://hooks.example.jp/", "https://"),
            ("file:///etc/passwd", "https://"),
            ("https://user@hooks.example.jp/", "user name"),
            ("https://:secret@hooks.example.jp/", "user name"),
            ("https://hooks.example.jp@127.0.0.1/", "user name"),
            ("https://hooks.example.jp/#part", "behind the #"),
            ("https://hooks.example.jp:22/", "port"),
            ("https://hooks.example.jp:80/", "port"),
            ("https://hooks.example.jp:0/", "port"),
            ("https://hooks.example.jp:99999/", "not a URL"),
            ("https://hooks.example.jp/a b", "spaces"),
            ("https://hooks.example\n.jp/", "spaces"),
            ("https://hooks.example.jp/\u{3000}", "spaces"),
            (&format!("https://hooks.example.jp/{}", "x".repeat(2_000)), "2000 characters"),
        ] {
            assert!(read(text).is_err_and(|why| why.contains(told)), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn an_address_inside_is_known_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "0177.0.0.1",
            "0177.0x0.0.1",
            "１２７.0.0.1",
            "127。0。0。1",
            "①②⑦.0.0.1",
            "%31%32%37.0.0.1",
            "127.0.0.1.",
            "0",
            "10.0.0.1",
            "169.254.169.254",
            "0xA9FEA9FE",
            "192.168.257",
            "[::]",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "[2002:7f00:1::]",
            "[fd00::1]",
            "[fe80::1]",
        ] {
            let url = format!("https://{host}/");
            assert!(read(&url).is_err_and(|why| why.contains("not a public one")), "{url}: {:?}", read(&url));
        }
        for host in ["[fe80::1%25eth0]", "[::1", "256.0.0.1", "127.0.0.0x", "1.2.3.4.5"] {
            let url = format!("https://{host}/");
            assert!(read(&url).is_err(), "{url}: {:?}", read(&url));
        }
    }

    #[test]
    fn plain_http_is_for_what_is_inside() {
        let inside: Reach = "true".parse().unwrap();
        for (text, good) in [
            ("http://127.0.0.1:9000/", true),
            ("http://receiver.internal/", true),
            ("http://8.8.8.8/", false),
            ("https://10.0.0.1/", true),
            ("http://169.254.169.254/", false),
            ("http://127.0.0.1:22/", false),
        ] {
            assert_eq!(WebhookUrl::read(text, &inside).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn the_origin_holds_no_secret() {
        let url = WebhookUrl::read("https://hooks.example.jp:8443/secret?key=secret", &Reach::default()).unwrap();
        assert_eq!(url.origin(), "https://hooks.example.jp:8443");
    }
}
