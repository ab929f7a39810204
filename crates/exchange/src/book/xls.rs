//! Workbooks of Excel 97 to 2003 (.xls).
//!
//! The library lays out each sheet as a rectangle and copies a text into each cell that shows it, so that a small file could fill
//! memory. What its records ask for is counted first, and the library is given nothing but what was counted.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _, Write as _},
};

use calamine::{Data, Reader, Xls, XlsError};

use super::{Area, BookError, MERGED, Room, SHEETS, Sheet, Value, shown, worksheets};

/// How many bytes such a file may have: formulas unfold to some fifty times of what they take.
const FILE: usize = 4 << 20;
/// How many cells the rectangles of all its sheets may have.
const AREA: u64 = 2_000_000;

/// Whether a compound file holds a workbook with a password.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    memchr::memmem::find(bytes, &name).is_some()
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BookError> {
    if is_encrypted(bytes) {
        return Err(BookError::Encrypted);
    }
    if bytes.len() > FILE {
        return Err(BookError::TooMuch);
    }
    let not = |_| BookError::NotAWorkbook;
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(not)?;
    if file.exists("/_VBA_PROJECT_CUR") {
        return Err(BookError::Macros);
    }
    let name = if file.exists("/Workbook") { "/Workbook" } else { "/Book" };
    let mut stream = Vec::new();
    let limit = FILE as u64 + 1;
    file.open_stream(name).map_err(not)?.take(limit).read_to_end(&mut stream).map_err(not)?;
    check(&stream)?;
    // A file that holds this one stream, so that no other is found.
    let mut alone = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).map_err(not)?;
    alone.create_stream(name).and_then(|mut to| to.write_all(&stream)).map_err(not)?;
    alone.flush().map_err(not)?;
    let mut book: Xls<_> = Xls::new(Cursor::new(alone.into_inner().into_inner())).map_err(refused)?;
    let names = worksheets(book.sheets_metadata());
    let (mut sheets, mut room) = (Vec::with_capacity(names.len()), Room::default());
    for (name, hidden) in names {
        sheets.push(Sheet { hidden, ..sheet(&mut book, name, &mut room)? });
    }
    Ok(sheets)
}

fn sheet(book: &mut Xls<Cursor<Vec<u8>>>, name: String, room: &mut Room) -> Result<Sheet, BookError> {
    let merged = book.merge_cells_by_sheet_name(&name).map_err(refused)?;
    if merged.len() > MERGED {
        return Err(BookError::TooManyCells);
    }
    let merged = merged.into_iter().map(|of| Area { first: of.start, last: of.end }).collect();
    let range = book.worksheet_range(&name).map_err(refused)?;
    let (first_row, first_column) = range.start().unwrap_or_default();
    let mut cells = BTreeMap::new();
    for (row, column, data) in range.used_cells() {
        let value = match data {
            Data::Empty => continue,
            Data::String(text) if text.trim().is_empty() => continue,
            Data::String(text) => Value::Text(text.clone()),
            Data::Int(number) => Value::Text(number.to_string()),
            Data::Float(number) => Value::Number(*number),
            Data::Bool(flag) => Value::Flag(*flag),
            Data::DateTime(day) => Value::Text(shown::day(day.to_ymd_hms_milli())),
            Data::DateTimeIso(_) | Data::DurationIso(_) => Value::Date,
            Data::Error(error) => Value::Fault(error.to_string()),
        };
        room.take(0)?;
        let at =
            |first: u32, offset: usize| u32::try_from(offset).map_or(u32::MAX, |offset| first.saturating_add(offset));
        cells.insert((at(first_row, row), at(first_column, column)), value);
    }
    Ok(Sheet { name, hidden: false, cells, merged })
}

fn refused(error: XlsError) -> BookError {
    match error {
        XlsError::Password => BookError::Encrypted,
        _ => BookError::NotAWorkbook,
    }
}

/// The records of [MS-XLS] 2.4 that are looked at.
mod record {
    pub(super) const BOF: u16 = 0x0809;
    pub(super) const EOF: u16 = 0x000A;
    pub(super) const CONTINUE: u16 = 0x003C;
    pub(super) const FILE_PASS: u16 = 0x002F;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const SHARED_STRINGS: u16 = 0x00FC;
    pub(super) const DIMENSIONS: u16 = 0x0200;
    pub(super) const LABEL_SHARED: u16 = 0x00FD;
    pub(super) const MUL_RK: u16 = 0x00BD;
    /// Number, Label, RString, BoolErr, Rk and Formula: each begins with its row and column.
    pub(super) const CELLS: [u16; 6] = [0x0203, 0x0204, 0x00D6, 0x0205, 0x027E, 0x0006];
}

