//! Workbooks that somebody sends, read within limits: a file that would fill memory, run something or fetch something is refused
//! before it is understood.

mod ods;
mod parts;
mod plain;
mod shown;
mod xls;
mod xlsx;

use std::{collections::BTreeMap, fmt, panic};

use calamine::{SheetType, SheetVisible};
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
/// How many bytes of text all its cells may say: one text can stand in many cells.
const TEXT: usize = 50 << 20;
/// How a compound file begins: a workbook of the old format (.xls), or one with a password.
const COMPOUND: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

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
    /// It is a text in letters that are not known.
    #[error("the text is neither UTF-8 nor Shift_JIS (CP932); save it as one of them, or as .xlsx")]
    Letters,
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
            Self::Letters => "letters",
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
            Self::Letters => {
                "文字コードがUTF-8でもShift_JIS（CP932）でもありません。どちらか、または .xlsx 形式で保存してください。"
                    .to_owned()
            }
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
    /// Whether it is hidden from whoever opens the workbook.
    pub hidden: bool,
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
    format!("{}{}", column_name(column), u64::from(row) + 1)
}

/// The letters of a column: H.
pub fn column_name(column: u32) -> String {
    let (mut letters, mut rest) = (Vec::new(), column + 1);
    while rest > 0 {
        letters.push(b'A' + u8::try_from((rest - 1) % 26).unwrap_or_default());
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    String::from_utf8_lossy(&letters).into_owned()
}

/// What may still be read of a file.
struct Room {
    cells: usize,
    text: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { cells: CELLS, text: TEXT }
    }
}

impl Room {
    /// Takes the room of a cell and its text, before either is copied.
    fn take(&mut self, text: usize) -> Result<(), BookError> {
        self.cells = self.cells.checked_sub(1).ok_or(BookError::TooManyCells)?;
        self.text = self.text.checked_sub(text).ok_or(BookError::TooMuch)?;
        Ok(())
    }
}

/// Reads the sheets of a workbook (.xlsx), with numbers as they were typed.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BookError> {
    checked(bytes)?;
    if bytes.starts_with(COMPOUND) {
        return Err(if xls::is_encrypted(bytes) { BookError::Encrypted } else { BookError::NotAWorkbook });
    }
    parts::check(bytes)?;
    careful(|| xlsx::read(bytes, xlsx::Numbers::Typed))
}

/// Reads the sheets of a workbook as municipalities have them (.xlsx, .xls, .ods), or the one sheet of a text (CSV or tabs, in
/// UTF-8, UTF-16 with its mark, or CP932), with numbers as they are shown.
pub fn read_any(bytes: &[u8]) -> Result<Vec<Sheet>, BookError> {
    checked(bytes)?;
    if bytes.starts_with(COMPOUND) {
        return careful(|| xls::read(bytes));
    }
    if !bytes.starts_with(b"PK") {
        return plain::read(bytes);
    }
    let kind = parts::check(bytes)?;
    careful(|| match kind {
        parts::Kind::OpenDocument => ods::read(bytes),
        parts::Kind::OfficeOpen => xlsx::read(bytes, xlsx::Numbers::Shown),
    })
}

fn checked(bytes: &[u8]) -> Result<(), BookError> {
    if bytes.len() > FILE { Err(BookError::TooLarge) } else { Ok(()) }
}

/// The names of the sheets that hold cells, and whether they are hidden.
fn worksheets(sheets: &[calamine::Sheet]) -> Vec<(String, bool)> {
    let cells = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    cells.map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible)).collect()
}

/// The libraries take some things for granted that a file need not keep to, such as that its parts lie in folders.
fn careful(read: impl FnOnce() -> Result<Vec<Sheet>, BookError> + panic::UnwindSafe) -> Result<Vec<Sheet>, BookError> {
    panic::catch_unwind(read).unwrap_or(Err(BookError::NotAWorkbook))
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
