//! What all files have in common that are written for a spreadsheet.

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, XlsxError};
use shirube_domain::calendar::FiscalYear;

/// A font for everybody (ユニバーサルデザイン) that Windows has; other systems put their own in its place.
pub(crate) const FONT: &str = "BIZ UDゴシック";
/// Behind headings.
pub(crate) const GREY: Color = Color::RGB(0xE7_EB_EF);
/// By which Excel knows UTF-8 in CSV.
pub(crate) const MARK: &[u8] = "\u{feff}".as_bytes();

/// What a workbook says of itself. Two of the same content are the same, so that it does not say when it was written but when
/// its fiscal year ended.
pub(crate) fn properties(title: &str, year: FiscalYear) -> Result<DocProperties, XlsxError> {
    let ended = u16::try_from(year.last_day().year()).unwrap_or_default();
    Ok(DocProperties::new().set_title(title).set_creation_datetime(&ExcelDateTime::from_ymd(ended, 3, 31)?))
}
