//! Texts that people type: never blank, of a bounded length, and otherwise kept to the letter, as what is printed is.

use super::Change;
use crate::Error;

/// A number or mark before a title, a label in a corner, the mark of a row.
pub(super) const MARK: usize = 50;
/// A printed cell, a heading, a unit, the name of a level.
pub(super) const SHORT: usize = 200;
/// A title, a label, a target, a baseline, an attribution.
pub(super) const LINE: usize = 500;
/// A remark, a definition, a reason.
pub(super) const LONG: usize = 10_000;

/// A text with at least one visible character.
pub(super) fn required(place: &str, text: String, most: usize) -> Result<String, Error> {
    let text = bounded(place, text, most)?;
    if text.trim().is_empty() { Err(Error::bad_input(place, "is blank; give its text")) } else { Ok(text) }
}

/// A text that may be blank, as cells are.
pub(super) fn bounded(place: &str, text: String, most: usize) -> Result<String, Error> {
    if text.chars().count() > most {
        return Err(Error::bad_input(place, format!("has more than {most} characters")));
    }
    // Lines may break, as they do in cells.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Error::bad_input(place, "holds a control character; leave it out"));
    }
    Ok(text)
}

/// A text that may be absent.
pub(super) fn optional(place: &str, change: Change<String>, most: usize) -> Result<Change<String>, Error> {
    change.read(|text| required(place, text, most))
}

/// Replaces a text that is always there, if another one is given.
pub(super) fn replace(place: &str, old: &mut String, new: Option<String>, most: usize) -> Result<(), Error> {
    if let Some(new) = new {
        *old = required(place, new, most)?;
    }
    Ok(())
}
