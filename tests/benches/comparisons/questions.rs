//! The questions, and their answers as bare numbers, so that three ways of answering can be held against each other.

use anyhow::{Result, ensure};
use shirube_domain::{
    comparison::{
        Answer, Comparison, ComparisonQuestion, CorrelationQuestion, Correlations, Group, KpiSource, NeighbourQuestion,
        Neighbourhood, Neighbours, Order, ProgressQuestion, Progresses, Question, Scale, Standing, Summary,
        TrendQuestion, TrendRow, Trends, Variable, Weighted,
    },
    statistics::{correlation::Correlation, summary::Bin, trend::Line},
};
use uuid::Uuid;

/// What a questions is about, for whoever answers it by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Official values compared.
    Official,
    /// The same in counted events, with exact intervals.
    Events,
    /// Values of KPIs compared.
    Reported,
    /// Progress of KPIs.
    Progress,
    /// Trends.
    Trends,
    /// Neighbours.
    Neighbours,
    /// A correlation.
    Correlation,
}

impl Asked {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Official,
        Self::Events,
        Self::Reported,
        Self::Progress,
        Self::Trends,
        Self::Neighbours,
        Self::Correlation,
    ];

    /// What is asked, and what DuckDB is not asked for.
    pub(crate) const fn title(self) -> (&'static str, &'static str) {
        const BARS: &str = "histograms";
        match self {
            Self::Official => ("comparison: net-migration 2023", BARS),
            Self::Events => ("comparison: births 2023, exact intervals", "histograms, intervals, tests"),
            Self::Reported => ("comparison of KPIs: vacant-house-bank-contracts", BARS),
            Self::Progress => ("progress: births 2023", BARS),
            Self::Trends => ("trends: births 2016–2023", "intervals, tests, changes of level"),
            Self::Neighbours => ("neighbours: 20 of 砂川市, 3 variables", ""),
            Self::Correlation => ("correlation: births and net-migration", "intervals and tests"),
        }
    }

    /// The question.
    pub(crate) fn question(self) -> Result<Question> {
        let compared = |indicator: &str| {
            Question::Comparison(ComparisonQuestion {
                indicators: vec![indicator.to_owned()],
                years: vec![2023],
                group: Group::default(),
                base: None,
                since: None,
                order: Order::Largest,
                bins: 20,
                confidence: 0.95,
            })
        };
        let variable = |indicator: &str, year, per_base| Variable {
            indicator: indicator.to_owned(),
            year: Some(year),
            per_base,
            base: None,
        };
        let weighted = |variable, scale| Weighted { variable, weight: 1.0, scale };
        let question = match self {
            Self::Official => compared("net-migration"),
            Self::Events => compared("births"),
            Self::Reported => compared("vacant-house-bank-contracts"),
            Self::Progress => Question::Progress(ProgressQuestion {
                indicator: "births".to_owned(),
                year: Some(2023),
                group: Group::default(),
                bins: 20,
            }),
            Self::Trends => Question::Trends(TrendQuestion {
                indicator: "births".to_owned(),
                from: None,
                to: None,
                per_base: false,
                base: None,
                group: Group::default(),
                confidence: 0.95,
            }),
            Self::Neighbours => Question::Neighbours(NeighbourQuestion {
                neighbourhood: Neighbourhood {
                    of: "012262".parse()?,
                    count: 20,
                    variables: vec![
                        weighted(variable("pop_census", 2020, false), Scale::Log),
                        weighted(variable("births", 2022, true), Scale::Linear),
                        weighted(variable("employment-rate", 2020, false), Scale::Linear),
                    ],
                },
                among: Group::default(),
            }),
            Self::Correlation => Question::Correlation(CorrelationQuestion {
                x: variable("births", 2022, true),
                y: variable("net-migration", 2022, true),
                group: Group::default(),
                confidence: 0.95,
            }),
        };
        Ok(question.normalise()?)
    }
}

/// An answer as numbers; NaN stands for what there is not.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Flat {
    /// Of each municipality, its place first.
    pub(crate) rows: Vec<Vec<f64>>,
    /// Of the group.
    pub(crate) summary: Vec<f64>,
    /// The KPI of each row where there is one: the ids of strategy and indicator, and the label.
    pub(crate) sources: Vec<(Uuid, Uuid, String)>,
}

impl Flat {
    /// Fails where the numbers of two answers differ by more than rounding. `NaN` in `other` alone is what it was not asked for.
    pub(crate) fn check(&self, other: &Self, who: &str) -> Result<()> {
        ensure!(self.rows.len() == other.rows.len(), "{who}: {} rows, not {}", other.rows.len(), self.rows.len());
        ensure!(self.sources == other.sources, "{who}: other KPIs");
        same(&self.summary, &other.summary, &format!("{who}, summary"))?;
        for (at, (one, another)) in self.rows.iter().zip(&other.rows).enumerate() {
            same(one, another, &format!("{who}, row {at}"))?;
        }
        Ok(())
    }
}

fn same(one: &[f64], other: &[f64], place: &str) -> Result<()> {
    ensure!(one.len() == other.len(), "{place}: {} numbers, not {}", other.len(), one.len());
    for (at, (one, other)) in one.iter().zip(other).enumerate() {
        let near = (one - other).abs() <= 1e-7 * one.abs().max(other.abs()).max(1e-3);
        ensure!(near || other.is_nan(), "{place}, number {at}: {other} is not {one}");
    }
    Ok(())
}

/// The numbers of an answer.
pub(crate) fn flat(answer: &Answer) -> Flat {
    match answer {
        Answer::Comparison(all) => all.first().map(comparison).unwrap_or_default(),
        Answer::Progress(of) => progress(of),
        Answer::Trends(of) => trends(of),
        Answer::Neighbours(of) => neighbours(of),
        Answer::Correlation(of) => correlation(of),
    }
}

