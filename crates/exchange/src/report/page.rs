//! How a report lies on paper: widths of columns, heights of rows, where a page ends.

use unicode_width::UnicodeWidthChar;

use super::{Headings, Row};

/// A size of paper, used lengthwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// A3, 420 × 297 mm.
    #[default]
    A3,
    /// A4, 297 × 210 mm; the same table, smaller.
    A4,
}

impl Paper {
    /// Width and height, in points.
    pub(super) const fn points(self) -> (f64, f64) {
        match self {
            Self::A3 => (1190.6, 841.9),
            Self::A4 => (841.9, 595.3),
        }
    }

    /// Its name in style sheets.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::A3 => "A3",
            Self::A4 => "A4",
        }
    }
}

/// Above, below, left and right of the table, in inches.
pub(super) const MARGIN: f64 = 0.5;
/// A point in pixels of a spreadsheet, which has 96 to an inch.
const PIXELS: f64 = 96.0 / 72.0;
/// What programs draw a little higher than they say must still fit.
const SLACK: f64 = 0.95;
/// The width of a column is told in digits of the workbook's font, of which programs and fonts make 7 or 8 pixels. Texts have
/// room at 7, and the page at 8.
const WIDER: f64 = 8.0 / 7.0;

/// The size of letters, in points.
pub(super) const LETTER: f64 = 10.0;
/// From one line of letters to the next, in points.
const LINE: f64 = 14.0;
/// A row of a single line.
pub(super) const LOW: f64 = 18.0;
/// The highest row of a spreadsheet.
const HIGH: f64 = 409.0;
/// The most pages that a sheet may be cut into by hand.
pub(super) const CUTS: usize = 1_023;

/// Which column is where, and how wide.
#[derive(Debug)]
pub(super) struct Grid {
    /// In pixels.
    pub(super) widths: Vec<u32>,
    pub(super) pairs: bool,
    pub(super) years: usize,
    pub(super) totals: usize,
    pub(super) grades: usize,
    pub(super) details: usize,
    /// By how much it is made smaller on paper, in percent.
    pub(super) scale: u16,
    /// What fits on a page, in points of the sheet.
    pub(super) page: f64,
}

impl Grid {
    pub(super) fn of(headings: &Headings, paper: Paper) -> Self {
        let Headings { pairs, years, total, grades, details, .. } = headings;
        let mut widths = if *pairs { vec![190, 135, 135, 58] } else { vec![190, 250, 120, 150] };
        widths.extend(years.iter().map(|_| 64));
        widths.extend(total.iter().map(|_| 92));
        widths.extend(grades.iter().map(|_| 84));
        widths.extend(details.iter().map(|_| 120));
        // The remark takes what is left of an A3 page, and never less than can be read.
        let (usable, used) = (pixels(Paper::A3), widths.iter().sum::<u32>());
        widths.push(usable.saturating_sub(used).max(330));
        let (width, height) = (f64::from(widths.iter().sum::<u32>()) * WIDER, paper.points().1);
        let shrunk = (f64::from(pixels(paper)) / width * 100.0).floor().clamp(10.0, 100.0);
        Self {
            widths,
            pairs: *pairs,
            years: years.len(),
            totals: usize::from(total.is_some()),
            grades: grades.len(),
            details: details.len(),
            scale: whole(shrunk),
            page: (height - 2.0 * MARGIN * 72.0) * SLACK * 100.0 / shrunk,
        }
    }

    /// The first column of the years; the totals, grades, details and the remark follow.
    pub(super) const YEARS: usize = 4;

    pub(super) const fn total(&self) -> usize {
        Self::YEARS + self.years
    }

    pub(super) const fn grade(&self) -> usize {
        self.total() + self.totals
    }

    pub(super) const fn detail(&self) -> usize {
        self.grade() + self.grades
    }

    pub(super) const fn remark(&self) -> usize {
        self.detail() + self.details
    }

    fn across(&self, columns: std::ops::RangeInclusive<usize>) -> u32 {
        self.widths[columns].iter().sum()
    }

    /// How high a text is in some columns beside each other.
    pub(super) fn height(&self, text: &str, columns: std::ops::RangeInclusive<usize>) -> f64 {
        height(text, self.across(columns))
    }

    /// How high an entry's rows are: for each of them, how many rows of the sheet it takes, and how high each of these is.
    pub(super) fn entry(&self, name: &str, rows: &[Row]) -> Vec<(u32, f64)> {
        let heights: Vec<f64> = rows.iter().map(|row| self.row(row)).collect();
        let missing = self.height(name, 0..=0) - heights.iter().sum::<f64>();
        let more = missing.max(0.0) / f64::from(u32::try_from(rows.len().max(1)).unwrap_or(u32::MAX));
        heights.into_iter().map(|height| self.cut(height + more)).collect()
    }

