//! A report as a workbook: one sheet, cut into pages between goals and between programs, with its headings on each page.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::{
    Block, Headings, Line, PrintedReport, Row,
    page::{CUTS, Grid, LETTER, LOW, MARGIN, Paper},
};
use crate::style::{self, FONT, GREY};

const TINT: Color = Color::RGB(0xF5_F7_F9);
/// The height of the first row, which stands on every page.
const TITLE: f64 = 26.0;
/// A column of a spreadsheet.
type Column = u16;

pub(super) fn write(report: &PrintedReport, paper: Paper) -> Result<Vec<u8>, XlsxError> {
    let grid = Grid::of(&report.headings, paper);
    let mut workbook = Workbook::new();
    // In its digits the widths of columns are told.
    workbook.set_default_format(&Format::new().set_font_name(FONT).set_font_size(11.0), 20, 64)?;
    workbook.set_properties(&style::properties(&report.title, report.year)?);
    let mut sheet = Sheet::new(workbook.add_worksheet(), &grid, report)?;
    for (at, block) in report.blocks.iter().enumerate() {
        let total = (at + 1 == report.blocks.len()).then_some(report.total.as_str());
        sheet.block(block, at == 0, total)?;
    }
    sheet.end(report, paper)?;
    workbook.save_to_buffer()
}

struct Formats {
    title: Format,
    label: Format,
    goal: Format,
    heading: Format,
    above: Format,
    text: Format,
    figure: Format,
    count: Format,
    source: Format,
}

impl Formats {
    fn new() -> Self {
        let plain = Format::new().set_font_name(FONT).set_font_size(LETTER).set_align(FormatAlign::VerticalCenter);
        let wrapped = plain.clone().set_text_wrap();
        let bordered = wrapped.clone().set_border(FormatBorder::Thin);
        Self {
            title: plain.clone().set_font_size(14.0).set_bold(),
            label: plain.clone().set_font_size(12.0).set_align(FormatAlign::Right),
            goal: plain.clone().set_font_size(12.0).set_bold(),
            heading: bordered.clone().set_background_color(TINT),
            above: bordered.clone().set_background_color(GREY).set_align(FormatAlign::Center),
            text: bordered.clone(),
            figure: bordered.set_align(FormatAlign::Center),
            count: plain.clone().set_bold().set_align(FormatAlign::Right),
            source: wrapped.set_font_size(9.0),
        }
    }
}

struct Sheet<'a> {
    sheet: &'a mut Worksheet,
    grid: &'a Grid,
    headings: &'a Headings,
    formats: Formats,
    /// The next row.
    row: u32,
    /// How much of the page is used, in points.
    used: f64,
    /// The rows at which pages begin.
    cuts: Vec<u32>,
}

impl<'a> Sheet<'a> {
    fn new(sheet: &'a mut Worksheet, grid: &'a Grid, report: &'a PrintedReport) -> Result<Self, XlsxError> {
        sheet.set_name("集計表")?;
        for (column, width) in (0..).zip(&grid.widths) {
            sheet.set_column_width_pixels(column, *width)?;
        }
        let (row, used, cuts) = (0, 0.0, Vec::new());
        let mut it = Self { sheet, grid, headings: &report.headings, formats: Formats::new(), row, used, cuts };
        // The first row stands on every page.
        let (last, title) = (it.last(), it.rows(1, TITLE)?);
        it.sheet.write_with_format(title, 0, &report.title, &it.formats.title)?;
        it.sheet.write_with_format(title, last, report.label.as_deref().unwrap_or_default(), &it.formats.label)?;
        it.sheet.set_repeat_rows(title, title)?;
        Ok(it)
    }

    /// The last column.
    fn last(&self) -> Column {
        column(self.grid.remark())
    }

