use std::sync::Arc;

use async_graphql::{Enum, ID, InputObject, Object, Result};
use shirube_app::App;
use shirube_domain::{reference, text::search_key};

use super::{Direction, OfficialIndicator};
use crate::{
    error::outward,
    id::GlobalId,
    page::{Page, PageArguments, connection},
};

/// What kind of measure an indicator is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "reference::MeasureKind")]
pub(crate) enum MeasureKind {
    /// Counted at a time.
    Stock,
    /// Counted over a time.
    Flow,
    /// A share or rate.
    Ratio,
    /// An index or mean.
    Index,
}

/// How yearly values are brought together over several years.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "reference::Aggregation")]
pub(crate) enum Aggregation {
    /// They add up.
    Sum,
    /// The last one stands.
    Last,
}

/// How far values of different municipalities can be compared (比較可能性).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "reference::Comparability")]
pub(crate) enum Comparability {
    /// One official definition for all.
    Official,
    /// Similar definitions; read the notes before comparing.
    ComparableWithCare,
    /// Each municipality defines its own.
    LocalDefinition,
}

#[derive(Clone)]
pub(crate) struct StandardIndicator {
    app: Arc<App>,
    at: usize,
}

impl StandardIndicator {
    /// The indicator of a key.
    pub(crate) fn find(app: &Arc<App>, key: &str) -> Option<Self> {
        let at = app.reference().standard_indicators().iter().position(|of| of.id == key)?;
        Some(Self { app: app.clone(), at })
    }

    /// The one at a place of the catalogue.
    pub(super) fn at(app: &Arc<App>, at: usize) -> Self {
        Self { app: app.clone(), at }
    }

    fn domain(&self) -> &reference::StandardIndicator {
        &self.app.reference().standard_indicators()[self.at]
    }
}

/// A standard indicator (標準指標): an entry of the catalogue that makes municipalities comparable.
#[Object]
impl StandardIndicator {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::StandardIndicator(self.domain().id.clone()).id()
    }

    /// Its stable key: births.
    async fn key(&self) -> &str {
        &self.domain().id
    }

    /// The Japanese name.
    async fn name(&self) -> &str {
        &self.domain().name.ja
    }

    /// The English name.
    async fn name_en(&self) -> &str {
        &self.domain().name.en
    }

    /// The theme: population, work, tourism …
    async fn theme(&self) -> &str {
        &self.domain().theme
    }

    /// The unit in which it is compared; null for a bare index.
    async fn unit(&self) -> Option<&str> {
        self.domain().unit.as_deref()
    }

    /// What is counted or measured: people, money, ratio …
    async fn dimension(&self) -> &str {
        &self.domain().dimension
    }

    /// Stock, flow, ratio or index.
    async fn kind(&self) -> MeasureKind {
        self.domain().kind.into()
    }

    /// How yearly values are brought together.
    async fn aggregation(&self) -> Aggregation {
        self.domain().aggregation.into()
    }

    /// Which way is better.
    async fn direction(&self) -> Direction {
        self.domain().direction.into()
    }

    /// The base by which places of different size are compared: per_1000_population, intrinsic …
    async fn per_capita_basis(&self) -> &str {
        &self.domain().per_capita_basis
    }

    /// How far values of different municipalities can be compared.
    async fn comparability(&self) -> Comparability {
        self.domain().comparability.into()
    }

    /// The official survey from which it comes.
    async fn official_source(&self) -> Option<&str> {
        self.domain().official_source.as_deref()
    }

    /// Names under which documents print it.
    async fn synonyms(&self) -> &[String] {
        &self.domain().synonyms
    }

    /// What to look out for.
    async fn notes(&self) -> Option<&str> {
        self.domain().notes.as_deref()
    }

    /// The official series that measure it.
    async fn official_indicators(&self) -> Vec<OfficialIndicator> {
        let measures = |at: &usize| {
            let series = &self.app.reference().official()[*at].indicator;
            series.standard_indicator.as_deref() == Some(&self.domain().id)
        };
        let all = 0..self.app.reference().official().len();
        all.filter(measures).map(|at| OfficialIndicator { app: self.app.clone(), at }).collect()
    }
}

connection!(StandardIndicator, StandardIndicatorEdge, StandardIndicatorConnection, "standard indicators (標準指標)");

/// Which standard indicators. What is absent does not narrow.
#[derive(InputObject, Default)]
pub(crate) struct StandardIndicatorFilter {
    /// Of this theme.
    theme: Option<String>,
    /// Comparable to this degree.
    comparability: Option<Comparability>,
    /// Whose name or synonyms hold this text; width, case and kana do not matter.
    text: Option<String>,
}

/// A page of the standard indicators.
pub(crate) fn standard_indicators(
    app: &Arc<App>,
    filter: StandardIndicatorFilter,
    arguments: &PageArguments,
) -> Result<StandardIndicatorConnection> {
    let all = app.reference().standard_indicators();
    let needle = filter.text.as_deref().map(search_key);
    let holds = |of: &reference::StandardIndicator, needle: &str| {
        let names = [&of.name.ja, &of.name.en].into_iter().chain(&of.synonyms);
        names.into_iter().any(|name| search_key(name).contains(needle))
    };
    let wanted = |at: &usize| {
        let of = &all[*at];
        filter.theme.as_ref().is_none_or(|theme| of.theme == *theme)
            && filter.comparability.is_none_or(|comparability| of.comparability == comparability.into())
            && needle.as_ref().is_none_or(|needle| holds(of, needle))
    };
    let found: Vec<usize> = (0..all.len()).filter(wanted).collect();
    let list = "standard indicators";
    let locate = |key: &str| {
        let at = all.iter().position(|of| of.id == key)?;
        Some(found.partition_point(|of| *of < at)..found.partition_point(|of| *of <= at))
    };
    let page = Page::of(arguments, list, found.len(), locate).map_err(outward)?;
    Ok(StandardIndicatorConnection::new(page, list, found.len(), |place| {
        let at = found[place];
        (StandardIndicator { app: app.clone(), at }, all[at].id.clone())
    }))
}