    /// How high the row of a goal's target is.
    pub(super) fn goal(&self, row: &Row) -> (u32, f64) {
        let label = if self.pairs { 0..=0 } else { 0..=1 };
        let texts = [(&row.label, label), (&row.baseline, 1..=1), (&row.target, 2..=2)];
        let highest = texts.into_iter().map(|(text, at)| self.height(text, at)).fold(self.beside(row), f64::max);
        self.cut(highest)
    }

    fn row(&self, row: &Row) -> f64 {
        let texts: &[(&str, std::ops::RangeInclusive<usize>)] = if self.pairs {
            &[(&row.statement(), 1..=2)]
        } else {
            &[(&row.label, 1..=1), (&row.baseline, 2..=2), (&row.target, 3..=3)]
        };
        texts.iter().map(|(text, at)| self.height(text, at.clone())).fold(self.beside(row), f64::max)
    }

    /// How high what stands to the right of an indicator is.
    fn beside(&self, row: &Row) -> f64 {
        let figures = row.targets.iter().chain(&row.actuals).map(|text| self.height(text, Self::YEARS..=Self::YEARS));
        let figures = figures.fold(0.0, f64::max) * if self.pairs { 2.0 } else { 1.0 };
        let grades = (self.grade()..).zip(&row.grades);
        let texts = grades.chain((self.detail()..).zip(&row.details)).chain([(self.remark(), &row.remark)]);
        texts.map(|(at, text)| self.height(text, at..=at)).fold(figures, f64::max)
    }

    /// Into how many rows a height is cut, and how high each is. An indicator has two at least where its targets have a row of
    /// their own.
    fn cut(&self, height: f64) -> (u32, f64) {
        let least: u32 = if self.pairs { 2 } else { 1 };
        let rows = u32::from(whole((height / HIGH).ceil())).max(least);
        (rows, (height / f64::from(rows)).max(LOW))
    }
}

/// The width of a page, in pixels of a spreadsheet.
fn pixels(paper: Paper) -> u32 {
    u32::from(whole((paper.points().0 - 2.0 * MARGIN * 72.0) * PIXELS))
}

/// A number that was rounded and lies between 0 and 65,535, whatever it was.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is brought into the range before")]
fn whole(number: f64) -> u16 {
    number.clamp(0.0, f64::from(u16::MAX)) as u16
}

/// How high a text is in a cell of a width in pixels.
fn height(text: &str, width: u32) -> f64 {
    // Half of the size of letters is the width of a narrow one. What may not begin a line takes a letter with it.
    let room = f64::from(width) / PIXELS / (LETTER / 2.0) - 3.0;
    let lines: u32 = text.split('\n').map(|line| lines(line, usize::from(whole(room)).max(2))).sum();
    f64::from(lines).mul_add(LINE, 4.0)
}

/// Into how many lines a text is broken: between any two wide letters, and between words of narrow ones.
fn lines(text: &str, room: usize) -> u32 {
    let (mut lines, mut used, mut word) = (1, 0, 0);
    for c in text.chars() {
        let width = c.width_cjk().unwrap_or(0);
        let narrow = width == 1 && c != ' ';
        word = if narrow { word + 1 } else { 0 };
        if used + width > room {
            lines += 1;
            // A word goes to the next line as a whole, unless it is longer than a line.
            if word == 0 || word > used {
                word = usize::from(narrow);
                used = width;
            } else {
                used = word;
            }
        } else {
            used += width;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_broken_as_spreadsheets_break_them() {
        assert_eq!(lines("", 10), 1);
        assert_eq!(lines("観光入込客数", 12), 1);
        assert_eq!(lines("観光入込客数", 11), 2, "a wide letter is not cut");
        assert_eq!(lines("KPI of tourism", 10), 2, "nor is a word");
        assert_eq!(lines(&"x".repeat(25), 10), 3, "unless it is longer than a line");
    }

    #[test]
    fn whatever_has_to_fit_fits() {
        let mut headings = Headings {
            levels: vec!["基本目標".into()],
            name: String::new(),
            pairs: true,
            years: vec!["3年度".into(); 5],
            total: Some("合計".into()),
            grades: Vec::new(),
            details: Vec::new(),
            goal_remark: String::new(),
            remark: String::new(),
        };
        for (years, paper, scale) in [(5, Paper::A3, 87), (5, Paper::A4, 60), (30, Paper::A3, 45)] {
            headings.years = vec!["3年度".into(); years];
            let grid = Grid::of(&headings, paper);
            assert_eq!(grid.scale, scale, "{years} {paper:?}");
            let width = f64::from(grid.widths.iter().sum::<u32>()) * WIDER / PIXELS * f64::from(grid.scale) / 100.0;
            assert!(width <= paper.points().0 - 72.0, "{width}");
            assert_eq!(grid.widths.len(), grid.remark() + 1);
        }
    }
}