/// The records from a place in a stream.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Result<(u16, &'a [u8]), BookError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let next = || {
            let (kind, length) = (u16_at(self.0, 0)?, u16_at(self.0, 2)?);
            let data = self.0.get(4..4 + usize::from(length)).ok_or(BookError::NotAWorkbook)?;
            Ok((kind, data))
        };
        let next = next();
        self.0 = next.as_ref().map_or(&[], |(_, data): &(u16, &[u8])| &self.0[4 + data.len()..]);
        Some(next)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, BookError> {
    let bytes = bytes.get(at..at + 2).ok_or(BookError::NotAWorkbook)?;
    Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, BookError> {
    Ok(u32::from(u16_at(bytes, at)?) | u32::from(u16_at(bytes, at + 2)?) << 16)
}

/// Counts what the records of a workbook ask for.
fn check(stream: &[u8]) -> Result<(), BookError> {
    let (mut sheets, mut strings) = (Vec::new(), Vec::new());
    let mut records = Records(stream).peekable();
    while let Some(record) = records.next() {
        let (kind, data) = record?;
        match kind {
            record::FILE_PASS => return Err(BookError::Encrypted),
            record::BOUND_SHEET => sheets.push(u32_at(data, 0)? as usize),
            record::SHARED_STRINGS => {
                let mut pieces = vec![data];
                while let Some(Ok((record::CONTINUE, data))) = records.peek() {
                    pieces.push(data);
                    records.next();
                }
                strings = lengths(&pieces)?;
            }
            record::EOF => break,
            _ => {}
        }
    }
    if sheets.len() > SHEETS {
        return Err(BookError::TooMuch);
    }
    let (mut room, mut area) = (Room::default(), 0);
    for from in sheets {
        area += check_sheet(stream.get(from..).ok_or(BookError::NotAWorkbook)?, &strings, &mut room)?;
        if area > AREA {
            return Err(BookError::TooManyCells);
        }
    }
    Ok(())
}

/// Counts the cells of a sheet and their texts, and gives the area of the rectangle that holds them.
fn check_sheet(stream: &[u8], strings: &[usize], room: &mut Room) -> Result<u64, BookError> {
    let (mut depth, mut area) = (0_usize, 0);
    let (mut first, mut last) = ((u64::MAX, u64::MAX), (0, 0));
    for record in Records(stream) {
        let (kind, data) = record?;
        let mut columns = 1;
        match kind {
            record::BOF => depth += 1,
            record::EOF if depth <= 1 => break,
            record::EOF => depth -= 1,
            _ => {}
        }
        match kind {
            record::DIMENSIONS => {
                let rows = u64::from(u32_at(data, 4)?.saturating_sub(u32_at(data, 0)?)) + 1;
                let columns = u64::from(u16_at(data, 10)?.saturating_sub(u16_at(data, 8)?)) + 1;
                area = area.max(rows.saturating_mul(columns));
                continue;
            }
            record::LABEL_SHARED => {
                let at = u32_at(data, 6)? as usize;
                room.take(*strings.get(at).ok_or(BookError::NotAWorkbook)?)?;
            }
            record::MUL_RK => {
                columns = u64::try_from(data.len().saturating_sub(6) / 6).unwrap_or(u64::MAX).max(1);
                for _ in 0..columns {
                    room.take(0)?;
                }
            }
            _ if record::CELLS.contains(&kind) => room.take(data.len())?,
            _ => continue,
        }
        let at = (u64::from(u16_at(data, 0)?), u64::from(u16_at(data, 2)?));
        first = (first.0.min(at.0), first.1.min(at.1));
        last = (last.0.max(at.0), last.1.max(at.1 + columns - 1));
    }
    if first.0 <= last.0 {
        area = area.max((last.0 - first.0 + 1) * (last.1 - first.1 + 1));
    }
    Ok(area)
}

/// The greatest length in bytes of each text in the table that the cells share. It is cut into pieces anywhere; where the letters of
/// a text go on in the next piece, a byte says anew how wide they are.
fn lengths(pieces: &[&[u8]]) -> Result<Vec<usize>, BookError> {
    let mut it = Pieces { pieces, at: 0 };
    it.skip(4)?;
    let count = it.u32()?;
    let mut lengths = Vec::new();
    for _ in 0..count {
        let letters = usize::from(it.u16()?);
        let flags = it.u8()?;
        let runs = if flags & 8 == 0 { 0 } else { usize::from(it.u16()?) };
        let extra = if flags & 4 == 0 { 0 } else { it.u32()? as usize };
        it.letters(letters, flags)?;
        it.skip(runs * 4 + extra)?;
        // No letter takes more than three bytes in UTF-8, nor half a pair more than two.
        lengths.push(letters * 3);
    }
    Ok(lengths)
}

struct Pieces<'a> {
    pieces: &'a [&'a [u8]],
    at: usize,
}

