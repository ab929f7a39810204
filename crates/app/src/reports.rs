//! Printed reports (集計表) of strategies as files.

use std::{str::FromStr, sync::Arc};

use shirube_access::Scope;
use shirube_domain::{
    Error, StrategyId,
    calendar::FiscalYear,
    grade::{GradingRule, preset},
    municipality::MunicipalityCode,
    strategy::Strategy,
};
use shirube_exchange::report::{Paper, PrintedReport};
use uuid::Uuid;

use crate::{App, At, Version};

/// Which strategy of a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StrategyName {
    /// The current one.
    Current,
    /// That of a term.
    Term(u8),
    /// That of a key, the same in all revisions.
    Key(StrategyId),
}

impl StrategyName {
    /// Whether it names a strategy, if no later plan of the municipality is named by it.
    pub(crate) fn may_name(self, of: &Strategy) -> bool {
        match self {
            Self::Current => true,
            Self::Term(term) => of.parts().term.number == term,
            Self::Key(id) => of.parts().id == id,
        }
    }
}

/// A text that names no strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("name a strategy by current, the number of its term, or its key")]
pub struct NoStrategyName;

impl FromStr for StrategyName {
    type Err = NoStrategyName;

    fn from_str(text: &str) -> Result<Self, NoStrategyName> {
        match (text, text.parse()) {
            ("current", _) => Ok(Self::Current),
            (_, Ok(term)) => Ok(Self::Term(term)),
            _ => Uuid::parse_str(text).map(|id| Self::Key(StrategyId::from_uuid(id))).map_err(|_| NoStrategyName),
        }
    }
}

/// Which state of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// What is or was published.
    Published(At),
    /// The draft, for those who may read it.
    Draft,
}

/// The name of a grading rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleName {
    /// One that is shipped.
    Preset(String),
    /// One that a municipality has saved; the last version unless one is named.
    Own(MunicipalityCode, String, Option<u32>),
}

/// A text that names no grading rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "name a rule by its key, or one that a municipality has saved by code/key or code/key/version, such as 012262/our-city/1"
)]
pub struct NoRuleName;

impl FromStr for RuleName {
    type Err = NoRuleName;

    fn from_str(text: &str) -> Result<Self, NoRuleName> {
        let parts: Vec<&str> = text.split('/').collect();
        let own = |code: &str, key: &str, version| match code.parse() {
            Ok(code) if !key.is_empty() => Ok(Self::Own(code, key.to_owned(), version)),
            _ => Err(NoRuleName),
        };
        match parts.as_slice() {
            [key] if !key.is_empty() => Ok(Self::Preset((*key).to_owned())),
            [code, key] => own(code, key, None),
            [code, key, version] => own(code, key, Some(version.parse().map_err(|_| NoRuleName)?)),
            _ => Err(NoRuleName),
        }
    }
}

/// Which report is wanted.
#[derive(Debug, Clone)]
pub struct ReportQuestion {
    /// Whose.
    pub municipality: MunicipalityCode,
    /// Of which strategy.
    pub strategy: StrategyName,
    /// In which state.
    pub state: State,
    /// On the result of which fiscal year; that up to which the strategy reports if absent.
    pub year: Option<FiscalYear>,
    /// By which rule rates and grades are added, if any.
    pub rule: Option<RuleName>,
}

/// As what a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// A workbook.
    Xlsx(Paper),
    /// A web page for printing.
    Html(Paper),
    /// CSV, with a byte order mark for Excel or without.
    Csv {
        /// Whether it begins with one.
        mark: bool,
    },
}

/// A report that was found, before it is laid out and written.
#[derive(Debug)]
pub struct FoundReport {
    version: Arc<Version>,
    /// On the result of which fiscal year it reports.
    pub year: FiscalYear,
    rule: Option<(Arc<GradingRule>, String)>,
}

impl FoundReport {
    /// What tells its content from that of any other report; `None` for a draft, which changes.
    pub fn tag(&self) -> Option<String> {
        let hash = self.version.revision()?.hash.get(..16)?;
        let rule = self.rule.as_ref().map_or("", |(_, name)| name);
        Some(format!("{}-{hash}-{}-{rule}", env!("CARGO_PKG_VERSION"), self.year.year()))
    }

