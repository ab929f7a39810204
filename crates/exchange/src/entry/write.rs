use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, IgnoreError, ProtectionOptions,
    Workbook, Worksheet, XlsxError,
};
use shirube_domain::Error;

use super::{ABOUT, Column, EntryBook, EntryRow, FORMAT, SHEET, STATUSES, status_name};
use crate::style::{self, FONT, GREY};

const PALE: Color = Color::RGB(0xF2_F2_F2);
const ENTRY: Color = Color::RGB(0xFF_F9_E5);
/// The row of the headings.
const HEADINGS: u32 = 3;
/// What the sheet of help says.
const HELP: [&str; 12] = [
    "1. 黄色の欄（実績値・区分・増減理由及び今後の取り組み）だけに入力してください。ほかの欄は保護されています。",
    "2. 実績値は印刷するとおりに入力してください。例：36.6　1,250　△7.04　2億396万円　実施済み",
    "3. 値がない理由があるときは、その言葉を入力してください。例：調査中（これから）　算出不可　未集計　―（該当なし）",
    "4. 区分は、暫定値・見込値のときに選びます。空欄は確定値です。",
    "5. 空欄にすると、入力済みの値は消えます。入力しない行は、そのままにしておいてください。",
    "6. 行の並べ替え・絞り込みをしてもかまいません。行の追加・複写はできません。削除した行は変更されません。",
    "7. 列を追加しても読み込めますが、追加した列の内容は取り込まれません。",
    "8. 数式を入力したときは、計算された値が取り込まれます。",
    "9. 送り返すと、まず何が変わるかを確認できます。確認して確定するまで、何も変わりません。",
    "10. 誤りが一つでもあると、全体が取り込まれません。誤りは「実績!J14」のようにセルで示されます。",
    "11. 灰色の欄は前年度の実績値と本年度の目標値です。",
    "12. 状況が「承認済み」「確認中」の行は入力できません。",
];

/// Writes the workbook. The same rows give the same bytes.
pub fn write(book: &EntryBook) -> Result<Vec<u8>, Error> {
    workbook(book).map_err(Error::internal)
}

fn workbook(book: &EntryBook) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&style::properties(&book.title, book.key.year)?);
    rows(workbook.add_worksheet(), book)?;
    help(workbook.add_worksheet(), book)?;
    about(workbook.add_worksheet(), book)?;
    workbook.save_to_buffer()
}

struct Formats {
    heading: Format,
    locked: Format,
    pale: Format,
    entry: Format,
    closed: Format,
}

impl Formats {
    fn new() -> Self {
        let plain = Format::new().set_font_name(FONT).set_font_size(10.0).set_align(FormatAlign::Top);
        let bordered = plain.set_border(FormatBorder::Thin).set_text_wrap();
        // What is typed is a text, so that 36.0 stays 36.0 and 11/12 does not become a day.
        let text = bordered.clone().set_num_format("@");
        Self {
            heading: bordered.clone().set_bold().set_background_color(GREY).set_align(FormatAlign::Center),
            locked: bordered.clone(),
            pale: text.clone().set_background_color(PALE).set_font_color(Color::Gray),
            entry: text.clone().set_background_color(ENTRY).set_unlocked(),
            closed: text.set_background_color(PALE),
        }
    }
}

