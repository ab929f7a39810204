//! What was read becomes a file of the sample format: years, units, meanings, totals.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use shirube_domain::{
    calendar::{FiscalYear, Period},
    quantity::{Amount, Unit},
    strategy::{Absence, Accumulation, Baseline, Cell, Content, Detail, Direction, NoIndicator, Scope, TargetReading},
    text::{Bilingual, is_dash},
};

use super::{
    ByYear, Confidence, Counts, Layout, Notes, Part, Subject,
    entries::{Entry, Headings, Node, Placed, Read},
    facts::Facts,
    headings::folded,
    meaning::{self, Known, Statement, Told, joined},
};
use crate::sample::{
    FORMAT,
    file::{File, IndicatorFile, NodeFile, ReportFile, RoleFile, SourceFile},
};

/// The file that a workbook comes to, the layout by which it was read, and the cell of each indicator, in the order of the file.
pub(super) fn strategy(
    facts: &Facts,
    read: Read,
    corrections: &Layout,
    notes: &mut Notes,
) -> (File, Layout, Vec<String>) {
    let years = years(facts, &read, notes);
    let report_year = report_year(facts, &read, &years, notes);
    let name = facts.municipality.as_ref().map_or("", |(_, name)| name);
    let (title, term, term_number) = named(facts, name, &years, notes);
    if years.is_empty() {
        notes.problems.push((
            "first_year",
            "no column names a fiscal year; give first_year and last_year of the plan".to_owned(),
        ));
    }
    if read.roots.is_empty() {
        notes.problems.push((
            "plan",
            "no table of indicators was found; name the row of its headings in rows, and its columns in tables"
                .to_owned(),
        ));
    }
    if !read.roots.is_empty() && count(&read.roots) == 0 {
        let told =
            "no indicator was recognised; name the rows of headings in rows, and what the columns hold in tables";
        notes.problems.push(("plan", told.to_owned()));
    }
    let document = facts.document.clone().unwrap_or_else(|| title.clone());
    let mut cells = Vec::new();
    let yearly = Yearly {
        known: units(&read.roots),
        years: &years,
        report: report_year,
        targets: read.yearly_targets,
        headings: &read.headings,
        cells: &mut cells,
        notes,
    };
    let plan = yearly.nodes(read.roots);
    let short = |year: Option<&FiscalYear>| year.map_or_else(String::new, |year| year.short());
    let file = File {
        format: FORMAT.to_owned(),
        municipality: facts.municipality.as_ref().map_or_else(String::new, |(code, _)| code.to_string()),
        title: title.clone(),
        term: term.clone(),
        term_number,
        first_year: short(years.first()),
        last_year: short(years.last()),
        report: ReportFile {
            year: short(report_year.as_ref()),
            title: document.clone(),
            label: facts.label.clone(),
            total_heading: read.headings.total.clone(),
            rate_heading: read.headings.rate.clone(),
            grade_heading: read.headings.grade.clone(),
            goal_remark_heading: read.headings.goal_remark.clone(),
            remark_heading: read.headings.remark.clone(),
        },
        source: SourceFile {
            attribution: format!("{name}「{document}」を加工して作成"),
            terms: format!("公表資料（{name}）"),
            notes: read.notes,
        },
        levels: read.levels.clone(),
        mappings_decided: None,
        plan,
    };
    let layout = Layout {
        municipality: facts
            .municipality
            .as_ref()
            .map(|(code, _)| code.to_string())
            .or_else(|| corrections.municipality.clone()),
        title: Some(title),
        term: Some(term),
        term_number: Some(term_number),
        first_year: Some(file.first_year.clone()).filter(|text| !text.is_empty()),
        last_year: Some(file.last_year.clone()).filter(|text| !text.is_empty()),
        report_year: Some(file.report.year.clone()).filter(|text| !text.is_empty()),
        levels: Some(read.levels),
        tables: read.tables,
        rows: corrections.rows.clone(),
    };
    (file, layout, cells)
}

