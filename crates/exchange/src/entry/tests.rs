use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use shirube_domain::{IndicatorId, NodeId, StrategyId};
use uuid::Uuid;

use super::*;
use crate::book::BookError;

fn key() -> EntryKey {
    EntryKey {
        municipality: "012262".parse().unwrap(),
        strategy: StrategyId::from_uuid(Uuid::from_u128(1)),
        year: FiscalYear::new(2022).unwrap(),
    }
}

fn row(number: u128, actual: &str, remark: &str) -> EntryRow {
    EntryRow {
        subject: Subject::Indicator(IndicatorId::from_uuid(Uuid::from_u128(number))),
        version: 3,
        goal: "基本目標1　雇用".into(),
        place: "創業支援事業".into(),
        label: format!("指標{number}"),
        unit: "件".into(),
        statement: "4件（令和元年）→35件（5年間）".into(),
        before: "7".into(),
        target: "7".into(),
        entered: Entered { actual: actual.into(), status: None, remark: remark.into() },
        department: "商工労働観光課".into(),
        state: "入力中",
        open: true,
    }
}

fn book() -> EntryBook {
    let mut node = row(30, "", "議論を重ねた。\n引き続き進める。");
    node.subject = Subject::Node(NodeId::from_uuid(Uuid::from_u128(30)));
    let mut provisional = row(20, "△7.04", "");
    provisional.entered.status = Some(ObservationStatus::Provisional);
    EntryBook {
        key: key(),
        title: "第２期総合戦略".into(),
        department: None,
        rows: vec![row(10, "36.0", "増"), provisional, node],
    }
}