    /// The number of its revision; `None` for a draft.
    pub fn revision(&self) -> Option<u32> {
        self.version.revision().map(|of| of.number)
    }
}

impl App {
    /// Finds a strategy in a state; who may not see it is told that there is none.
    pub async fn find_version(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        strategy: StrategyName,
        state: State,
    ) -> Result<Arc<Version>, Error> {
        const NONE: Error = Error::NotFound { what: "the strategy" };
        match (state, strategy) {
            (State::Draft, StrategyName::Key(id)) => self.draft(scope, municipality, id).await?.ok_or(NONE),
            (State::Draft, _) => Err(Error::bad_input("strategy", "name a draft by the key of its strategy")),
            (State::Published(at), _) => {
                self.may_read(scope)?;
                let all = self.strategies(municipality);
                let found = all.iter().find(|of| strategy.may_name(of.latest().strategy())).ok_or(NONE)?;
                self.revision(found, at).await?.ok_or(Error::NotFound { what: "the revision" })
            }
        }
    }

    /// Finds what a report is to be made of.
    pub async fn find_report(&self, scope: &Scope, question: ReportQuestion) -> Result<FoundReport, Error> {
        let ReportQuestion { municipality, strategy, state, year, rule } = question;
        let version = self.find_version(scope, municipality, strategy, state).await?;
        let parts = version.strategy().parts();
        let year = year.unwrap_or(parts.report.year);
        if !(parts.first_year..=parts.last_year).contains(&year) {
            let (first, last) = (parts.first_year.year(), parts.last_year.year());
            return Err(Error::bad_input(
                "year",
                format!("the plan runs from {first} to {last}; name one of its years"),
            ));
        }
        let none = || Error::bad_input("rule", "there is no such grading rule");
        let rule = match rule {
            None => None,
            Some(RuleName::Preset(key)) => {
                let rule = preset(&key).ok_or_else(none)?;
                Some((rule.clone(), key))
            }
            Some(RuleName::Own(code, key, version)) => {
                let saved = self.saved_rule(code, &key, version).await?.ok_or_else(none)?;
                let number = saved.stored.version.number;
                Some((saved.rule, format!("{code}/{key}/{number}")))
            }
        };
        Ok(FoundReport { version, year, rule })
    }

    /// Lays a report out and writes it. The same report of a revision gives the same bytes.
    pub async fn write_report(&self, found: FoundReport, format: ReportFormat) -> Result<Vec<u8>, Error> {
        self.in_turn(move |_| {
            let rule = found.rule.as_ref().map(|(rule, _)| rule);
            let report = PrintedReport::of(found.version.strategy(), found.year, rule);
            match format {
                ReportFormat::Xlsx(paper) => report.to_xlsx(paper),
                ReportFormat::Html(paper) => Ok(report.to_html(paper).into_bytes()),
                ReportFormat::Csv { mark } => Ok(report.to_csv(mark)),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strategies_and_rules_are_named_in_these_ways() {
        assert_eq!("current".parse(), Ok(StrategyName::Current));
        assert_eq!("2".parse(), Ok(StrategyName::Term(2)));
        let id = Uuid::from_u128(7);
        assert_eq!(id.to_string().parse(), Ok(StrategyName::Key(StrategyId::from_uuid(id))));
        for text in ["", "300", "-1", "second"] {
            assert_eq!(text.parse::<StrategyName>(), Err(NoStrategyName), "{text}");
        }
        assert_eq!("nagano".parse(), Ok(RuleName::Preset("nagano".into())));
        let sunagawa = "012262".parse().unwrap();
        assert_eq!("012262/our-city".parse(), Ok(RuleName::Own(sunagawa, "our-city".into(), None)));
        assert_eq!("012262/our-city/3".parse(), Ok(RuleName::Own(sunagawa, "our-city".into(), Some(3))));
        for text in ["", "/", "012262/", "x/our-city", "012262/our-city/new", "a/b/c/d"] {
            assert_eq!(text.parse::<RuleName>(), Err(NoRuleName), "{text}");
        }
    }
}