/// The title and the term of the strategy; guessed where the document does not say them.
fn named(facts: &Facts, name: &str, years: &[FiscalYear], notes: &mut Notes) -> (String, String, u8) {
    let title = facts.title.clone().unwrap_or_else(|| {
        let title = format!("{name}総合戦略");
        notes.guess(
            "",
            Subject::Title,
            &title,
            Confidence::Unsure,
            Bilingual::new("題名が見つかりません", "no title was found"),
        );
        title
    });
    let (term, term_number) = facts.term.clone().unwrap_or_else(|| {
        // The first strategies of nearly all municipalities began in 2015, the second in 2020.
        let number = if years.first().is_some_and(|year| year.year() >= 2019) { 2 } else { 1 };
        let term = format!("第{number}期");
        notes.guess(
            "",
            Subject::Title,
            &term,
            Confidence::Unsure,
            Bilingual::new("何期かは計画の年から推定しました", "the term is guessed by the years"),
        );
        (term, number)
    });
    (title, term, term_number)
}

fn count(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| node.entries.len() + count(&node.children)).sum()
}

/// The fiscal years of the plan.
fn years(facts: &Facts, read: &Read, notes: &mut Notes) -> Vec<FiscalYear> {
    let named = read.years.first().zip(read.years.last()).map(|(first, last)| (*first, *last));
    let span = match (facts.span, named) {
        // What a title says may be another document's span; columns beyond it are believed.
        (Some((first, last)), Some((one, other))) => Some((first.min(one), last.max(other))),
        (span, named) => span.or(named),
    };
    let [first, last] = facts.said;
    let (Some(first), Some(end)) = (first.or(span.map(|(first, _)| first)), last.or(span.map(|(_, last)| last))) else {
        return Vec::new();
    };
    // The plan runs at least to the year of its targets.
    let unsaid = facts.span.is_none() && last.is_none();
    let aim = read.target_years.last().copied().filter(|year| unsaid && year.year() - first.year() < 15);
    let last = aim.map_or(end, |year| end.max(year));
    let count = last.year() - first.year() + 1;
    if count > 30 {
        notes.problems.push((
            "last_year",
            format!("{} to {} are {count} years; give first_year and last_year", first.short(), last.short()),
        ));
        return Vec::new();
    }
    let told = facts.span.is_some() || facts.said.iter().all(Option::is_some);
    let confidence = if told || read.years.len() == usize::try_from(count).unwrap_or(0) {
        Confidence::Likely
    } else {
        Confidence::Unsure
    };
    notes.guess(
        "",
        Subject::Years,
        format!("{}–{}", first.short(), last.short()),
        confidence,
        Bilingual::new("年度の列と題名から", "by the columns of years and the title"),
    );
    (first.year()..=last.year()).filter_map(|year| FiscalYear::new(year).ok()).collect()
}

/// The year that is reported on: the one that the document says, or the last one with a result.
fn report_year(facts: &Facts, read: &Read, years: &[FiscalYear], notes: &mut Notes) -> Option<FiscalYear> {
    fn latest(nodes: &[Node]) -> Option<FiscalYear> {
        let own = |node: &Node| {
            let entries = node.entries.iter().flat_map(|entry| &entry.figures);
            let told = entries.filter(|((part, _), text)| *part == Part::Actual && Amount::parse(&text.text).is_some());
            told.filter_map(|((_, year), _)| *year).max().max(latest(&node.children))
        };
        nodes.iter().filter_map(own).max()
    }
    if let Some(year) = facts.report_year.filter(|year| years.contains(year)) {
        return Some(year);
    }
    let year = latest(&read.roots).or_else(|| years.last().copied())?;
    notes.guess(
        "",
        Subject::Years,
        year.label(),
        Confidence::Likely,
        Bilingual::new("実績値のある最後の年度です", "the last year with a result"),
    );
    Some(year)
}

/// The units of labels that stand more than once, as those say that print one unit alone.
fn units(nodes: &[Node]) -> BTreeMap<String, Vec<Unit>> {
    let mut known = BTreeMap::<String, Vec<Unit>>::new();
    for node in nodes {
        for entry in &node.entries {
            let said = Statement::read(&entry.label.text);
            let baseline = entry.baseline.clone().or(said.baseline).map(|text| Baseline::read(&text));
            let target = entry.targets.first().cloned().or(said.target);
            if let Some(unit) = meaning::unit(&said.label, baseline.as_ref(), target.as_deref(), &[])
                .filter(|of| of.confidence == Confidence::Sure)
            {
                known.entry(folded(&said.label)).or_default().push(unit.value);
            }
        }
        for (label, units) in self::units(&node.children) {
            known.entry(label).or_default().extend(units);
        }
    }
    known
}