/// The workbook as it was written, after somebody worked on its sheet of rows.
fn worked_on(work: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let written = crate::book::read(&write(&book()).unwrap()).unwrap();
    let mut work = Some(work);
    for sheet in written {
        let copy = workbook.add_worksheet();
        copy.set_name(&sheet.name).unwrap();
        for ((row, column), value) in &sheet.cells {
            copy.write_string(*row, u16::try_from(*column).unwrap(), value.to_string()).unwrap();
        }
        if sheet.name == SHEET {
            work.take().unwrap()(copy);
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// What is told of a workbook: code and place.
fn told(bytes: &[u8]) -> Vec<(&'static str, String)> {
    read(bytes).unwrap().remarks.into_iter().map(|remark| (remark.code, remark.place)).collect()
}

#[test]
fn what_is_written_is_read_back() {
    let bytes = write(&book()).unwrap();
    assert_eq!(bytes, write(&book()).unwrap(), "the same rows give the same bytes");
    let back = read(&bytes).unwrap();
    assert_eq!((back.key, back.department, back.remarks), (key(), None, Vec::new()));
    let entered: Vec<&Entered> = back.rows.iter().map(|row| &row.entered).collect();
    let expected: Vec<Entered> = book().rows.into_iter().map(|row| row.entered).collect();
    assert_eq!(entered, expected.iter().collect::<Vec<_>>());
    assert_eq!(back.rows[1].cells, ["J6", "K6", "L6"]);
    assert_eq!((back.rows[2].subject, back.rows[0].version), (book().rows[2].subject, 3));
}

#[test]
fn what_people_type_is_understood() {
    let bytes = worked_on(|sheet| {
        sheet.write_number(4, 9, 1250.5).unwrap();
        sheet.write_string(4, 11, "  理由　").unwrap();
        sheet.write_formula(5, 9, Formula::new("=0.1+0.2").set_result("0.30000000000000004")).unwrap();
        sheet.write_string(5, 10, "見込値").unwrap();
    });
    let back = read(&bytes).unwrap();
    assert_eq!(back.remarks, []);
    assert_eq!((back.rows[0].entered.actual.as_str(), back.rows[0].entered.remark.as_str()), ("1250.5", "理由"));
    assert_eq!(back.rows[1].entered.actual, "0.3");
    assert_eq!(back.rows[1].entered.status, Some(ObservationStatus::Forecast));
    for text in ["１，２５０", "▲7.04", "−3", "15千人", "調査中", "約15人", "令和3年度に実施"] {
        let back = read(&worked_on(|sheet| {
            sheet.write_string(4, 9, text).unwrap();
        }))
        .unwrap();
        assert_eq!(back.rows[0].entered.actual, text);
        assert!(back.remarks.iter().all(|remark| remark.severity == Severity::Warning), "{text}: {:?}", back.remarks);
    }
}

/// What somebody does to the sheet of rows.
type Damage = Box<dyn FnOnce(&mut Worksheet)>;

#[test]
fn every_damage_is_told_with_its_cell() {
    let text = |row, column, text: &'static str| {
        move |sheet: &mut Worksheet| {
            sheet.write_string(row, column, text).unwrap();
        }
    };
    let damages: Vec<(&str, &str, Damage)> = vec![
        (
            "date",
            "実績!J5",
            Box::new(|sheet| {
                let day = ExcelDateTime::from_ymd(2021, 11, 12).unwrap();
                sheet.write_with_format(4, 9, &day, &Format::new().set_num_format("yyyy/m/d")).unwrap();
            }),
        ),
        (
            "fault",
            "実績!J5",
            Box::new(|sheet| {
                sheet.write_formula(4, 9, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
            }),
        ),
        (
            "flag",
            "実績!J5",
            Box::new(|sheet| {
                sheet.write_boolean(4, 9, true).unwrap();
            }),
        ),
        ("status", "実績!K5", Box::new(text(4, 10, "たぶん"))),
        ("changed_id", "実績!A5", Box::new(text(4, 0, "indicator:1"))),
        ("changed_version", "実績!B5", Box::new(text(4, 1, "new"))),
        ("repeated_row", "実績!E6", Box::new(text(5, 0, "indicator:00000000-0000-0000-0000-00000000000a"))),
        ("added_row", "実績!E8", Box::new(text(7, 4, "新しい指標"))),
        ("added_column", "実績!O4", Box::new(text(3, 14, "メモ"))),
        ("repeated_column", "実績!O4", Box::new(text(3, 14, "実績値"))),
        ("missing_column", "実績!A4", Box::new(text(3, 11, "備考"))),
        (
            "merged_cells",
            "実績!L5",
            Box::new(|sheet| {
                sheet.merge_range(4, 11, 5, 11, "同じ", &Format::new()).unwrap();
            }),
        ),
        ("words", "実績!J5", Box::new(text(4, 9, "12件くらい減"))),
    ];
    for (code, place, damage) in damages {
        let told = told(&worked_on(damage));
        assert!(told.contains(&(code, place.to_owned())), "{code} at {place}: {told:?}");
    }
}

#[test]
fn rows_may_be_moved_and_removed_and_a_column_put_in() {
    let bytes = worked_on(|sheet| {
        for (column, text) in
            [(0, "node:00000000-0000-0000-0000-00000000001e"), (1, "3"), (4, "指標30"), (11, "別の所見")]
        {
            sheet.write_string(4, column, text).unwrap();
        }
        for column in 0..14 {
            sheet.write_string(5, column, " ").unwrap();
            sheet.write_string(6, column, " ").unwrap();
        }
    });
    let back = read(&bytes).unwrap();
    assert_eq!(back.rows.len(), 1);
    assert_eq!((back.rows[0].label.as_str(), back.rows[0].entered.remark.as_str()), ("指標30", "別の所見"));
}

#[test]
fn what_is_no_such_workbook_is_refused() {
    let mut other = Workbook::new();
    other.add_worksheet().write_string(0, 0, "実績").unwrap();
    let other = other.save_to_buffer().unwrap();
    assert_eq!(read(&other).unwrap_err(), EntryError::NotOurs);
    assert_eq!(read(b"not a workbook").unwrap_err(), EntryError::Book(BookError::NotAWorkbook));
    let blank = worked_on(|sheet| {
        sheet.write_string(3, 0, "x").unwrap();
    });
    assert_eq!(read(&blank).unwrap_err(), EntryError::NoHeadings);
}

/// The workbook with some letters of one of its parts changed, packed anew so that it still unfolds.
fn garbled(bytes: &[u8], seed: u64) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap()
    };
    let mut file = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut packed = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let chosen = random(file.len());
    for at in 0..file.len() {
        let mut part = file.by_index(at).unwrap();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        if at == chosen && !content.is_empty() {
            for _ in 0..=random(8) {
                let place = random(content.len());
                match random(3) {
                    0 => content[place] = b"<>&\"'=/0959AZaz \0\xff"[random(18)],
                    1 => drop(content.remove(place)),
                    _ => content.insert(place, b"<>&\"'=/9"[random(8)]),
                }
                if content.is_empty() {
                    break;
                }
            }
        }
        let name = part.name().unwrap().into_owned();
        packed.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        packed.write_all(&content).unwrap();
    }
    packed.finish().unwrap().into_inner()
}

#[test]
fn a_garbled_workbook_is_read_or_refused() {
    let bytes = write(&book()).unwrap();
    let (mut read_all_the_same, mut refused) = (0, 0);
    for seed in 0..400 {
        match read(&garbled(&bytes, seed)) {
            Ok(_) => read_all_the_same += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(read_all_the_same > 0 && refused > 0, "{read_all_the_same} {refused}");
    for cut in (0..bytes.len()).step_by(97) {
        assert!(read(&bytes[..cut]).is_err(), "cut at {cut}");
    }
}
