//! Tables that are plain text: CSV, or columns between tabs.

use std::{borrow::Cow, collections::BTreeMap};

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};

use super::{BookError, Room, Sheet, Value};

/// The name of the one sheet that a text is.
const NAME: &str = "CSV";

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BookError> {
    let text = decoded(bytes)?;
    if text.contains('\0') {
        return Err(BookError::NotAWorkbook);
    }
    // With one way to end a line, rows can be counted.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // Excel's “Unicode text” has tabs; a cell of a CSV seldom holds one.
    let count = |letter| text.matches(letter).count();
    let delimiter = if count('\t') > count(',') { b'\t' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let (mut cells, mut room, mut record) = (BTreeMap::new(), Room::default(), csv::StringRecord::new());
    // The reader passes over blank lines, which are rows; lines within a cell are none.
    let (mut seen, mut lines, mut within) = (0, 0, 0);
    while reader.read_record(&mut record).map_err(|_| BookError::NotAWorkbook)? {
        let from = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        let blank = text[from..].len() - text[from..].trim_start_matches('\n').len();
        lines += text[seen..from + blank].matches('\n').count();
        seen = from + blank;
        let row = u32::try_from(lines - within).map_err(|_| BookError::TooManyCells)?;
        within += record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
        for (column, cell) in (0..).zip(&record) {
            if !cell.trim().is_empty() {
                room.take(cell.len())?;
                cells.insert((row, column), Value::Text(cell.to_owned()));
            }
        }
    }
    if cells.is_empty() {
        return Err(BookError::NotAWorkbook);
    }
    Ok(vec![Sheet { name: NAME.to_owned(), cells, ..Sheet::default() }])
}

/// The text, in UTF-8: by its mark, or as UTF-8 if it is, or as what Excel writes in Japan.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, BookError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return strictly(encoding, &bytes[mark..]);
    }
    strictly(UTF_8, bytes).or_else(|_| strictly(SHIFT_JIS, bytes))
}

fn strictly<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, BookError> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or(BookError::Letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(bytes: &[u8]) -> Result<Vec<(String, String)>, BookError> {
        let sheets = read(bytes)?;
        Ok(sheets[0].cells.iter().map(|(at, value)| (super::super::cell_name(*at), value.to_string())).collect())
    }

    #[test]
    fn letters_are_told_by_their_bytes() {
        let text = "指標,目標値（％）\r\n就業者数①,―\r\n";
        let expected = vec![
            ("A1".to_owned(), "指標".to_owned()),
            ("B1".to_owned(), "目標値（％）".to_owned()),
            ("A2".to_owned(), "就業者数①".to_owned()),
            ("B2".to_owned(), "―".to_owned()),
        ];
        let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let (office, _, _) = SHIFT_JIS.encode(text);
        for bytes in [text.as_bytes(), &marked, &wide, &office] {
            assert_eq!(first(bytes), Ok(expected.clone()));
        }
        assert_eq!(first(&[0xFF, 0xFF, 0x80]), Err(BookError::Letters));
        assert_eq!(first(b"a,b\0"), Err(BookError::NotAWorkbook));
        assert_eq!(first(b""), Err(BookError::NotAWorkbook));
    }

    #[test]
    fn columns_may_stand_between_tabs_and_rows_be_of_any_length() {
        let cells = first("# 海士町, 第2期\na\tb\t\"c\nd\"\n\ne\n".as_bytes()).unwrap();
        let names: Vec<&str> = cells.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["A1", "A2", "B2", "C2", "A4"]);
    }
}
