//! Open data: published figures as tidy CSV, and what describes them to other programs (CSVW, Frictionless Data, DCAT).

use serde_json::{Value, json};
use shirube_domain::observation::{CHANGE, COLUMNS, Change, Column, ColumnKind, Field, KEY, Row, columns};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::style::MARK;

/// The name of the structure of SDMX-CSV.
const STRUCTURE: &str = "SHIRUBE:OBSERVATIONS(1.0)";

/// In which words a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// All columns, under their own names.
    Plain,
    /// SDMX-CSV 2.0: the concepts of SDMX alone, and the rows that have a time in it.
    Sdmx,
}

/// The header of a table, or of one of changes, with a byte order mark if Excel is to open it. SDMX has a column for changes in
/// any case.
pub fn header(words: Words, of_changes: bool, mark: bool) -> Vec<u8> {
    let mut bytes = if mark { MARK.to_vec() } else { Vec::new() };
    let names: Vec<&str> = match words {
        Words::Plain => columns(of_changes).map(|column| column.name).collect(),
        Words::Sdmx => vec![
            "STRUCTURE",
            "STRUCTURE_ID",
            "ACTION",
            "REF_AREA",
            "STRATEGY",
            "INDICATOR",
            "MEASURE",
            "TIME_PERIOD",
            "OBS_VALUE",
            "OBS_STATUS",
            "UNIT_MEASURE",
            "UNIT_MULT",
            "REPORTING_YEAR_START_DAY",
        ],
    };
    bytes.extend(lines(std::iter::once(names.into_iter().map(str::to_owned).collect())));
    bytes
}

/// Rows, without a header.
pub fn rows<'a>(words: Words, rows: impl Iterator<Item = Row<'a>>) -> Vec<u8> {
    let texts = |row: &Row<'a>| -> Vec<String> { row.fields().map(|field| printed(&field)).collect() };
    match words {
        Words::Plain => lines(rows.map(|row| texts(&row))),
        Words::Sdmx => lines(rows.filter_map(|row| sdmx(&texts(&row), row.change))),
    }
}

fn printed(field: &Field<'_>) -> String {
    match field {
        Field::None => String::new(),
        Field::Text(text) => text.clone().into_owned(),
        Field::Number(number) => number.normalize().to_string(),
        Field::Whole(number) => number.to_string(),
    }
}

/// A row in the words of SDMX; none for one whose time SDMX cannot tell, or which says the same in a later revision, of which
/// SDMX knows nothing.
fn sdmx(texts: &[String], change: Option<Change>) -> Option<Vec<String>> {
    let action = match change {
        None => "I",
        Some(Change::Added | Change::Changed) => "R",
        Some(Change::Withdrawn) => "D",
        Some(Change::Republished) => return None,
    };
    let get = |name: &str| {
        let at = COLUMNS.iter().position(|column| column.name == name)?;
        texts.get(at).map(String::as_str)
    };
    // A fiscal year is a reporting year that does not begin in January.
    let (time, start) = match get("period")?.split_at_checked(2)? {
        (_, year) if year.len() != 4 => return None,
        ("FY", year) => (format!("{year}-A1"), "--04-01"),
        ("CY", year) => (year.to_owned(), "--01-01"),
        _ => return None,
    };
    let key = [
        "dataflow",
        STRUCTURE,
        action,
        get("municipality_code")?,
        get("strategy_id")?,
        get("indicator_id")?,
        get("measure")?,
        &time,
    ];
    // To delete an observation, SDMX wants its dimensions alone: a value or attribute that is named would be deleted instead.
    let told = match change {
        Some(Change::Withdrawn) => [""; 5],
        _ => [get("value")?, get("obs_status")?, get("unit")?, get("unit_mult")?, start],
    };
    Some(key.iter().chain(&told).map(|text| (*text).to_owned()).collect())
}

fn lines(rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("memory takes what is written, and each line is as long");
    }
    writer.into_inner().expect("memory takes what is written")
}

/// What is described.
#[derive(Debug, Clone)]
pub struct Description<'a> {
    /// Where the data are, without a slash at the end.
    pub base: &'a str,
    /// The version of the data.
    pub version: &'a str,
    /// When it began.
    pub modified: OffsetDateTime,
    /// The first and last fiscal year of all plans.
    pub years: Option<(i16, i16)>,
    /// Attribution and terms of each source.
    pub sources: Vec<(&'a str, &'a str)>,
    /// The prefectures of which something is published: number and name.
    pub prefectures: Vec<(u8, &'a str)>,
}

