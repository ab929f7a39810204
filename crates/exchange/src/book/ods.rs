//! Workbooks of LibreOffice (.ods). Cells are read as they come, since one cell can be said to stand in thousands.

use std::io::{BufReader, Cursor, Read};

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use super::{Area, BookError, MERGED, Room, SHEETS, Sheet, Value};

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BookError> {
    let mut folder = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| BookError::NotAWorkbook)?;
    let mut manifest = String::new();
    if let Ok(part) = folder.by_name("META-INF/manifest.xml") {
        // Its parts were unfolded and counted before.
        BufReader::new(part).read_to_string(&mut manifest).map_err(|_| BookError::NotAWorkbook)?;
    }
    if manifest.contains("encryption-data") {
        return Err(BookError::Encrypted);
    }
    let content = folder.by_name("content.xml").map_err(|_| BookError::NotAWorkbook)?;
    let mut book = Book::default();
    let mut reader = Reader::from_reader(BufReader::new(content));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| BookError::NotAWorkbook)? {
            Event::Start(tag) => book.open(&tag)?,
            Event::Empty(tag) => {
                book.open(&tag)?;
                book.close(tag.name().0)?;
            }
            Event::End(tag) => book.close(tag.name().0)?,
            Event::Text(text) => book.say(&text.xml10_content()),
            Event::CData(text) => book.say(&text.xml10_content()),
            Event::GeneralRef(name) => match name.resolve_char_ref() {
                Ok(Some(letter)) => book.say(letter.encode_utf8(&mut [0; 4])),
                // Entities that a file declares itself are not followed.
                _ => book.say(resolve_predefined_entity(&name.xml10_content()).unwrap_or_default()),
            },
            Event::Eof => break,
            _ => {}
        }
    }
    if book.sheets.is_empty() { Err(BookError::NotAWorkbook) } else { Ok(book.sheets) }
}

/// What was read so far.
#[derive(Default)]
struct Book {
    sheets: Vec<Sheet>,
    room: Room,
    /// The row that is being read, and how often it stands.
    row: Row,
    /// The cell that is being read.
    cell: Option<Cell>,
    /// How many elements are open whose text is not the cell's: a comment, a picture, the reading beside a word.
    skipped: usize,
}

/// A row while it is read: the first that it is, the next column, and what its cells say.
#[derive(Default)]
struct Row {
    first: u32,
    repeated: u32,
    column: u32,
    cells: Vec<(u32, String)>,
}

/// A cell while it is read.
struct Cell {
    text: String,
    paragraphs: usize,
    repeated: u32,
    /// How many rows and columns it covers.
    span: (u32, u32),
}

