//! Workbooks of today's Excel (.xlsx).

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Seek},
};

use calamine::{DataRef, Reader, Xlsx, XlsxError};

use super::{Area, BookError, MERGED, Room, SHEETS, Sheet, Value, shown, worksheets};

/// How numbers are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As they were typed: 0.367.
    Typed,
    /// As the format of their cells shows them: 36.7%.
    Shown,
}

pub(super) fn read(bytes: &[u8], numbers: Numbers) -> Result<Vec<Sheet>, BookError> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(refused)?;
    let names = worksheets(book.sheets_metadata());
    // Many names may be given to one part, which would be read for each.
    if names.len() > SHEETS {
        return Err(BookError::TooMuch);
    }
    let (mut sheets, mut room) = (Vec::with_capacity(names.len()), Room::default());
    for (name, hidden) in names {
        let mut sheet = Sheet { hidden, ..sheet(&mut book, name, numbers, &mut room)? };
        if numbers == Numbers::Shown {
            show(&mut book, &mut sheet)?;
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn sheet<R: Read + Seek>(
    book: &mut Xlsx<R>,
    name: String,
    numbers: Numbers,
    room: &mut Room,
) -> Result<Sheet, BookError> {
    let merged = book.merge_cells_by_sheet_name(&name).map_err(refused)?;
    if merged.len() > MERGED {
        return Err(BookError::TooManyCells);
    }
    let merged = merged.into_iter().map(|of| Area { first: of.start, last: of.end }).collect();
    let mut cells = BTreeMap::new();
    let mut reader = book.worksheet_cells_reader(&name).map_err(refused)?;
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(refused)? {
        let value = match cell.value {
            DataRef::Empty if cell.formula.is_none() => continue,
            DataRef::String(text) if text.trim().is_empty() => continue,
            DataRef::SharedString(text) if text.trim().is_empty() => continue,
            value => value,
        };
        // A shared text may stand in every cell.
        room.take(match &value {
            DataRef::String(text) => text.len(),
            DataRef::SharedString(text) => text.len(),
            _ => 0,
        })?;
        let value = match value {
            DataRef::Empty => Value::Uncomputed,
            DataRef::Int(number) => Value::Text(number.to_string()),
            DataRef::Float(number) => Value::Number(number),
            DataRef::String(text) => Value::Text(text),
            DataRef::SharedString(text) => Value::Text(text.to_owned()),
            DataRef::Bool(flag) => Value::Flag(flag),
            DataRef::DateTime(day) if numbers == Numbers::Shown => Value::Text(shown::day(day.to_ymd_hms_milli())),
            DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Value::Date,
            DataRef::Error(error) => Value::Fault(error.to_string()),
        };
        cells.insert(cell.pos, value);
    }
    Ok(Sheet { name, hidden: false, cells, merged })
}

/// Replaces numbers by what their formats show.
fn show<R: Read + Seek>(book: &mut Xlsx<R>, sheet: &mut Sheet) -> Result<(), BookError> {
    let mut reader = book.worksheet_cells_reader(&sheet.name).map_err(refused)?;
    let mut styled = Vec::new();
    while let Some((row, column, style)) = reader.next_style_id().map_err(refused)? {
        // What is not among the cells that were read takes no room here either.
        if let Some(Value::Number(number)) = sheet.cells.get(&(row, column)) {
            styled.push(((row, column), *number, style));
        }
    }
    for (at, number, style) in styled {
        let format = reader.styles().get(style).and_then(|style| style.number_format.as_ref());
        if let Some(text) = format.and_then(|format| shown::text(number, &format.format_code)) {
            sheet.cells.insert(at, Value::Text(text));
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