/// What all indicators of a workbook share.
struct Yearly<'a, 'n> {
    years: &'a [FiscalYear],
    report: Option<FiscalYear>,
    /// Whether years have targets of their own.
    targets: bool,
    headings: &'a Headings,
    /// The cells of the indicators so far.
    cells: &'n mut Vec<String>,
    known: BTreeMap<String, Vec<Unit>>,
    notes: &'n mut Notes,
}

impl Yearly<'_, '_> {
    fn nodes(mut self, nodes: Vec<Node>) -> Vec<NodeFile> {
        nodes.into_iter().map(|node| self.node(node, None)).collect()
    }

    fn node(&mut self, node: Node, above: Option<usize>) -> NodeFile {
        let level = node.level;
        let mut file = NodeFile {
            number: node.number,
            title: node.title,
            level: (level != above.map_or(0, |above| above + 1)).then_some(level),
            department: None,
            started: None,
            ended: None,
            no_indicator: None,
            remarks: BTreeMap::new(),
            indicators: Vec::new(),
            children: Vec::new(),
        };
        for entry in node.entries {
            self.entry(entry, &mut file);
        }
        let lives: Vec<_> = file.indicators.iter().map(|of| (of.started.clone(), of.ended.clone())).collect();
        // What all its indicators say of themselves is said once.
        if let Some((started, ended)) = lives.first().cloned().filter(|first| lives.iter().all(|of| of == first)) {
            (file.started, file.ended) = (started, ended);
            for indicator in &mut file.indicators {
                (indicator.started, indicator.ended) = (None, None);
            }
        }
        file.children = node.children.into_iter().map(|child| self.node(child, Some(level))).collect();
        file
    }

    fn remarks(&self, remark: Option<&String>) -> BTreeMap<String, String> {
        let year = self.report.map(FiscalYear::short);
        remark.zip(year).map(|(remark, year)| (year, remark.clone())).into_iter().collect()
    }

    fn entry(&mut self, entry: Entry, node: &mut NodeFile) {
        let said = Statement::read(&entry.label.text);
        if said.label.is_empty() {
            return self.without(entry, said, node);
        }
        self.cells.push(entry.at.clone());
        let indicator = self.indicator(entry, said);
        node.indicators.push(indicator);
    }

    /// A row that says why a place of the plan has no indicator, or nothing at all.
    fn without(&mut self, entry: Entry, said: Statement, node: &mut NodeFile) {
        let marks = entry.figures.values().map(|of| of.text.as_str());
        let dashed = marks.clone().all(|text| text.chars().all(is_dash));
        match said.reason.filter(|_| dashed) {
            Some(reason) => {
                node.remarks = self.remarks(entry.remark.as_ref());
                node.no_indicator = Some(NoIndicator { reason, mark: marks.clone().next().map(str::to_owned) });
            }
            None => {
                let text: Vec<&str> = entry.figures.values().map(|of| of.text.as_str()).collect();
                let because = Bilingual::new("指標の名称がない行です", "the row has no label of an indicator");
                self.notes.unread(entry.at, text.join(" "), because);
            }
        }
    }