fn rows(sheet: &mut Worksheet, book: &EntryBook) -> Result<(), XlsxError> {
    let formats = Formats::new();
    sheet.set_name(SHEET)?;
    for (at, column) in (0..).zip(Column::ALL) {
        let width = match column {
            Column::Id | Column::Version | Column::Unit => 8.0,
            Column::Before | Column::Target | Column::Actual => 13.0,
            Column::Status | Column::State => 9.0,
            Column::Department => 14.0,
            Column::Remark => 60.0,
            Column::Goal | Column::Place | Column::Label | Column::Statement => 26.0,
        };
        sheet.set_column_width(at, width)?;
        if matches!(column, Column::Id | Column::Version) {
            sheet.set_column_hidden(at)?;
        }
        sheet.write_with_format(HEADINGS, at, column.heading(), &formats.heading)?;
    }
    let title = Format::new().set_font_name(FONT).set_font_size(14.0).set_bold();
    let department = book.department.as_deref().unwrap_or("全部署");
    sheet.write_with_format(0, 2, &book.title, &title)?;
    sheet.write(
        1,
        2,
        format!("{}の実績　{department}　黄色の欄に入力してください（使い方は「説明」シート）", book.key.year.label()),
    )?;
    for (at, row) in (HEADINGS + 1..).zip(&book.rows) {
        self::row(sheet, at, row, &formats)?;
    }
    let first = HEADINGS + 1;
    let last = first + u32::try_from(book.rows.len().max(1)).unwrap_or(u32::MAX) - 1;
    let status = column(Column::Status);
    let names: Vec<&str> = STATUSES.iter().map(|(name, _)| *name).collect();
    let validation = DataValidation::new()
        .allow_list_strings(&names)?
        .ignore_blank(true)
        .set_error_style(DataValidationErrorStyle::Stop)
        .set_error_title("区分")?
        .set_error_message("確定・暫定・見込から選ぶか、空欄にしてください。")?;
    sheet.add_data_validation(first, status, last, status, &validation)?;
    sheet.ignore_error_range(first, 0, last, column(Column::State), IgnoreError::NumberStoredAsText)?;
    sheet.set_freeze_panes(first, column(Column::Unit))?;
    sheet.autofilter(HEADINGS, 0, last, column(Column::State))?;
    sheet.protect_with_options(&ProtectionOptions {
        format_columns: true,
        format_rows: true,
        sort: true,
        use_autofilter: true,
        ..ProtectionOptions::default()
    });
    sheet.set_landscape().set_paper_size(8).set_print_fit_to_pages(1, 0).set_repeat_rows(HEADINGS, HEADINGS)?;
    Ok(())
}

fn row(sheet: &mut Worksheet, at: u32, row: &EntryRow, formats: &Formats) -> Result<(), XlsxError> {
    let id = format!("{}:{}", row.subject.kind(), row.subject.uuid());
    let (of_node, version) = (row.subject.kind() == "node", row.version.to_string());
    for of in Column::ALL {
        let (text, format) = match of {
            Column::Id => (id.as_str(), &formats.locked),
            Column::Version => (version.as_str(), &formats.locked),
            Column::Goal => (row.goal.as_str(), &formats.locked),
            Column::Place => (row.place.as_str(), &formats.locked),
            Column::Label => (row.label.as_str(), &formats.locked),
            Column::Unit => (row.unit.as_str(), &formats.locked),
            Column::Statement => (row.statement.as_str(), &formats.locked),
            Column::Before => (row.before.as_str(), &formats.pale),
            Column::Target => (row.target.as_str(), &formats.pale),
            // A program without an indicator has no figure.
            Column::Actual | Column::Status if of_node => ("", &formats.closed),
            Column::Actual => (row.entered.actual.as_str(), if row.open { &formats.entry } else { &formats.closed }),
            Column::Status => {
                (status_name(row.entered.status), if row.open { &formats.entry } else { &formats.closed })
            }
            Column::Remark => (row.entered.remark.as_str(), if row.open { &formats.entry } else { &formats.closed }),
            Column::Department => (row.department.as_str(), &formats.locked),
            Column::State => (row.state, &formats.locked),
        };
        sheet.write_string_with_format(at, column(of), text, format)?;
    }
    Ok(())
}

fn help(sheet: &mut Worksheet, book: &EntryBook) -> Result<(), XlsxError> {
    let text = Format::new().set_font_name(FONT).set_font_size(11.0).set_text_wrap();
    sheet.set_name("説明")?;
    sheet.set_column_width(0, 110.0)?;
    sheet.write_with_format(0, 0, format!("{}（{}の実績）の入力方法", book.title, book.key.year.label()), &text)?;
    for (at, line) in (2..).zip(HELP) {
        sheet.write_with_format(at, 0, line, &text)?;
    }
    sheet.protect();
    Ok(())
}

fn about(sheet: &mut Worksheet, book: &EntryBook) -> Result<(), XlsxError> {
    sheet.set_name(ABOUT)?;
    let key = &book.key;
    let told = [
        ("format", FORMAT.to_owned()),
        ("municipality", key.municipality.to_string()),
        ("strategy", key.strategy.to_string()),
        ("year", key.year.year().to_string()),
        ("department", book.department.clone().unwrap_or_default()),
    ];
    for (at, (name, text)) in (0..).zip(told) {
        sheet.write_string(at, 0, name)?;
        sheet.write_string(at, 1, text)?;
    }
    sheet.set_hidden(true).protect();
    Ok(())
}

fn column(of: Column) -> u16 {
    of as u16
}