    /// Adds rows of a height, and gives the first.
    fn rows(&mut self, count: u32, height: f64) -> Result<u32, XlsxError> {
        let first = self.row;
        for row in first..first + count {
            self.sheet.set_row_height(row, height)?;
        }
        self.row += count;
        self.used += height * f64::from(count);
        Ok(first)
    }

    fn fits(&self, height: f64) -> bool {
        self.used + height <= self.grid.page
    }

    fn cut(&mut self) {
        self.cuts.push(self.row);
        // The first row is printed again.
        self.used = TITLE;
    }

    /// Writes a text into cells that become one: as the number that it is, if `number` says so.
    fn put(
        &mut self,
        [top, bottom]: [u32; 2],
        columns: [usize; 2],
        text: &str,
        number: Option<f64>,
        format: &Format,
    ) -> Result<(), XlsxError> {
        let [left, right] = columns.map(column);
        if top != bottom || left != right {
            self.sheet.merge_range(top, left, bottom, right, "", format)?;
        }
        match number {
            Some(number) => self.sheet.write_with_format(top, left, number, format)?,
            None => self.sheet.write_with_format(top, left, text, format)?,
        };
        Ok(())
    }

    /// A label that happens to be a number is a text all the same.
    fn text(&mut self, rows: [u32; 2], columns: [usize; 2], text: &str) -> Result<(), XlsxError> {
        let format = self.formats.text.clone();
        self.put(rows, columns, text, None, &format)
    }

    fn figure(&mut self, rows: [u32; 2], at: usize, text: &str) -> Result<(), XlsxError> {
        let format = self.formats.figure.clone();
        match number(text) {
            Some((number, printed)) => self.put(rows, [at; 2], text, Some(number), &format.set_num_format(printed)),
            None => self.put(rows, [at; 2], text, None, &format),
        }
    }

