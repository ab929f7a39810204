//! Workbooks (.xlsx) that somebody sends, read within limits: a file that would fill memory, run something or fetch something is
//! refused before it is understood.

use std::{
    collections::BTreeMap,
    fmt,
    io::{Cursor, Read, Seek},
    panic,
};

use calamine::{DataRef, Reader, SheetType, Xlsx, XlsxError};
use memchr::memmem;
use shirube_domain::text::Bilingual;

/// How many bytes a file may have.
pub const FILE: usize = 10 << 20;
/// How many bytes it may unfold to.
const UNFOLDED: u64 = 100 << 20;
/// How many parts it may hold.
const PARTS: usize = 1_000;
/// How many sheets it may have.
const SHEETS: usize = 100;
/// How many groups of cells of a sheet may be merged: each cell that is read is looked for in them.
const MERGED: usize = 10_000;
/// How many cells it may hold that say something.
const CELLS: usize = 500_000;

/// Why a workbook is not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// It has more bytes than are taken.
    #[error("the file is larger than {} MB; send the workbook alone, without pictures", FILE >> 20)]
    TooLarge,
    /// It unfolds to more than can be held.
    #[error("the file unfolds to more than {} MB or {PARTS} parts; copy the sheet into a new workbook", UNFOLDED >> 20)]
    TooMuch,
    /// It holds more cells than a report can have.
    #[error("the workbook holds more than {CELLS} filled cells; copy the sheet into a new workbook")]
    TooManyCells,
    /// It is no workbook.
    #[error("this is no workbook that can be read; save it as .xlsx and send that")]
    NotAWorkbook,
    /// It has a password.
    #[error("the workbook is protected by a password; save it without one")]
    Encrypted,
    /// It holds macros.
    #[error("the workbook holds macros; save it as .xlsx, not .xlsm")]
    Macros,
    /// It refers to other files.
    #[error(
        "the workbook refers to other files; break the links (データ → リンクの編集 → リンクの解除) and save it again"
    )]
    Links,
}

impl BookError {
    /// A word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooMuch => "too_much",
            Self::TooManyCells => "too_many_cells",
            Self::NotAWorkbook => "not_a_workbook",
            Self::Encrypted => "encrypted",
            Self::Macros => "macros",
            Self::Links => "links",
        }
    }

    /// What is told.
    pub fn text(self) -> Bilingual {
        let ja = match self {
            Self::TooLarge => format!("ファイルが{}MBを超えています。画像などを除いて送ってください。", FILE >> 20),
            Self::TooMuch => format!(
                "展開すると{}MBまたは{PARTS}部品を超えます。シートを新しいブックに写して送ってください。",
                UNFOLDED >> 20
            ),
            Self::TooManyCells => {
                format!("値のあるセルが{CELLS}を超えています。シートを新しいブックに写して送ってください。")
            }
            Self::NotAWorkbook => "読めるブックではありません。.xlsx 形式で保存して送ってください。".to_owned(),
            Self::Encrypted => "パスワードで保護されています。パスワードを外して保存してください。".to_owned(),
            Self::Macros => "マクロを含んでいます。.xlsm ではなく .xlsx 形式で保存してください。".to_owned(),
            Self::Links => {
                "他のファイルへのリンクを含んでいます。［データ］→［リンクの編集］でリンクを解除して保存してください。"
                    .to_owned()
            }
        };
        Bilingual::new(ja, self.to_string())
    }
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text, as it was typed.
    Text(String),
    /// A number.
    Number(f64),
    /// A day or time: what a spreadsheet likes to make of 11/12.
    Date,
    /// Yes or no.
    Flag(bool),
    /// What a formula gave up with: #REF!.
    Fault(String),
    /// A formula whose result was not stored.
    Uncomputed,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            // The shortest digits that mean the same number: what was typed.
            Self::Number(number) => write!(f, "{number}"),
            Self::Date => f.write_str("日付"),
            Self::Flag(flag) => f.write_str(if *flag { "TRUE" } else { "FALSE" }),
            Self::Fault(fault) => f.write_str(fault),
            Self::Uncomputed => f.write_str("="),
        }
    }
}

/// A rectangle of cells, from its first to its last: rows and columns from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The first.
    pub first: (u32, u32),
    /// The last.
    pub last: (u32, u32),
}

impl Area {
    /// Whether a cell lies in it.
    pub fn holds(self, (row, column): (u32, u32)) -> bool {
        (self.first.0..=self.last.0).contains(&row) && (self.first.1..=self.last.1).contains(&column)
    }
}

/// A sheet: the cells in it that hold something, by row and column from 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Its cells.
    pub cells: BTreeMap<(u32, u32), Value>,
    /// Cells that are one.
    pub merged: Vec<Area>,
}

impl Sheet {
    /// What a cell says, without the blanks around it; nothing if it is empty.
    pub fn text(&self, at: (u32, u32)) -> String {
        self.cells.get(&at).map(|value| value.to_string().trim().to_owned()).unwrap_or_default()
    }