fn or_nan(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

fn pair(interval: Option<(f64, f64)>) -> [f64; 2] {
    interval.map_or([f64::NAN; 2], |(low, high)| [low, high])
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::NAN, f64::from)
}

fn standing(of: Option<Standing>) -> [f64; 5] {
    of.map_or([f64::NAN; 5], |of| [of.value, f64::from(of.rank), of.percentile, or_nan(of.z), f64::from(of.quarter)])
}

fn summary(of: &Summary) -> Vec<f64> {
    let mut numbers = vec![real(of.n)];
    numbers.extend([of.sum, of.mean, of.weighted_mean, of.sd, of.min, of.max].map(or_nan));
    numbers.extend(of.quantiles.iter().map(|(_, value)| *value));
    numbers
}

fn bars(bins: &[Bin]) -> impl Iterator<Item = f64> {
    bins.iter().map(|bin| real(bin.count))
}

fn comparison(of: &Comparison) -> Flat {
    let row = |row: &shirube_domain::comparison::Row| {
        let mut numbers = vec![f64::from(row.place)];
        numbers.extend(standing(Some(row.value)));
        numbers.extend(standing(row.per_base));
        numbers.extend([or_nan(row.change), or_nan(row.change_percent)]);
        numbers.extend(pair(row.interval.map(|of| (of.low, of.high))));
        numbers.extend(row.differs.map_or([f64::NAN; 3], |of| [of.expected, of.p_value, f64::from(of.side)]));
        numbers
    };
    let mut numbers = summary(&of.summary);
    numbers.extend(of.per_base.iter().flat_map(summary));
    numbers.extend(of.by_prefecture.iter().flat_map(|(_, of)| summary(of)));
    numbers.extend(bars(&of.summary.histogram));
    numbers.extend(of.per_base.iter().flat_map(|of| bars(&of.histogram)));
    let sources = of.rows.iter().filter_map(|row| row.source.as_ref()).map(source).collect();
    Flat { rows: of.rows.iter().map(row).collect(), summary: numbers, sources }
}

fn source(of: &KpiSource) -> (Uuid, Uuid, String) {
    (of.strategy.uuid(), of.indicator.uuid(), of.label.clone())
}

fn progress(of: &Progresses) -> Flat {
    let row = |row: &shirube_domain::comparison::KpiProgress| {
        let ambition = row.ambition;
        vec![
            f64::from(row.place),
            or_nan(row.achievement),
            or_nan(row.from_baseline),
            row.met.map_or(f64::NAN, |met| f64::from(u8::from(met))),
            or_nan(ambition.map(|of| of.required)),
            or_nan(ambition.and_then(|of| of.history)),
            or_nan(ambition.map(|of| of.percentile)),
        ]
    };
    let mut numbers = vec![real(of.met)];
    let distributions = [&of.achievement, &of.from_baseline, &of.ambition];
    numbers.extend(distributions.into_iter().flat_map(summary));
    numbers.extend(distributions.into_iter().flat_map(|of| bars(&of.histogram)));
    let sources = of.rows.iter().map(|row| source(&row.source)).collect();
    Flat { rows: of.rows.iter().map(row).collect(), summary: numbers, sources }
}

fn line(of: Option<Line>) -> [f64; 6] {
    of.map_or([f64::NAN; 6], |of| {
        let [low, high] = pair(of.slope_interval);
        [of.slope, of.intercept, low, high, or_nan(of.r_squared), or_nan(of.p_value)]
    })
}

fn trend(row: &TrendRow) -> Vec<f64> {
    let mut numbers = vec![row.place.map_or(f64::NAN, f64::from), real(row.points.len())];
    numbers.extend(line(row.line));
    numbers.push(or_nan(row.theil_sen.map(|of| of.slope)));
    numbers.extend(pair(row.theil_sen.and_then(|of| of.interval)));
    numbers.extend(row.mann_kendall.map_or([f64::NAN; 4], |of| {
        [i32::try_from(of.s).map_or(f64::NAN, f64::from), of.z, of.p_value, or_nan(of.tau)]
    }));
    numbers.push(or_nan(row.growth));
    numbers.extend(row.level.map_or([f64::NAN; 4], |(year, of)| [year.into(), of.before, of.after, of.p_value]));
    numbers
}

fn trends(of: &Trends) -> Flat {
    let group = of.group.as_ref().map(trend).unwrap_or_default();
    let summary = group.into_iter().skip(1).collect();
    Flat { rows: of.rows.iter().map(trend).collect(), summary, sources: Vec::new() }
}

fn neighbours(of: &Neighbours) -> Flat {
    let rows = of.rows.iter().map(|row| [vec![f64::from(row.place), row.distance], row.values.clone()].concat());
    Flat {
        rows: rows.collect(),
        summary: of.scales.iter().flat_map(|(mean, sd)| [*mean, *sd]).collect(),
        sources: Vec::new(),
    }
}

fn correlation(of: &Correlations) -> Flat {
    let numbers = |of: Option<Correlation>| {
        let [low, high] = pair(of.and_then(|of| of.interval));
        [or_nan(of.map(|of| of.r)), low, high, or_nan(of.and_then(|of| of.p_value))]
    };
    let summary = [&numbers(of.pearson)[..], &numbers(of.spearman), &line(of.line)].concat();
    Flat {
        rows: of.rows.iter().map(|row| vec![f64::from(row.place), row.x, row.y]).collect(),
        summary,
        sources: Vec::new(),
    }
}