    fn indicator(&mut self, entry: Entry, said: Statement) -> IndicatorFile {
        let (marked, label) = marked_role(&said.label);
        if said.target.is_some() {
            let read = format!(
                "{} ／ {} → {}",
                said.label,
                said.baseline.as_deref().unwrap_or("－"),
                said.target.as_deref().unwrap_or("－")
            );
            let because = Bilingual::new("「／」と「→」で分けました", "parted at the stroke and the arrow");
            self.notes.guess(&entry.label.at, Subject::Statement, read, Confidence::Likely, because);
        }
        let baseline =
            entry.baseline.clone().or(said.baseline).map(|text| dated(&text, entry.baseline_period.as_deref()));
        let (stated, spare) = target_of(&entry.targets);
        let stated = stated.or(said.target).map(|text| dated(&text, entry.target_period.as_deref()));
        let figures = self.figures(&entry);
        let last_target = figures.targets.values().rev().find(|text| Amount::parse(text).is_some()).cloned();
        let target = stated.filter(|text| !text.chars().all(is_dash)).or_else(|| {
            let text = last_target.filter(|_| said.reason.is_none())?;
            let because = Bilingual::new(
                "最後の年度の目標値を計画の目標としました",
                "the target of the last year is taken for the plan's",
            );
            self.notes.guess(&entry.at, Subject::Statement, &text, Confidence::Unsure, because);
            Some(text)
        });
        let role = match &target {
            None => RoleFile::Monitored,
            Some(_) => match entry.role.as_deref().map(folded).as_deref() {
                Some("数値目標") => RoleFile::GoalTarget,
                None if marked.unwrap_or(entry.goal_target) => RoleFile::GoalTarget,
                Some(_) | None => RoleFile::Kpi,
            },
        };
        let read_baseline = baseline.as_deref().map(Baseline::read);
        let unit = self.unit(&entry, &label, read_baseline.as_ref(), target.as_deref(), &figures);
        self.doubt_shares(&entry.at, &label, unit.as_ref(), &figures);
        let direction = self.direction(&entry, &label, read_baseline.as_ref(), target.as_deref());
        let stated = entry.accumulation.as_ref().and_then(|of| meaning::stated_accumulation(&of.text));
        let accumulation = target.as_deref().map(|target| {
            stated.unwrap_or_else(|| {
                let numbers = |of: &ByYear<String>| {
                    of.values().filter_map(|text| Some(Amount::parse(text)?.value)).collect::<Vec<_>>()
                };
                let guess = meaning::accumulation(&Known {
                    label: &label,
                    unit: unit.as_ref(),
                    baseline: read_baseline.as_ref(),
                    target,
                    total: entry.totals[0].as_deref().and_then(Amount::parse).map(|of| of.value),
                    targets: &numbers(&figures.targets),
                    actuals: &numbers(&figures.actuals),
                });
                self.told(&entry.at, Subject::Accumulation, guess, &label)
            })
        });
        let total = self.total(&entry, target.as_deref(), accumulation, &figures);
        let absences = absences(&figures, entry.remark.as_deref(), self.report);
        let (started, ended) = lives(&figures, self.years);
        let cells = |of: &ByYear<String>| self.years.iter().map(|year| of.get(year).cloned()).collect::<Vec<_>>();
        let details = entry.details.into_iter().chain(spare).chain(figures.running);
        IndicatorFile {
            label,
            role,
            reason: said.reason,
            unit: unit.map(|unit| unit.printed().to_owned()),
            direction,
            baseline,
            requirement: target.as_deref().and_then(meaning::requirement),
            accumulation: accumulation.filter(|_| role != RoleFile::Monitored),
            targets: self.targets.then(|| {
                self.years.iter().map(|year| Some(figures.targets.get(year).cloned().unwrap_or_default())).collect()
            }),
            actuals: self
                .years
                .iter()
                .map(|year| match figures.actuals.get(year) {
                    Some(text) => Some(text.clone()),
                    // What is blank after the year of the report is still to come; before, nobody measured it.
                    None => self.report.is_some_and(|report| *year > report).then(String::new),
                })
                .collect(),
            rates: self.headings.rate.is_some().then(|| cells(&figures.rates)),
            grades: self.headings.grade.is_some().then(|| cells(&figures.grades)),
            total,
            absences: absences.into_iter().map(|(year, absence)| (year.short(), absence)).collect(),
            remarks: self.remarks(entry.remark.as_ref()),
            department: entry.department,
            started,
            ended,
            details: details.map(|(heading, text)| Detail { heading, text }).collect(),
            weight: None,
            mappings: Vec::new(),
            target,
        }
    }