    /// The rows that hold something.
    pub fn rows(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = self.cells.keys().map(|(row, _)| *row).collect();
        rows.dedup();
        rows
    }
}

/// The name of a cell: H14.
pub fn cell_name((row, column): (u32, u32)) -> String {
    let (mut letters, mut rest) = (Vec::new(), column + 1);
    while rest > 0 {
        letters.push(b'A' + u8::try_from((rest - 1) % 26).unwrap_or_default());
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    format!("{}{}", String::from_utf8_lossy(&letters), u64::from(row) + 1)
}

/// Reads the sheets of a workbook.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BookError> {
    if bytes.len() > FILE {
        return Err(BookError::TooLarge);
    }
    // A workbook with a password, and one of the old format, are compound files.
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let encrypted = bytes.windows(name.len()).any(|window| window == name);
        return Err(if encrypted { BookError::Encrypted } else { BookError::NotAWorkbook });
    }
    check_parts(bytes)?;
    // The library takes some things for granted that a file need not keep to, such as that its parts lie in folders.
    let read = panic::catch_unwind(|| sheets(bytes));
    read.unwrap_or(Err(BookError::NotAWorkbook))
}

fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, BookError> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(refused)?;
    let names: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    // Many names may be given to one part, which would be read for each.
    if names.len() > SHEETS {
        return Err(BookError::TooMuch);
    }
    let (mut sheets, mut room) = (Vec::with_capacity(names.len()), CELLS);
    for name in names {
        sheets.push(sheet(&mut book, name, &mut room)?);
    }
    Ok(sheets)
}

fn sheet<R: Read + Seek>(book: &mut Xlsx<R>, name: String, room: &mut usize) -> Result<Sheet, BookError> {
    let merged = book.merge_cells_by_sheet_name(&name).map_err(refused)?;
    if merged.len() > MERGED {
        return Err(BookError::TooManyCells);
    }
    let merged = merged.into_iter().map(|of| Area { first: of.start, last: of.end }).collect();
    let mut cells = BTreeMap::new();
    let mut reader = book.worksheet_cells_reader(&name).map_err(refused)?;
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(refused)? {
        let value = match cell.value {
            DataRef::Empty if cell.formula.is_some() => Value::Uncomputed,
            DataRef::Empty => continue,
            DataRef::Int(number) => Value::Text(number.to_string()),
            DataRef::Float(number) => Value::Number(number),
            DataRef::String(text) if text.trim().is_empty() => continue,
            DataRef::SharedString(text) if text.trim().is_empty() => continue,
            DataRef::String(text) => Value::Text(text),
            DataRef::SharedString(text) => Value::Text(text.to_owned()),
            DataRef::Bool(flag) => Value::Flag(flag),
            DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Value::Date,
            DataRef::Error(error) => Value::Fault(error.to_string()),
        };
        *room = room.checked_sub(1).ok_or(BookError::TooManyCells)?;
        cells.insert(cell.pos, value);
    }
    Ok(Sheet { name, cells, merged })
}

/// Unfolds each part of the file into nothing, and counts: what its directory claims need not be true.
fn check_parts(bytes: &[u8]) -> Result<(), BookError> {
    let not = |_| BookError::NotAWorkbook;
    let mut file = zip::ZipArchive::new(Cursor::new(bytes)).map_err(not)?;
    if file.len() > PARTS {
        return Err(BookError::TooMuch);
    }
    let mut room = UNFOLDED;
    for at in 0..file.len() {
        let part = file.by_index(at).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => BookError::Encrypted,
            _ => BookError::NotAWorkbook,
        })?;
        let name = part.name().map_err(not)?.to_ascii_lowercase();
        if name.ends_with("vbaproject.bin") || name.contains("macrosheets/") {
            return Err(BookError::Macros);
        }
        if name.contains("externallinks/") {
            return Err(BookError::Links);
        }
        check_part(part, &mut room)?;
    }
    Ok(())
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

fn refused(error: XlsxError) -> BookError {
    match error {
        XlsxError::Password => BookError::Encrypted,
        _ => BookError::NotAWorkbook,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_the_names_of_a_spreadsheet() {
        for (at, name) in [((13, 7), "H14"), ((0, 0), "A1"), ((0, 25), "Z1"), ((0, 26), "AA1"), ((9, 701), "ZZ10")] {
            assert_eq!(cell_name(at), name);
        }
    }

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

    #[test]
    fn what_is_no_workbook_is_refused() {
        assert_eq!(read(b"").unwrap_err(), BookError::NotAWorkbook);
        assert_eq!(read(b"PK\x03\x04").unwrap_err(), BookError::NotAWorkbook);
        assert_eq!(read(&vec![0; FILE + 1]).unwrap_err(), BookError::TooLarge);
        let mut old = vec![0xD0, 0xCF, 0x11, 0xE0];
        assert_eq!(read(&old).unwrap_err(), BookError::NotAWorkbook);
        old.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(read(&old).unwrap_err(), BookError::Encrypted);
    }
}
