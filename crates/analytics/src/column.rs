use std::borrow::Cow;

use shirube_domain::{
    Error,
    comparison::{Base, Exclusion, Formula, KpiSource, MeasuredBy, Reason, ReasonCode, Subject, Variable, Verdict},
    strategy::MappingStrength,
};

use crate::{Frames, reported::Slice};

/// The values of an indicator in a year, one for each municipality.
#[derive(Debug)]
pub(crate) struct Measured<'a> {
    pub(crate) by: MeasuredBy,
    /// NaN where there is none.
    pub(crate) values: Cow<'a, [f64]>,
    pub(crate) base: Option<BaseColumn<'a>>,
    /// Where figures of published strategies are compared.
    pub(crate) kpis: Option<Kpis<'a>>,
}

/// The base of values.
#[derive(Debug)]
pub(crate) struct BaseColumn<'a> {
    pub(crate) values: Cow<'a, [f64]>,
    /// Of how many.
    pub(crate) per: f64,
}

/// From which KPIs values come.
#[derive(Debug)]
pub(crate) struct Kpis<'a> {
    slice: Slice<'a>,
    /// For each municipality that has a KPI the figure that was taken, or else the first one that could not be.
    looked_at: Vec<Option<usize>>,
}

impl Kpis<'_> {
    /// The KPI whose value is taken.
    pub(crate) fn source(&self, place: u32) -> Option<KpiSource> {
        let at = self.looked_at(place).filter(|at| self.slice.states[*at].excluded.is_none())?;
        Some(self.slice.source(at))
    }

    /// Why there is no value, and the KPI that was looked at.
    fn why(&self, place: u32) -> (Exclusion, Option<KpiSource>) {
        let not_taken = self.looked_at(place).and_then(|at| Some((self.slice.states[at].excluded?, at)));
        not_taken.map_or((Exclusion::NoIndicator, None), |(why, at)| (why, Some(self.slice.source(at))))
    }

    fn looked_at(&self, place: u32) -> Option<usize> {
        self.looked_at.get(place as usize).copied().flatten()
    }
}

impl Measured<'_> {
    /// The value of a municipality.
    pub(crate) fn value(&self, place: u32) -> Option<f64> {
        finite(&self.values, place)
    }

    /// The base of a municipality, where there is one that can divide.
    pub(crate) fn base(&self, place: u32) -> Option<f64> {
        self.base.as_ref()?.values.get(place as usize).copied().filter(|value| *value > 0.0)
    }

    /// The value of a municipality divided by its base.
    pub(crate) fn per_base(&self, place: u32) -> Option<f64> {
        let value = self.value(place)? / self.base(place)? * self.base.as_ref()?.per;
        Some(value).filter(|value| value.is_finite())
    }

    /// Why a municipality has no value.
    pub(crate) fn why(&self, place: u32) -> (Exclusion, Option<KpiSource>) {
        self.kpis.as_ref().map_or((Exclusion::NoValue, None), |kpis| kpis.why(place))
    }

    /// Whether it is refused.
    pub(crate) fn is_refused(&self) -> bool {
        self.by.verdict == Verdict::NotComparable
    }
}

impl Frames {
    /// The years in which an indicator has values, in order.
    pub(crate) fn years(&self, subject: &Subject<'_>) -> Vec<i16> {
        match (&subject.formula, subject.standard) {
            (Some(formula), _) => self.world.years(formula),
            (None, Some(standard)) => {
                let reported = |year: &i16| {
                    let states = self.reported.slice(standard, *year).states;
                    states.iter().any(|of| of.excluded != Some(Exclusion::NoValue))
                };
                self.reported.years(standard).into_iter().filter(reported).collect()
            }
            (None, None) => Vec::new(),
        }
    }