impl Book {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), BookError> {
        if self.skipped > 0 {
            self.skipped += 1;
            return Ok(());
        }
        match tag.name().0 {
            "table:table" => {
                if self.sheets.len() == SHEETS {
                    return Err(BookError::TooMuch);
                }
                let name = attribute(tag, "table:name")?.unwrap_or_default();
                self.sheets.push(Sheet { name, ..Sheet::default() });
                self.row = Row::default();
            }
            "table:table-row" => {
                self.row.column = 0;
                self.row.repeated = number(tag, "table:number-rows-repeated")?;
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let repeated = number(tag, "table:number-columns-repeated")?;
                let span = (number(tag, "table:number-rows-spanned")?, number(tag, "table:number-columns-spanned")?);
                self.cell = Some(Cell { text: String::new(), paragraphs: 0, repeated, span });
            }
            "office:annotation" | "text:ruby-text" | "draw:frame" => self.skipped = 1,
            "text:p" => {
                if let Some(cell) = &mut self.cell {
                    if cell.paragraphs > 0 {
                        cell.text.push('\n');
                    }
                    cell.paragraphs += 1;
                }
            }
            "text:s" => {
                for _ in 0..number(tag, "text:c")?.min(100) {
                    self.say(" ");
                }
            }
            "text:line-break" => self.say("\n"),
            "text:tab" => self.say("\t"),
            _ => {}
        }
        Ok(())
    }

    fn say(&mut self, text: &str) {
        // Blanks between elements stand in no paragraph.
        if let Some(cell) = self.cell.as_mut().filter(|cell| cell.paragraphs > 0 && self.skipped == 0) {
            cell.text.push_str(text);
        }
    }

    fn close(&mut self, name: &str) -> Result<(), BookError> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        match name {
            "table:table-cell" | "table:covered-table-cell" => {
                if let Some(cell) = self.cell.take() {
                    self.put(&cell)?;
                }
            }
            "table:table-row" => self.end_row()?,
            _ => {}
        }
        Ok(())
    }

    fn put(&mut self, cell: &Cell) -> Result<(), BookError> {
        let Row { first, column, .. } = self.row;
        if cell.span > (1, 1) || cell.span.1 > 1 {
            let last = (first.saturating_add(cell.span.0 - 1), column.saturating_add(cell.span.1 - 1));
            let merged = self.sheets.last_mut().map(|sheet| &mut sheet.merged).ok_or(BookError::NotAWorkbook)?;
            if merged.len() == MERGED {
                return Err(BookError::TooManyCells);
            }
            merged.push(Area { first: (first, column), last });
        }
        if !cell.text.trim().is_empty() {
            for at in 0..cell.repeated {
                self.room.take(cell.text.len())?;
                self.row.cells.push((column.saturating_add(at), cell.text.clone()));
            }
        }
        self.row.column = column.saturating_add(cell.repeated);
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), BookError> {
        let sheet = self.sheets.last_mut().ok_or(BookError::NotAWorkbook)?;
        let Row { first, repeated, .. } = self.row;
        let cells = std::mem::take(&mut self.row.cells);
        if !cells.is_empty() {
            for again in 1..repeated {
                for (column, text) in &cells {
                    self.room.take(text.len())?;
                    sheet.cells.insert((first.saturating_add(again), *column), Value::Text(text.clone()));
                }
            }
        }
        sheet.cells.extend(cells.into_iter().map(|(column, text)| ((first, column), Value::Text(text))));
        self.row.first = first.saturating_add(repeated);
        Ok(())
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, BookError> {
    let attribute = tag.try_get_attribute(name).map_err(|_| BookError::NotAWorkbook)?;
    let value = attribute.map(|of| of.normalized_value(XmlVersion::Implicit1_0)).transpose();
    Ok(value.map_err(|_| BookError::NotAWorkbook)?.map(Into::into))
}

/// How often something stands, or how far it reaches: once, where nothing is said.
fn number(tag: &BytesStart<'_>, name: &str) -> Result<u32, BookError> {
    let Some(text) = attribute(tag, name)? else { return Ok(1) };
    text.parse().ok().filter(|number| *number > 0).ok_or(BookError::NotAWorkbook)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn book(content: &str) -> Vec<u8> {
        let mut folder = zip::ZipWriter::new(Cursor::new(Vec::new()));
        folder.start_file("content.xml", zip::write::SimpleFileOptions::default()).unwrap();
        folder.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><d>{content}</d>").as_bytes()).unwrap();
        folder.finish().unwrap().into_inner()
    }

    fn cells(content: &str) -> Result<Vec<(String, String)>, BookError> {
        let sheets = super::super::read_any(&book(content))?;
        let named = |(at, value): (&(u32, u32), &Value)| (super::super::cell_name(*at), value.to_string());
        Ok(sheets.iter().flat_map(|sheet| sheet.cells.iter().map(named)).collect())
    }

    #[test]
    fn cells_say_what_is_shown() {
        let read = cells(
            r#"<table:table table:name="表 &amp; 1"><table:table-row table:number-rows-repeated="2"/>
            <table:table-row><table:table-cell table:number-columns-repeated="2"/>
            <table:table-cell office:value="0.367"><text:p>36.7%</text:p></table:table-cell>
            <table:table-cell table:number-columns-spanned="2"><office:annotation><text:p>注</text:p></office:annotation>
            <text:p>年<text:s text:c="2"/>度&#x3042;</text:p><text:p>&lt;二&gt;</text:p></table:table-cell>
            <table:covered-table-cell/><table:table-cell table:number-columns-repeated="2"><text:p>―</text:p></table:table-cell>
            </table:table-row></table:table>"#,
        );
        let expected = [("C3", "36.7%"), ("D3", "年  度あ\n<二>"), ("F3", "―"), ("G3", "―")];
        assert_eq!(read, Ok(expected.map(|(at, text)| (at.to_owned(), text.to_owned())).to_vec()));
    }

    #[test]
    fn what_stands_a_million_times_is_counted_before_it_is_copied() {
        let row = |rows: &str, columns: &str, text: &str| {
            cells(&format!(
                "<table:table><table:table-row table:number-rows-repeated=\"{rows}\"><table:table-cell \
                 table:number-columns-repeated=\"{columns}\"><text:p>{text}</text:p></table:table-cell>\
                 </table:table-row></table:table>"
            ))
        };
        assert_eq!(row("1000000", "1", "1"), Err(BookError::TooManyCells));
        assert_eq!(row("4000000000", "1", ""), Ok(Vec::new()), "rows that say nothing take no room");
        assert_eq!(row("1", "16384", &"長".repeat(10_000)), Err(BookError::TooMuch));
        assert_eq!(row("-1", "1", "1"), Err(BookError::NotAWorkbook));
        assert_eq!(cells("<table:table/>".repeat(SHEETS + 1).as_str()), Err(BookError::TooMuch));
        assert_eq!(cells("<a/>"), Err(BookError::NotAWorkbook));
    }
}
