//! What people type: checked once, in one way.

use shirube_access::normalize_email;
use shirube_domain::{BadInput, Error};
use shirube_store::StoreError;

/// A name of up to 100 characters, on one line.
pub(crate) fn name(place: &str, text: &str) -> Result<String, Error> {
    line(place, text, 100)
}

/// A reason of up to 500 characters, on one line; none if it is empty.
pub(crate) fn reason(place: &str, text: Option<String>) -> Result<Option<String>, Error> {
    match text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) {
        Some(text) => line(place, &text, 500).map(Some),
        None => Ok(None),
    }
}

fn line(place: &str, text: &str, most: usize) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(Error::bad_input(place, format!("write 1 to {most} characters on one line")));
    }
    Ok(text.to_owned())
}

/// The text of a cell as it is to be printed, kept as it is; blank is a text, too.
pub(crate) fn cell(place: &str, text: &str) -> Result<String, Error> {
    if text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(Error::bad_input(place, "write at most 200 characters on one line"));
    }
    Ok(text.to_owned())
}

/// A text of up to `most` characters, of one or more lines.
pub(crate) fn text(place: &str, text: &str, most: usize) -> Result<String, Error> {
    let text = text.trim().replace("\r\n", "\n");
    if text.is_empty() || text.chars().count() > most || text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Error::bad_input(place, format!("write 1 to {most} characters")));
    }
    Ok(text)
}

/// The same, where it may be left out.
pub(crate) fn optional_text(place: &str, text: Option<String>, most: usize) -> Result<Option<String>, Error> {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => self::text(place, &text, most).map(Some),
        None => Ok(None),
    }
}

/// An e-mail address.
pub(crate) fn email(place: &str, text: &str) -> Result<String, Error> {
    normalize_email(text)
        .ok_or_else(|| Error::bad_input(place, "this is not an e-mail address; write it as name@city.example.lg.jp"))
}

/// A row that is there already, told at a place of the input.
pub(crate) fn taken(place: &str, message: &str) -> impl FnOnce(StoreError) -> Error {
    let told = BadInput { place: place.to_owned(), message: message.to_owned() };
    move |error| match error {
        StoreError::Conflict(_) => Error::Conflict(told),
        other => other.into(),
    }
}