    /// Measures a variable over all municipalities. `place` is where its key stands in the question.
    pub(crate) fn variable(&self, variable: &Variable, place: &str) -> Result<Measured<'_>, Error> {
        let key = if place.is_empty() { "indicator".to_owned() } else { format!("{place}.indicator") };
        let subject = self.subject(&variable.indicator, &key)?;
        let years = self.years(&subject);
        let Some(year) = variable.year.or_else(|| years.last().copied()) else {
            return Ok(self.without_years(&subject, variable.year.unwrap_or_default()));
        };
        if !years.contains(&year) && !years.is_empty() {
            let at = if place.is_empty() { "year".to_owned() } else { format!("{place}.year") };
            return Err(Error::bad_input(at, no_values(&subject, &format!("of {year}"), &years)));
        }
        let at = if place.is_empty() { "base".to_owned() } else { format!("{place}.base") };
        let measured = self.measure(&subject, year, variable.base.as_ref(), &at)?;
        if variable.per_base && measured.base.is_none() && !measured.is_refused() {
            let message = format!(
                "“{}” is not divided by anything, or nothing official counts what it is divided by; name a series in base, \
                 such as pop_census, or leave perBase out",
                subject.key
            );
            return Err(Error::bad_input(at, message));
        }
        Ok(measured)
    }

    /// What there is to say of an indicator of which nobody has a value.
    fn without_years<'a>(&self, subject: &Subject<'a>, year: i16) -> Measured<'a> {
        let mut by = self.measured_by(subject, year);
        by.verdict = Verdict::of(&by.reasons);
        let values = vec![f64::NAN; self.world.municipalities().len()].into();
        Measured { by, values, base: None, kpis: None }
    }

    fn measured_by(&self, subject: &Subject<'_>, year: i16) -> MeasuredBy {
        let reasons = subject.reasons(self.world.note(subject.standard));
        MeasuredBy {
            indicator: subject.key.to_owned(),
            year,
            unit: subject.printed_unit().to_owned(),
            formula: subject.formula.as_ref().map(Formula::printed),
            base: None,
            base_year: None,
            base_unit: None,
            verdict: Verdict::of(&reasons),
            reasons,
        }
    }

    /// The values of an indicator in a year, one for each municipality, and the KPIs from which they come, if they do.
    pub(crate) fn values(&self, subject: &Subject<'_>, year: i16) -> (Cow<'_, [f64]>, Option<Kpis<'_>>) {
        match (&subject.formula, subject.standard) {
            (Some(formula), _) => (self.world.values(formula, year).unwrap_or_default(), None),
            (None, Some(standard)) => {
                let (values, kpis) = self.kpis(standard, year);
                (values.into(), Some(kpis))
            }
            (None, None) => (Cow::default(), None),
        }
    }

    /// Measures an indicator in a year over all municipalities.
    pub(crate) fn measure(
        &self,
        subject: &Subject<'_>,
        year: i16,
        base: Option<&Base>,
        place: &str,
    ) -> Result<Measured<'_>, Error> {
        let mut by = self.measured_by(subject, year);
        let (values, kpis) = self.values(subject, year);
        let base = match self.base(subject, year, base, place)? {
            _ if by.verdict == Verdict::NotComparable => None,
            Some((column, printed, base_year, unit)) => {
                if base_year != year {
                    by.reasons.push(Reason::new(
                        ReasonCode::BaseOfAnotherYear,
                        format!("{year}年の値を{base_year}年の「{printed}」で割っています。"),
                        format!("Values of {year} are divided by “{printed}” of {base_year}."),
                    ));
                }
                by.base = Some(printed);
                by.base_year = Some(base_year);
                by.base_unit = Some(unit);
                Some(column)
            }
            None => None,
        };
        by.verdict = Verdict::of(&by.reasons);
        Ok(Measured { by, values, base, kpis })
    }

    /// The base of an indicator: its values, how it is counted, its year, and the unit of what is divided by it.
    fn base(
        &self,
        subject: &Subject<'_>,
        year: i16,
        asked: Option<&Base>,
        place: &str,
    ) -> Result<Option<(BaseColumn<'_>, String, i16, String)>, Error> {
        let own: Vec<Vec<&str>> =
            subject.base.iter().flat_map(|base| base.series.iter().map(|of| of.to_vec())).collect();
        let (candidates, per) = match asked.and_then(|base| base.series.as_deref()) {
            Some(series) => {
                if self.world.years_of(series).next().is_none() {
                    let message = format!("“{series}” is not an official series; officialIndicators lists them");
                    return Err(Error::bad_input(format!("{place}.series"), message));
                }
                (vec![vec![series]], subject.base.map_or(1_000, |base| base.per))
            }
            None => (own, subject.base.map_or(1, |base| base.per)),
        };
        if candidates.is_empty() {
            return match asked {
                Some(_) if subject.base.is_none() => Err(Error::bad_input(
                    format!("{place}.series"),
                    format!("“{}” has no base of its own; name the series by which it is to be divided", subject.key),
                )),
                _ => Ok(None),
            };
        }
        let counted = |series: &[&str]| -> Vec<i16> {
            let years = self.world.years_of(series[0]);
            years.filter(|year| series.iter().all(|of| self.world.column(of, *year).is_some())).collect()
        };
        let wanted = asked.and_then(|base| base.year);
        let found = match wanted {
            Some(wanted) => candidates.iter().find(|of| counted(of).contains(&wanted)).map(|of| (of, wanted)),
            None => nearest(&candidates, year, counted),
        };
        let Some((series, base_year)) = found else {
            return match wanted {
                Some(wanted) => {
                    let message = format!("{} has no values of {wanted}", candidates[0].join(" + "));
                    Err(Error::bad_input(format!("{place}.year"), message))
                }
                None => Ok(None),
            };
        };
        let Some(values) = self.world.sum(series, base_year) else { return Ok(None) };
        let printed = series.join(" + ");
        let unit = match (asked.and_then(|base| base.series.as_deref()), subject.base) {
            (None, Some(base)) => base.unit(subject.printed_unit()),
            _ => format!("{}/{per} {printed}", subject.printed_unit()),
        };
        Ok(Some((BaseColumn { values, per: per.into() }, printed, base_year, unit)))
    }

    /// The values of the KPIs that are a standard indicator: one for each municipality, that of the strongest mapping, and of
    /// the latest plan among equals.
    fn kpis(&self, standard: usize, year: i16) -> (Vec<f64>, Kpis<'_>) {
        let slice = self.reported.slice(standard, year);
        let mut values = vec![f64::NAN; self.world.municipalities().len()];
        let mut looked_at: Vec<Option<usize>> = vec![None; values.len()];
        for at in 0..slice.len() {
            let place = slice.municipalities[at] as usize;
            let identical = |at: usize| slice.states[at].strength == MappingStrength::Identical;
            let better = match (slice.states[at].excluded, looked_at[place]) {
                (_, None) => true,
                (Some(_), Some(_)) => false,
                (None, Some(held)) => slice.states[held].excluded.is_some() || (identical(at) && !identical(held)),
            };
            if better {
                looked_at[place] = Some(at);
                values[place] = slice.values[at];
            }
        }
        (values, Kpis { slice, looked_at })
    }
}