    /// A share that was typed as 0.371 and lost the format that shows 37.1 %.
    fn doubt_shares(&mut self, at: &str, label: &str, unit: Option<&Unit>, figures: &YearTexts) {
        let amounts: Vec<Amount> =
            figures.targets.values().chain(figures.actuals.values()).filter_map(|text| Amount::parse(text)).collect();
        let small = |of: &Amount| of.unit.is_none() && of.value.abs() <= Decimal::ONE;
        let of_percent = unit.is_some_and(|unit| unit.symbol() == "%");
        if of_percent && amounts.iter().all(small) && amounts.iter().any(|of| !of.value.fract().is_zero()) {
            let because = Bilingual::new(
                "単位は％ですが、値がすべて1以下です。0.371は37.1％の書式が失われたものかもしれません",
                "the unit is %, but no value is above 1: 0.371 may be 37.1 % without its format",
            );
            self.notes.guess(at, Subject::Figure, label, Confidence::Unsure, because);
        }
    }

    fn direction(
        &mut self,
        entry: &Entry,
        label: &str,
        baseline: Option<&Baseline>,
        target: Option<&str>,
    ) -> Direction {
        match entry.direction.as_ref().map(|of| (of, meaning::stated_direction(&of.text))) {
            Some((_, Some(direction))) => direction,
            other => {
                if let Some((Placed { at, text }, None)) = other {
                    let because = Bilingual::new("どちらが良いか読み取れません", "it does not say which way is better");
                    self.notes.unread(at, text, because);
                }
                let guess = meaning::direction(label, baseline, target);
                self.told(&entry.at, Subject::Direction, guess, label)
            }
        }
    }

    fn told<T: Copy + serde::Serialize>(&mut self, at: &str, subject: Subject, guess: Told<T>, label: &str) -> T {
        let word = serde_json::to_value(guess.value)
            .ok()
            .and_then(|word| word.as_str().map(str::to_owned))
            .unwrap_or_default();
        self.notes.guess(at, subject, format!("{label}: {word}"), guess.confidence, guess.because);
        guess.value
    }

    fn unit(
        &mut self,
        entry: &Entry,
        label: &str,
        baseline: Option<&Baseline>,
        target: Option<&str>,
        figures: &YearTexts,
    ) -> Option<Unit> {
        if let Some(Placed { at, text }) = entry.unit.as_ref().filter(|of| !of.text.chars().all(is_dash)) {
            match Unit::parse(text) {
                Ok(unit) => return Some(unit),
                Err(error) => {
                    let because = Bilingual::new("単位として読み取れません", error.to_string());
                    self.notes.unread(at, text, because);
                }
            }
        }
        let others = self.known.get(&folded(label)).cloned().unwrap_or_default();
        let told = meaning::unit(label, baseline, target, &others).or_else(|| {
            let printed =
                figures.actuals.values().chain(figures.targets.values()).find_map(|text| Amount::parse(text)?.unit);
            printed.map(|value| Told {
                value,
                confidence: Confidence::Sure,
                because: Bilingual::new("数値に付いています", "it is printed with a figure"),
            })
        })?;
        if told.confidence < Confidence::Sure {
            self.notes.guess(
                &entry.at,
                Subject::Unit,
                format!("{label}: {}", told.value),
                told.confidence,
                told.because,
            );
        }
        Some(meaning::as_printed(told.value, &[target.unwrap_or_default(), baseline.map_or("", |of| &of.printed)]))
    }

