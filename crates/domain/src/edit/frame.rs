//! The frame of a strategy: title, term, years, levels, report, source; and what was dropped of the previous term.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Change, figures, words};
use crate::{
    Error, IndicatorId, NewIds, NodeId, StrategyId,
    calendar::FiscalYear,
    municipality::MunicipalityCode,
    strategy::{Level, NextTerm, PlanNode, Report, Source, Strategy, StrategyParts, Term},
};

/// The most levels of a plan.
const LEVELS: usize = 10;
/// The most notes on a transcription.
const NOTES: usize = 50;

/// A strategy to begin with: a frame without nodes.
#[derive(Debug, Clone)]
pub struct NewStrategy {
    /// Its id.
    pub id: StrategyId,
    /// Whose it is.
    pub municipality: MunicipalityCode,
    /// The title as printed.
    pub title: String,
    /// The term.
    pub term: Term,
    /// The first fiscal year.
    pub first_year: FiscalYear,
    /// The last fiscal year.
    pub last_year: FiscalYear,
    /// The levels, from the top.
    pub levels: Vec<LevelEdit>,
    /// What else is known already.
    pub more: FrameEdit,
}

/// Other values of a strategy's frame.
#[derive(Debug, Clone, Default)]
pub struct FrameEdit {
    /// The title.
    pub title: Option<String>,
    /// The term as printed.
    pub term: Option<String>,
    /// The number of the term.
    pub term_number: Option<u8>,
    /// The first fiscal year.
    pub first_year: Option<FiscalYear>,
    /// The last fiscal year.
    pub last_year: Option<FiscalYear>,
    /// The fiscal year up to which the report tells figures.
    pub report_year: Option<FiscalYear>,
    /// The report's title.
    pub report_title: Option<String>,
    /// The label in its corner.
    pub report_label: Change<String>,
    /// The heading of its total column.
    pub total_heading: Change<String>,
    /// The heading of its column of rates.
    pub rate_heading: Change<String>,
    /// The heading of its column of grades.
    pub grade_heading: Change<String>,
    /// The heading of the remarks on goal targets.
    pub goal_remark_heading: Change<String>,
    /// The heading of the other remarks.
    pub remark_heading: Change<String>,
    /// The attribution to be shown with the data.
    pub attribution: Option<String>,
    /// The terms of use.
    pub terms: Option<String>,
    /// What a reader must know about the transcription.
    pub notes: Option<Vec<String>>,
}

/// A level as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelEdit {
    /// Its name and kind.
    pub level: Level,
    /// Which level it was, counted from 0, so that its nodes stay on it; `None` for a new one.
    pub was: Option<usize>,
}

impl NewStrategy {
    /// The strategy that it begins with.
    pub fn make(self) -> Result<Strategy, Error> {
        let Self { id, municipality, title, term, first_year, last_year, levels, more } = self;
        let mut parts = StrategyParts {
            id,
            municipality,
            report: Report {
                year: first_year,
                title: title.clone(),
                label: None,
                total_heading: None,
                rate_heading: None,
                grade_heading: None,
                goal_remark_heading: None,
                remark_heading: None,
            },
            source: Source { attribution: title.clone(), terms: String::new(), notes: Vec::new() },
            title: words::required("title", title, words::LINE)?,
            term: Term { printed: words::required("term", term.printed, words::MARK)?, number: term.number },
            first_year,
            last_year,
            levels: Vec::new(),
            lineage: None,
            departments: Vec::new(),
            nodes: Vec::new(),
            indicators: Vec::new(),
        };
        set_levels(&mut parts, levels)?;
        update(&mut parts, more)?;
        Strategy::new(parts).map_err(super::refused)
    }
}

impl NextTerm {
    /// The frame of the next term from a strategy, of which `revision` is copied.
    pub fn copy(self, strategy: &Strategy, revision: Option<u32>, ids: &mut impl NewIds) -> Result<Strategy, Error> {
        let title = words::required("title", self.title, words::LINE)?;
        let printed = words::required("term", self.term.printed, words::MARK)?;
        if self.term.number == 0 {
            return Err(Error::bad_input("termNumber", "terms are counted from 1"));
        }
        let next = Self { title, term: Term { printed, ..self.term }, ..self };
        strategy.next_term(revision, next, ids).map_err(super::refused)
    }
}

