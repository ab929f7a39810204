//! The parts of a workbook that is a folded folder, before any of them is read.

use std::io::{Cursor, Read};

use memchr::memmem;

use super::{BookError, CELLS, PARTS, UNFOLDED};

/// What kind of workbook the folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// .xlsx
    OfficeOpen,
    /// .ods
    OpenDocument,
}

/// Unfolds each part of the file into nothing, and counts: what its directory claims need not be true.
pub(super) fn check(bytes: &[u8]) -> Result<Kind, BookError> {
    let not = |_| BookError::NotAWorkbook;
    let mut file = zip::ZipArchive::new(Cursor::new(bytes)).map_err(not)?;
    if file.len() > PARTS {
        return Err(BookError::TooMuch);
    }
    let (mut room, mut kind) = (UNFOLDED, Kind::OfficeOpen);
    for at in 0..file.len() {
        let part = file.by_index(at).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => BookError::Encrypted,
            _ => BookError::NotAWorkbook,
        })?;
        let name = part.name().map_err(not)?.to_ascii_lowercase();
        if name == "content.xml" {
            kind = Kind::OpenDocument;
        }
        if name.ends_with("vbaproject.bin") || name.contains("macrosheets/") || name.starts_with("basic/") {
            return Err(BookError::Macros);
        }
        if name.contains("externallinks/") {
            return Err(BookError::Links);
        }
        check_part(part, &mut room)?;
    }
    Ok(kind)
}

/// The attribute by which a part claims how many texts it holds. The library makes room for as many before it reads one.
const CLAIM: &[u8] = b"uniqueCount";
/// How a part says in which letters it is written.
const DECLARATION: &[u8] = b"<?xml";
/// What of a part is seen again with what follows it: longer than a claim, and than a declaration.
const SEAM: usize = 256;

/// Unfolds a part and looks for a claim that is too large to be believed.
fn check_part(mut part: impl Read, room: &mut u64) -> Result<(), BookError> {
    let (mut buffer, mut held) = (vec![0; 64 << 10], 0);
    loop {
        let read = part.read(&mut buffer[held..]).map_err(|_| BookError::NotAWorkbook)?;
        *room = room.checked_sub(read as u64).ok_or(BookError::TooMuch)?;
        let seen = &buffer[..held + read];
        check_claims(seen, read == 0)?;
        if read == 0 {
            return Ok(());
        }
        let kept = seen.len() - seen.len().min(SEAM)..seen.len();
        held = kept.len();
        buffer.copy_within(kept, 0);
    }
}

/// Looks at each claim in a stretch of a part, spelled as programs spell it; what reaches into the last of it is seen again.
fn check_claims(seen: &[u8], last: bool) -> Result<(), BookError> {
    // A program that writes letters of two bytes is none that writes workbooks.
    let wide: Vec<u8> = CLAIM.iter().flat_map(|letter| [*letter, 0]).collect();
    // In the other order of bytes, all but the first of them are the same.
    if memmem::find(seen, &wide[..wide.len() - 1]).is_some() {
        return Err(BookError::NotAWorkbook);
    }
    let whole = |at: &usize| last || seen.len() - at >= SEAM;
    // In other letters a claim could be spelled so that it is not found.
    for at in memmem::find_iter(seen, DECLARATION).filter(whole) {
        let declaration = &seen[at..seen.len().min(at + SEAM)];
        let end = memmem::find(declaration, b"?>").ok_or(BookError::NotAWorkbook)?;
        let declaration = declaration[..end].to_ascii_lowercase();
        let named = memmem::find(&declaration, b"encoding").map(|at| &declaration[at + b"encoding".len()..]);
        if named.is_some_and(|named| !named.starts_with(b"=\"utf-8\"") && !named.starts_with(b"='utf-8'")) {
            return Err(BookError::NotAWorkbook);
        }
    }
    for at in memmem::find_iter(seen, CLAIM).filter(whole) {
        let rest = &seen[at + CLAIM.len()..];
        let number = rest.strip_prefix(b"=\"").or_else(|| rest.strip_prefix(b"='")).ok_or(BookError::NotAWorkbook)?;
        let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let claimed = str::from_utf8(&number[..digits]).ok().and_then(|digits| digits.parse::<usize>().ok());
        match claimed {
            None if digits > 0 => return Err(BookError::TooManyCells),
            None => return Err(BookError::NotAWorkbook),
            Some(claimed) if claimed > CELLS => return Err(BookError::TooManyCells),
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_not_believed_wherever_it_stands() {
        let part = |before: usize, claim: &str| format!("{}<sst {claim}><si/></sst>", " ".repeat(before));
        for before in [0, 10, (64 << 10) - 70, (64 << 10) - 20, (64 << 10) - 8, 200_000] {
            for (claim, expected) in [
                ("uniqueCount=\"12\"", Ok(())),
                ("uniqueCount='500000'", Ok(())),
                ("uniqueCount=\"500001\"", Err(BookError::TooManyCells)),
                ("uniqueCount=\"99999999999999999999999999\"", Err(BookError::TooManyCells)),
                ("uniqueCount = \"1\"", Err(BookError::NotAWorkbook)),
                ("u\0n\0i\0q\0u\0e\0C\0o\0u\0n\0t\0", Err(BookError::NotAWorkbook)),
            ] {
                let found = check_part(part(before, claim).as_bytes(), &mut 1_000_000);
                assert_eq!(found, expected, "{claim} behind {before}");
            }
        }
        for (declaration, expected) in [
            ("<?xml version=\"1.0\"?>", Ok(())),
            ("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>", Ok(())),
            ("<?xml version='1.0' encoding='utf-8'?>", Ok(())),
            ("<?xml version=\"1.0\" encoding=\"iso-2022-jp\"?>", Err(BookError::NotAWorkbook)),
            ("<?xml version=\"1.0\" encoding = \"UTF-8\"?>", Err(BookError::NotAWorkbook)),
            ("<?xml", Err(BookError::NotAWorkbook)),
        ] {
            for before in [0, (64 << 10) - 30] {
                let part = format!("{}{declaration}<sst/>", " ".repeat(before));
                assert_eq!(check_part(part.as_bytes(), &mut 100_000), expected, "{declaration} behind {before}");
            }
        }
        assert_eq!(check_part(&b"uniqueCount"[..], &mut 100), Err(BookError::NotAWorkbook));
        assert_eq!(check_part(&[0; 200][..], &mut 100), Err(BookError::TooMuch));
    }
}