    /// The cells of the years. A single result without a year is that of the year that is reported on.
    fn figures(&mut self, entry: &Entry) -> YearTexts {
        let mut texts = YearTexts::default();
        for ((part, year), Placed { at, text }) in &entry.figures {
            let Some(year) = year.or(self.report) else { continue };
            if !self.years.contains(&year) {
                let because = Bilingual::new("計画の年度ではありません", "it is not a year of the plan");
                self.notes.unread(at, text, because);
                continue;
            }
            let text = joined(text);
            // A program's word for a blank.
            if matches!(text.as_str(), "null" | "NULL" | "NA" | "N/A" | "n/a") {
                continue;
            }
            let of = match part {
                Part::Target => &mut texts.targets,
                Part::Actual => &mut texts.actuals,
                Part::Rate => &mut texts.rates,
                Part::Grade => &mut texts.grades,
            };
            match meaning::with_running_total(&text).filter(|_| matches!(part, Part::Target | Part::Actual)) {
                Some((figure, total)) => {
                    of.insert(year, figure.to_owned());
                    let sum: Decimal = of.range(..=year).filter_map(|(_, text)| Some(Amount::parse(text)?.value)).sum();
                    let (confidence, ja, en) = if sum == total {
                        (
                            Confidence::Sure,
                            "括弧内はそれまでの累計と一致します",
                            "what is in brackets is the sum so far",
                        )
                    } else {
                        (
                            Confidence::Unsure,
                            "括弧内を累計とみましたが、和と一致しません",
                            "what is in brackets is taken for a running total, but is not the sum",
                        )
                    };
                    self.notes.guess(at, Subject::Figure, figure, confidence, Bilingual::new(ja, en));
                    let kind = if *part == Part::Target { "目標値" } else { "実績値" };
                    texts.running.push((format!("{}{kind}の括弧内", year.label()), total.to_string()));
                }
                None => {
                    if *Cell::read(&text).content() == Content::Words && matches!(part, Part::Target | Part::Actual) {
                        let because =
                            Bilingual::new("数値でないので、言葉として残します", "it is no figure, and kept as words");
                        self.notes.guess(at, Subject::Figure, &text, Confidence::Unsure, because);
                    }
                    of.insert(year, text);
                }
            }
        }
        texts
    }

    /// The two cells of the total column, where they are not the sums of the years.
    fn total(
        &self,
        entry: &Entry,
        target: Option<&str>,
        accumulation: Option<Accumulation>,
        figures: &YearTexts,
    ) -> Option<[String; 2]> {
        if self.headings.total.is_none() || !entry.totals.iter().any(Option::is_some) {
            return None;
        }
        let totalled = accumulation == Some(Accumulation::YearlyAmount)
            && target.is_some_and(|text| TargetReading::of(text).scope == Scope::WholePlan);
        let counted = |of: &ByYear<String>| {
            let numbers: Vec<Decimal> = of.values().filter_map(|text| Some(Amount::parse(text)?.value)).collect();
            (!numbers.is_empty()).then(|| numbers.iter().sum::<Decimal>())
        };
        let printed = |at: usize| entry.totals[at].clone().unwrap_or_default();
        let as_counted = |at: usize, of: &ByYear<String>| {
            let text = printed(at);
            if totalled { Amount::parse(&text).map(|of| of.value) == counted(of) } else { text.chars().all(is_dash) }
        };
        let alike = as_counted(0, &figures.targets) && as_counted(1, &figures.actuals);
        (!alike).then(|| [printed(0), printed(1)])
    }
}

/// What a label says of the role before it names the indicator: 【数値目標】就業者数.
fn marked_role(label: &str) -> (Option<bool>, String) {
    for (word, goal) in [("数値目標", true), ("KPI", false), ("ＫＰＩ", false)] {
        for (open, close) in [('【', '】'), ('〔', '〕'), ('[', ']'), ('［', '］')] {
            let rest = label.strip_prefix(open).and_then(|rest| rest.strip_prefix(word));
            if let Some(rest) = rest.and_then(|rest| rest.strip_prefix(close)).filter(|rest| !rest.trim().is_empty()) {
                return (Some(goal), rest.trim().to_owned());
            }
        }
    }
    (None, label.to_owned())
}

/// The cells of an indicator by year.
#[derive(Default)]
struct YearTexts {
    targets: ByYear<String>,
    actuals: ByYear<String>,
    rates: ByYear<String>,
    grades: ByYear<String>,
    /// Running totals that stood in brackets.
    running: Vec<(String, String)>,
}

/// A baseline or target with the period that stands elsewhere: 8人 and R1 are 8人（R1）.
fn dated(text: &str, period: Option<&str>) -> String {
    let text = joined(text);
    let says = text
        .rsplit_once(['(', '（'])
        .is_some_and(|(_, inside)| Period::parse(inside.trim_end_matches([')', '）']), None).is_ok());
    match period.filter(|_| !says && !text.is_empty()) {
        Some(period) => format!("{text}（{}）", period.trim()),
        None => text,
    }
}