impl Pieces<'_> {
    fn u8(&mut self) -> Result<u8, BookError> {
        loop {
            let piece = self.pieces.first().ok_or(BookError::NotAWorkbook)?;
            match piece.get(self.at) {
                Some(byte) => {
                    self.at += 1;
                    return Ok(*byte);
                }
                None => (self.pieces, self.at) = (&self.pieces[1..], 0),
            }
        }
    }

    fn u16(&mut self) -> Result<u16, BookError> {
        Ok(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    fn u32(&mut self) -> Result<u32, BookError> {
        Ok(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    fn skip(&mut self, mut bytes: usize) -> Result<(), BookError> {
        while bytes > 0 {
            let piece = self.pieces.first().ok_or(BookError::NotAWorkbook)?;
            let here = (piece.len() - self.at).min(bytes);
            (self.at, bytes) = (self.at + here, bytes - here);
            if bytes > 0 {
                (self.pieces, self.at) = (&self.pieces[1..], 0);
            }
        }
        Ok(())
    }

    fn letters(&mut self, mut letters: usize, mut flags: u8) -> Result<(), BookError> {
        while letters > 0 {
            let width = 1 + usize::from(flags & 1);
            let piece = self.pieces.first().ok_or(BookError::NotAWorkbook)?;
            let here = ((piece.len() - self.at) / width).min(letters);
            (self.at, letters) = (self.at + here * width, letters - here);
            if letters > 0 {
                (self.pieces, self.at) = (&self.pieces[1..], 0);
                flags = self.u8()?;
            }
        }
        Ok(())
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
    }

    /// A stream of one sheet with the records, and of a table of shared texts cut into pieces.
    fn stream(strings: &[&[u8]], cells: &[Vec<u8>]) -> Vec<u8> {
        let mut globals = record(record::BOF, &[0; 16]);
        let bound = globals.len() + 4;
        globals.extend(record(record::BOUND_SHEET, &[0; 12]));
        for (at, piece) in strings.iter().enumerate() {
            globals.extend(record(if at == 0 { record::SHARED_STRINGS } else { record::CONTINUE }, piece));
        }
        globals.extend(record(record::EOF, &[]));
        let start = u32::try_from(globals.len()).unwrap().to_le_bytes();
        globals[bound..bound + 4].copy_from_slice(&start);
        globals.extend(record(record::BOF, &[0; 16]));
        globals.extend(cells.concat());
        globals.extend(record(record::EOF, &[]));
        globals
    }

    fn number(row: u16, column: u16) -> Vec<u8> {
        record(0x0203, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0; 10]].concat())
    }

    #[test]
    fn what_records_ask_for_is_counted_before_it_is_laid_out() {
        assert_eq!(check(&stream(&[], &[number(0, 0), number(1_000, 200)])), Ok(()));
        let corners = [number(0, 0), number(65_535, 255)];
        assert_eq!(check(&stream(&[], &corners)), Err(BookError::TooManyCells), "two cells, sixteen million places");
        let claimed = [0_u32.to_le_bytes(), u32::MAX.to_le_bytes(), [0, 0, 255, 255], [0; 4]].concat();
        assert_eq!(check(&stream(&[], &[record(record::DIMENSIONS, &claimed)])), Err(BookError::TooManyCells));
        // One long text in thousands of cells.
        let letters = [&[1, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0x7F, 0][..], &[b'x'; 8_000]].concat();
        let rest = [&[0][..], &[b'x'; 8_100]].concat();
        let pieces: Vec<&[u8]> = [&letters[..], &rest, &rest, &rest, &[0; 8_000]].to_vec();
        let shown = |row: u16| record(record::LABEL_SHARED, &[&row.to_le_bytes()[..], &[0; 8]].concat());
        assert_eq!(check(&stream(&pieces, &[shown(0), shown(1)])), Ok(()));
        let all: Vec<Vec<u8>> = (0..2_000).map(shown).collect();
        assert_eq!(check(&stream(&pieces, &all)), Err(BookError::TooMuch));
        assert_eq!(check(&stream(&pieces[..2], &all)), Err(BookError::NotAWorkbook), "a text without its end");
        assert_eq!(check(&stream(&[], &[shown(0)])), Err(BookError::NotAWorkbook), "a text that is not there");
        assert_eq!(check(&record(record::FILE_PASS, &[1, 0])), Err(BookError::Encrypted));
        assert_eq!(check(&[1, 2, 3]), Err(BookError::NotAWorkbook));
    }
}