    /// A text across the whole table.
    fn across(&mut self, text: &str, format: Format, merged: bool) -> Result<(), XlsxError> {
        let last = self.grid.remark();
        let row = self.rows(1, self.grid.height(text, 0..=last).max(LOW))?;
        if merged {
            self.sheet.merge_range(row, 0, row, column(last), text, &format)?;
        } else {
            self.sheet.write_with_format(row, 0, text, &format)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block, first: bool, total: Option<&str>) -> Result<(), XlsxError> {
        if !first {
            self.cut();
        }
        self.across(&block.heading, self.formats.goal.clone(), false)?;
        if let Some(remark) = &block.remark {
            self.across(remark, self.formats.text.clone(), true)?;
        }
        if !block.targets.is_empty() {
            self.above(true)?;
            for row in &block.targets {
                let (count, height) = self.grid.goal(row);
                let [top, bottom] = self.span(count, height)?;
                self.text([top, bottom], [0, usize::from(!self.grid.pairs)], &row.label)?;
                let (baseline, target) = if self.grid.pairs { (1, 2) } else { (2, 3) };
                self.text([top, bottom], [baseline; 2], &row.baseline)?;
                self.text([top, bottom], [target; 2], &row.target)?;
                self.beside(row, top, bottom)?;
            }
            self.rows(1, 8.0)?;
        }
        if !block.lines.is_empty() {
            self.above(false)?;
            self.lines(&block.lines)?;
        }
        let below = if total.is_some() { 2.0 } else { 1.0 } * LOW;
        if !self.fits(below) {
            self.cut();
        }
        for text in [Some(block.subtotal.as_str()), total].into_iter().flatten() {
            let (row, last) = (self.rows(1, LOW)?, self.last());
            self.sheet.write_with_format(row, last, text, &self.formats.count)?;
        }
        Ok(())
    }

    fn lines(&mut self, lines: &[Line]) -> Result<(), XlsxError> {
        // A heading stays with what stands below it.
        let mut waiting: Vec<&str> = Vec::new();
        let mut fresh = true;
        for line in lines {
            match line {
                Line::Heading { text, remark, .. } => {
                    waiting.push(text);
                    waiting.extend(remark.as_deref());
                }

                Line::Entry { name, rows, .. } => {
                    let heights = self.grid.entry(name, rows);
                    let own: f64 = heights.iter().map(|(count, height)| f64::from(*count) * height).sum();
                    let last = self.grid.remark();
                    let before: f64 = waiting.iter().map(|text| self.grid.height(text, 0..=last).max(LOW)).sum();
                    if !fresh && !self.fits(before + own) {
                        self.cut();
                        self.above(false)?;
                    }
                    fresh = false;
                    for text in waiting.drain(..) {
                        self.across(text, self.formats.heading.clone(), true)?;
                    }
                    self.entry(name, rows, &heights)?;
                }
            }
        }
        for text in waiting {
            self.across(text, self.formats.heading.clone(), true)?;
        }
        Ok(())
    }

    fn entry(&mut self, name: &str, rows: &[Row], heights: &[(u32, f64)]) -> Result<(), XlsxError> {
        let first = self.row;
        for (row, (count, height)) in rows.iter().zip(heights) {
            let [top, bottom] = self.span(*count, *height)?;
            if self.grid.pairs {
                self.text([top, bottom], [1, 2], &row.statement())?;
            } else {
                self.text([top, bottom], [1; 2], &row.label)?;
                self.text([top, bottom], [2; 2], &row.baseline)?;
                self.text([top, bottom], [3; 2], &row.target)?;
            }
            self.beside(row, top, bottom)?;
        }
        self.text([first, self.row - 1], [0; 2], name)
    }

    /// The rows of an indicator, from the first to the last.
    fn span(&mut self, count: u32, height: f64) -> Result<[u32; 2], XlsxError> {
        let top = self.rows(count, height)?;
        Ok([top, self.row - 1])
    }

    /// What stands to the right of an indicator.
    fn beside(&mut self, row: &Row, top: u32, bottom: u32) -> Result<(), XlsxError> {
        let (pairs, total) = (self.grid.pairs, self.grid.total());
        let actuals = if pairs { [top + 1, bottom] } else { [top, bottom] };
        if pairs {
            self.figure([top; 2], 3, "目標値")?;
            self.figure(actuals, 3, "実績値")?;
            for (at, text) in (Grid::YEARS..).zip(&row.targets) {
                self.figure([top; 2], at, text)?;
            }
        }
        for (at, text) in (Grid::YEARS..).zip(&row.actuals) {
            self.figure(actuals, at, text)?;
        }
        if self.grid.totals > 0 {
            let [targets, reached] = &row.totals;
            if pairs {
                self.figure([top; 2], total, targets)?;
            }
            self.figure(actuals, total, reached)?;
        }
        for (at, text) in (self.grid.grade()..).zip(&row.grades) {
            self.figure([top, bottom], at, text)?;
        }
        for (at, text) in (self.grid.detail()..).zip(&row.details) {
            self.text([top, bottom], [at; 2], text)?;
        }
        self.text([top, bottom], [self.grid.remark(); 2], &row.remark)
    }

    /// The headings of the columns: above the targets of a goal, or above everything else.
    fn above(&mut self, of_goal: bool) -> Result<(), XlsxError> {
        let Headings { name, pairs, years, total, grades, details, goal_remark, remark, .. } = self.headings;
        let mut cells: Vec<([usize; 2], &str)> = match (pairs, of_goal) {
            (true, true) => vec![([0; 2], "数値目標"), ([1; 2], "基準値"), ([2; 2], "目標値"), ([3; 2], "区分")],
            (true, false) => vec![([0; 2], name), ([1, 2], "重要業績評価指標（KPI）"), ([3; 2], "区分")],
            (false, true) => vec![([0, 1], "数値目標"), ([2; 2], "基準値"), ([3; 2], "目標値")],
            (false, false) => {
                vec![([0; 2], name), ([1; 2], "重要業績評価指標（KPI）"), ([2; 2], "基準値"), ([3; 2], "目標値")]
            }
        };
        let texts = years.iter().chain(total).chain(grades).chain(details);
        let remark = if of_goal { goal_remark } else { remark };
        cells.extend((Grid::YEARS..).zip(texts.chain([remark])).map(|(at, text)| ([at; 2], text.as_str())));
        let heights = cells.iter().map(|([first, last], text)| self.grid.height(text, *first..=*last));
        let row = self.rows(1, heights.fold(34.0, f64::max))?;
        let format = self.formats.above.clone();
        for (columns, text) in cells {
            self.put([row; 2], columns, text, None, &format)?;
        }
        Ok(())
    }

    fn end(&mut self, report: &PrintedReport, paper: Paper) -> Result<(), XlsxError> {
        let [attribution, terms] = &report.source;
        self.across(&format!("出典：{attribution}（{terms}）"), self.formats.source.clone(), true)?;
        let (last, bottom) = (self.last(), self.row - 1);
        self.cuts.truncate(CUTS);
        let size = match paper {
            Paper::A3 => 8,
            Paper::A4 => 9,
        };
        self.sheet
            .set_landscape()
            .set_paper_size(size)
            .set_margins(MARGIN, MARGIN, MARGIN, MARGIN, 0.2, 0.2)
            .set_print_scale(self.grid.scale)
            .set_print_center_horizontally(true)
            .set_footer("&C&P / &N");
        self.sheet.set_print_area(0, 0, bottom, last)?;
        self.sheet.set_page_breaks(&self.cuts)?;
        Ok(())
    }
}

/// A column of the grid in the sheet. There are fewer than sixty, but for what an author adds as details.
fn column(at: usize) -> Column {
    Column::try_from(at).unwrap_or(Column::MAX)
}

/// The number that a printed text is, and the format that prints it again to the letter: 6,300, 36.0, △7.04. `None` where a
/// spreadsheet would print it otherwise, or is not as exact.
fn number(text: &str) -> Option<(f64, String)> {
    let (minus, digits) = match text.chars().next()? {
        sign @ ('△' | '▲' | '-') => (Some(sign), &text[sign.len_utf8()..]),
        _ => (None, text),
    };
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = whole.replace(',', "");
    let groups = whole.split(',').collect::<Vec<_>>();
    let grouped = groups.len() > 1 && groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    let well = all(&plain)
        && fraction.is_none_or(all)
        && (grouped || groups.len() == 1)
        && (plain == "0" || !plain.starts_with('0'))
        && plain.len() + fraction.map_or(0, str::len) <= 15;
    if !well {
        return None;
    }
    let value: f64 = format!("{plain}.{}", fraction.unwrap_or("0")).parse().ok()?;
    if minus.is_some() && value == 0.0 {
        return None;
    }
    let places = fraction.map(|fraction| format!(".{}", "0".repeat(fraction.len()))).unwrap_or_default();
    let shown = format!("{}{places}", if grouped { "#,##0" } else { "0" });
    Some(match minus {
        Some(minus) => (-value, format!("{shown};\"{minus}\"{shown}")),
        None => (value, shown),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_printed_as_the_document_prints_it() {
        for (text, value, format) in [
            ("0", 0.0, "0"),
            ("6,300", 6_300.0, "#,##0"),
            ("1627", 1_627.0, "0"),
            ("36.0", 36.0, "0.0"),
            ("△7.04", -7.04, "0.00;\"△\"0.00"),
            ("▲1,234.5", -1_234.5, "#,##0.0;\"▲\"#,##0.0"),
        ] {
            assert_eq!(number(text), Some((value, format.to_owned())), "{text}");
        }
        for text in [
            "",
            "―",
            "△",
            "△0",
            "007",
            "1,23",
            "1.",
            ".5",
            "暫定値43.1",
            "３",
            "36.6%",
            "-",
            "1234567890.1234567",
            "1,,000",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