const TITLE: (&str, &str) =
    ("総合戦略の目標値・実績値（公表分）", "Targets and actuals of regional strategies, as published");
const ABOUT: (&str, &str) = (
    "自治体の総合戦略について公表された基準値・目標値・実績値を、１行に１つの値で収録。",
    "Baselines, targets and actuals of the regional strategies (総合戦略) of Japanese municipalities, one observation a row.",
);
/// Each municipality's figures keep its own terms.
const TERMS: (&str, &str) =
    ("各自治体の公表資料の利用条件による", "The terms of each municipality's publication apply");

impl Description<'_> {
    fn modified(&self) -> String {
        self.modified.format(&Rfc3339).unwrap_or_default()
    }

    /// The table, as the W3C's CSV on the Web describes tables.
    pub fn csvw(&self) -> Value {
        let columns: Vec<Value> = COLUMNS
            .iter()
            .map(|column| {
                let mut told = json!({
                    "name": column.name, "titles": [column.name], "dc:title": { "@value": column.ja, "@language": "ja" },
                    "dc:description": { "@value": column.en, "@language": "en" },
                    "datatype": match column.kind {
                        ColumnKind::Text => "string",
                        ColumnKind::Number => "decimal",
                        ColumnKind::Whole => "integer",
                        ColumnKind::Instant => "dateTime",
                    },
                });
                if let Some(concept) = column.sdmx {
                    told["propertyUrl"] = format!("http://purl.org/linked-data/sdmx/2009/concept#{}", lower(concept)).into();
                }
                told
            })
            .collect();
        json!({
            "@context": ["http://www.w3.org/ns/csvw", { "@language": "ja" }],
            "url": format!("{}/observations.csv", self.base),
            "dc:title": [{ "@value": TITLE.0, "@language": "ja" }, { "@value": TITLE.1, "@language": "en" }],
            "dc:modified": { "@value": self.modified(), "@type": "xsd:dateTime" },
            "dialect": { "encoding": "utf-8", "header": true, "lineTerminators": ["\r\n", "\n"] },
            "tableSchema": { "columns": columns, "primaryKey": KEY },
        })
    }

    /// The files, as Frictionless Data describes packages.
    pub fn package(&self) -> Value {
        let field = |column: &Column| {
            json!({
                "name": column.name, "title": column.ja, "description": column.en,
                "type": match column.kind {
                    ColumnKind::Text => "string",
                    ColumnKind::Number => "number",
                    ColumnKind::Whole => "integer",
                    ColumnKind::Instant => "datetime",
                },
                "format": if column.kind == ColumnKind::Instant { "any" } else { "default" },
            })
        };
        let schema = |of_changes: bool| {
            let mut fields: Vec<Value> = COLUMNS.iter().map(field).collect();
            if of_changes {
                let mut change = field(&CHANGE);
                change["constraints"] = json!({ "required": true, "enum": Change::ALL.map(Change::name) });
                fields.push(change);
            }
            json!({ "fields": fields, "missingValues": [""], "primaryKey": KEY })
        };
        let csv = json!({
            "format": "csv", "mediatype": "text/csv", "encoding": "utf-8", "profile": "tabular-data-resource",
            "dialect": { "lineTerminator": "\r\n", "header": true },
        });
        let csv = |name: &str, path: String, title: String, of_changes: bool| {
            let mut told = json!({ "name": name, "path": path, "title": title, "schema": schema(of_changes) });
            told.as_object_mut().into_iter().for_each(|told| told.extend(csv.as_object().cloned().unwrap_or_default()));
            told
        };
        let mut resources = vec![
            csv("observations", format!("{}/observations.csv", self.base), TITLE.0.to_owned(), false),
            // Whoever keeps this package beside its files finds here what has changed since.
            csv(
                "observations-changes",
                format!("{}/observations.csv?since={}", self.base, self.version),
                format!("{}：この版からの変更", TITLE.0),
                true,
            ),
            json!({
                "name": "observations-parquet", "path": format!("{}/observations.parquet", self.base), "title": TITLE.0,
                "format": "parquet", "mediatype": "application/vnd.apache.parquet",
            }),
        ];
        resources.extend(self.prefectures.iter().map(|(number, name)| {
            json!({
                "name": format!("observations-{number:02}-parquet"), "title": format!("{}：{name}", TITLE.0),
                "path": format!("{}/observations/{number:02}.parquet", self.base),
                "format": "parquet", "mediatype": "application/vnd.apache.parquet",
            })
        }));
        let sources: Vec<Value> = self.sources.iter().map(|(attribution, _)| json!({ "title": attribution })).collect();
        json!({
            "profile": "data-package", "name": "shirube-observations", "title": TITLE.0, "description": ABOUT.0,
            "version": self.version, "created": self.modified(), "homepage": self.base,
            "licenses": [{ "name": "other-open", "title": TERMS.0 }],
            "sources": if sources.is_empty() { json!([{ "title": TITLE.0 }]) } else { json!(sources) },
            "resources": resources,
        })
    }

    /// The catalogue, as DCAT describes catalogues, in JSON-LD.
    pub fn catalog(&self) -> Value {
        let both =
            |(ja, en): (&str, &str)| json!([{ "@value": ja, "@language": "ja" }, { "@value": en, "@language": "en" }]);
        let iri = |iri: &str| json!({ "@id": iri });
        let file = |path: String, media: &str| {
            json!({
                "@id": path, "@type": "dcat:Distribution", "dcat:downloadURL": { "@id": path },
                "dcat:accessURL": { "@id": path },
                "dcat:mediaType": { "@id": format!("https://www.iana.org/assignments/media-types/{media}") },
                "dcterms:rights": { "@type": "dcterms:RightsStatement", "rdfs:label": both(TERMS) },
            })
        };
        let at = |name: &str| format!("{}/{name}", self.base);
        let mut files = vec![
            file(at("observations.csv"), "text/csv"),
            file(at("observations.parquet"), "application/vnd.apache.parquet"),
        ];
        files.extend(self.prefectures.iter().map(|(number, _)| {
            file(at(&format!("observations/{number:02}.parquet")), "application/vnd.apache.parquet")
        }));
        let modified = json!({ "@value": self.modified(), "@type": "xsd:dateTime" });
        let publisher = json!({ "@id": at("catalog.jsonld#publisher"), "@type": "foaf:Agent", "foaf:name": "Shirube" });
        let mut dataset = json!({
            "@id": at("catalog.jsonld#observations"), "@type": "dcat:Dataset", "dcterms:identifier": "shirube-observations",
            "dcterms:title": both(TITLE), "dcterms:description": both(ABOUT), "dcterms:publisher": publisher,
            "dcterms:modified": modified, "dcat:version": self.version, "dcterms:language": iri("http://publications.europa.eu/resource/authority/language/JPN"),
            "dcterms:spatial": iri("http://publications.europa.eu/resource/authority/country/JPN"),
            "dcterms:accrualPeriodicity": iri("http://publications.europa.eu/resource/authority/frequency/IRREG"),
            "dcat:keyword": [{ "@value": "総合戦略", "@language": "ja" }, { "@value": "KPI", "@language": "ja" }],
            "dcterms:source": self.sources.iter().map(|(attribution, terms)| json!({ "@type": "rdfs:Resource", "rdfs:label": { "@value": format!("{attribution}（{terms}）"), "@language": "ja" } })).collect::<Vec<_>>(),
            "dcat:distribution": files,
        });
        if let Some((first, last)) = self.years {
            let date = |text: String| json!({ "@value": text, "@type": "xsd:date" });
            dataset["dcterms:temporal"] = json!({
                "@type": "dcterms:PeriodOfTime", "dcat:startDate": date(format!("{first}-04-01")),
                "dcat:endDate": date(format!("{}-03-31", last + 1)),
            });
        }
        json!({
            "@context": {
                "dcat": "http://www.w3.org/ns/dcat#", "dcterms": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
                "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "xsd": "http://www.w3.org/2001/XMLSchema#",
            },
            "@id": at("catalog.jsonld"), "@type": "dcat:Catalog", "dcterms:title": both(TITLE), "dcterms:description": both(ABOUT),
            "dcterms:publisher": publisher, "dcterms:modified": modified, "dcat:dataset": [dataset],
        })
    }
}

/// A concept of SDMX in the spelling of its vocabulary: REF_AREA is refArea.
fn lower(concept: &str) -> String {
    let mut words = concept.split('_').map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    let rest = words.map(|word| word[..1].to_uppercase() + &word[1..]);
    first + &rest.collect::<String>()
}