pub(super) fn update(parts: &mut StrategyParts, edit: FrameEdit) -> Result<(), Error> {
    let FrameEdit {
        title,
        term,
        term_number,
        first_year,
        last_year,
        report_year,
        report_title,
        report_label,
        total_heading,
        rate_heading,
        grade_heading,
        goal_remark_heading,
        remark_heading,
        attribution,
        terms,
        notes,
    } = edit;
    words::replace("title", &mut parts.title, title, words::LINE)?;
    words::replace("term", &mut parts.term.printed, term, words::MARK)?;
    parts.term.number = term_number.unwrap_or(parts.term.number);
    if parts.term.number == 0 {
        return Err(Error::bad_input("termNumber", "terms are counted from 1"));
    }
    let report = &mut parts.report;
    report.year = report_year.unwrap_or(report.year);
    words::replace("report.title", &mut report.title, report_title, words::LINE)?;
    for (place, old, change, most) in [
        ("report.label", &mut report.label, report_label, words::MARK),
        ("report.totalHeading", &mut report.total_heading, total_heading, words::SHORT),
        ("report.rateHeading", &mut report.rate_heading, rate_heading, words::SHORT),
        ("report.gradeHeading", &mut report.grade_heading, grade_heading, words::SHORT),
        ("report.goalRemarkHeading", &mut report.goal_remark_heading, goal_remark_heading, words::SHORT),
        ("report.remarkHeading", &mut report.remark_heading, remark_heading, words::SHORT),
    ] {
        *old = words::optional(place, change, most)?.onto(old.take());
    }
    words::replace("source.attribution", &mut parts.source.attribution, attribution, words::LINE)?;
    words::replace("source.terms", &mut parts.source.terms, terms, words::LINE)?;
    if let Some(notes) = notes {
        if notes.len() > NOTES {
            return Err(Error::bad_input("source.notes", format!("give {NOTES} notes at most")));
        }
        let note = |(at, text)| words::required(&format!("source.notes[{at}]"), text, words::LONG);
        parts.source.notes = notes.into_iter().enumerate().map(note).collect::<Result<_, _>>()?;
    }
    let before = (parts.first_year, parts.last_year);
    parts.first_year = first_year.unwrap_or(parts.first_year);
    parts.last_year = last_year.unwrap_or(parts.last_year);
    if parts.last_year < parts.first_year || parts.last_year.year() - parts.first_year.year() >= 30 {
        // Told with the other rules on the parts, before years are walked through.
        return Ok(());
    }
    if before != (parts.first_year, parts.last_year) {
        let years = parts.first_year..=parts.last_year;
        parts.indicators.iter_mut().for_each(|of| figures::cover(of, &years));
    }
    Ok(())
}

pub(super) fn set_levels(parts: &mut StrategyParts, levels: Vec<LevelEdit>) -> Result<(), Error> {
    if levels.is_empty() || levels.len() > LEVELS {
        return Err(Error::bad_input("levels", format!("give 1 to {LEVELS} levels, from the top")));
    }
    let mut becomes: Vec<Option<usize>> = vec![None; parts.levels.len()];
    let mut new = Vec::with_capacity(levels.len());
    for (at, LevelEdit { level: Level { name, kind }, was }) in levels.into_iter().enumerate() {
        let name = words::required(&format!("levels[{at}].name"), name, words::SHORT)?;
        if let Some(was) = was {
            match becomes.get_mut(was) {
                Some(of @ None) => *of = Some(at),
                Some(Some(_)) => {
                    let told = format!("level {was} stands twice; each level can become one");
                    return Err(Error::bad_input(format!("levels[{at}].was"), told));
                }
                None => {
                    let told = format!("there is no level {was}; levels are counted from 0");
                    return Err(Error::bad_input(format!("levels[{at}].was"), told));
                }
            }
        }
        new.push(Level { name, kind });
    }
    for node in &mut parts.nodes {
        let Some(level) = becomes[node.level] else {
            let told = format!("nodes such as “{}” stand on the level “{}”", node.title, parts.levels[node.level].name);
            return Err(Error::conflict("levels", format!("{told}; move or remove them before their level")));
        };
        node.level = level;
    }
    let levels: HashMap<NodeId, usize> = parts.nodes.iter().map(|node| (node.id, node.level)).collect();
    let above = |node: &PlanNode| node.parent.and_then(|parent| levels.get(&parent).copied());
    if let Some(node) = parts.nodes.iter().find(|node| above(node).is_some_and(|above| above >= node.level)) {
        let told = format!("“{}” would stand above the node on which it hangs; keep levels in their order", node.title);
        return Err(Error::bad_input("levels", told));
    }
    parts.levels = new;
    Ok(())
}

pub(super) fn explain_dropped(parts: &mut StrategyParts, key: Uuid, reason: Option<String>) -> Result<(), Error> {
    let reason = reason.map(|text| words::required("reason", text, words::LONG)).transpose()?;
    let nodes = parts.nodes.iter().filter_map(|node| node.continues.map(NodeId::uuid));
    let indicators = parts.indicators.iter().filter_map(|of| of.continues.map(IndicatorId::uuid));
    let continued = nodes.chain(indicators).any(|id| id == key);
    let mut ancestors = parts.lineage.iter_mut().flat_map(|lineage| &mut lineage.ancestors);
    let found = ancestors.find(|of| of.subject.uuid() == key);
    match found {
        None => Err(Error::bad_input("key", "the previous term had nothing of this key")),
        Some(of) if continued => Err(Error::conflict("key", format!("“{}” is continued in this term", of.name))),
        Some(of) => {
            of.dropped = reason;
            Ok(())
        }
    }
}