/// The target among the cells that tell one, and what another one says: of 15 and 15組 the one with its unit.
fn target_of(cells: &[String]) -> (Option<String>, Vec<(String, String)>) {
    let told = |text: &&String| Amount::parse(text).is_none_or(|of| of.unit.is_some() || of.bound.is_some());
    let Some(best) = cells.iter().find(told).or_else(|| cells.first()) else { return (None, Vec::new()) };
    let value = |text: &str| {
        let reading = TargetReading::of(text);
        reading.amount.map(|of| of.value).or_else(|| reading.rank.map(Decimal::from))
    };
    let bare = |text: &String| Amount::parse(text).filter(|of| of.unit.is_none()).map(|of| of.value);
    let spare = cells.iter().filter(|text| *text != best && (bare(text).is_none() || bare(text) != value(best)));
    (Some(best.clone()), spare.map(|text| ("目標値".to_owned(), text.clone())).collect())
}

/// What a remark says of a dash in the year of the report.
fn absences(figures: &YearTexts, remark: Option<&str>, report: Option<FiscalYear>) -> Vec<(FiscalYear, Absence)> {
    let dashed =
        |year: &FiscalYear| figures.actuals.get(year).is_some_and(|text| !text.is_empty() && text.chars().all(is_dash));
    let (Some(remark), Some(report)) = (remark, report.filter(dashed)) else { return Vec::new() };
    let has = |words: &[&str]| words.iter().any(|word| remark.contains(word));
    let absence = if has(&["算出不可", "算出できない", "算出が不可能", "把握できない"]) {
        Absence::NotMeasurable
    } else if has(&["計測していない", "測定していない", "調査していない", "調査を実施していない", "未実施", "未調査"])
    {
        Absence::NotMeasured
    } else {
        return Vec::new();
    };
    vec![(report, absence)]
}

/// The first and last year of an indicator that is not of all years of the plan: dashes in both rows before or after say so.
fn lives(figures: &YearTexts, years: &[FiscalYear]) -> (Option<String>, Option<String>) {
    let dashed = |of: &ByYear<String>, year: &FiscalYear| {
        of.get(year).is_some_and(|text| !text.is_empty() && text.chars().all(is_dash))
    };
    let none = |year: &&FiscalYear| dashed(&figures.targets, year) && dashed(&figures.actuals, year);
    let aims = |year: &FiscalYear| figures.targets.get(year).is_some_and(|text| Amount::parse(text).is_some());
    let before = years.iter().take_while(none).count();
    let after = years.iter().rev().take_while(none).count();
    let (first, last) = (years.get(before), years.len().checked_sub(after + 1).and_then(|at| years.get(at)));
    let started = first.filter(|year| before > 0 && aims(year)).map(|year| year.short());
    let ended = last.filter(|year| after > 0 && aims(year)).map(|year| year.short());
    (started, ended)
}

impl File {
    /// The places of its indicators, in order: `plan[0].children[1].indicators[0]`.
    pub(super) fn places(&self) -> Vec<String> {
        fn walk(nodes: &[NodeFile], within: &str, places: &mut Vec<String>) {
            for (at, node) in nodes.iter().enumerate() {
                let place = format!("{within}[{at}]");
                places.extend((0..node.indicators.len()).map(|at| format!("{place}.indicators[{at}]")));
                walk(&node.children, &format!("{place}.children"), places);
            }
        }
        let mut places = Vec::new();
        walk(&self.plan, "plan", &mut places);
        places
    }

    /// How much it holds.
    pub(super) fn counts(&self) -> Counts {
        fn count(nodes: &[NodeFile], counts: &mut Counts) {
            for node in nodes {
                counts.nodes += 1;
                counts.indicators += node.indicators.len();
                for of in &node.indicators {
                    let cells = of.targets.iter().flatten().chain(&of.actuals);
                    counts.figures += cells.flatten().filter(|text| !text.is_empty()).count();
                }
                count(&node.children, counts);
            }
        }
        let mut counts = Counts::default();
        count(&self.plan, &mut counts);
        counts
    }
}