/// The value of a municipality in a column, if there is one.
pub(crate) fn finite(column: &[f64], place: u32) -> Option<f64> {
    column.get(place as usize).copied().filter(|value| value.is_finite())
}

/// Years for people: 2021, 2022.
pub(crate) fn listed(years: &[i16]) -> String {
    years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What is wrong with asking for years in which an indicator has no values, and which ones there are.
pub(crate) fn no_values(subject: &Subject<'_>, asked: &str, years: &[i16]) -> String {
    format!("“{}” has no values {asked}; there are those of {}", subject.key, listed(years))
}

/// The base whose year is the year of the value; or else the nearest before it, or else the nearest after it.
fn nearest<'a, 'b>(
    candidates: &'a [Vec<&'b str>],
    year: i16,
    counted: impl Fn(&[&str]) -> Vec<i16>,
) -> Option<(&'a Vec<&'b str>, i16)> {
    let by =
        |pick: fn(&[i16], i16) -> Option<i16>| candidates.iter().find_map(|of| Some((of, pick(&counted(of), year)?)));
    by(|years, year| years.contains(&year).then_some(year))
        .or_else(|| by(|years, year| years.iter().rfind(|of| **of < year).copied()))
        .or_else(|| by(|years, year| years.iter().find(|of| **of > year).copied()))
}
