//! Open data: what is published as tables of observations, and what describes them.

use std::sync::Arc;

use shirube_access::Scope;
use shirube_analytics::observations::{self, Columns};
use shirube_domain::{
    Error,
    municipality::{MunicipalityCode, Prefecture},
    observation::{Observation, Published, observations as observed},
};
use shirube_exchange::open_data::{self, Description, Words};
use shirube_store::StoreError;

use crate::{App, At, DataVersion, State, StrategyName, Version};

/// Which published figures are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataSet {
    /// All.
    Everything,
    /// Those of a prefecture's municipalities.
    Prefecture(Prefecture),
    /// Those of a municipality.
    Municipality(MunicipalityCode),
    /// Those of one strategy.
    Strategy(MunicipalityCode, StrategyName),
    /// Those of indicators that correspond to a standard indicator.
    Standard(String),
}

/// What describes the data to other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    /// CSV on the Web.
    Csvw,
    /// A Frictionless data package.
    Package,
    /// A DCAT catalogue in JSON-LD.
    Catalog,
}

/// Published strategies whose figures are wanted, as of one version of the data.
#[derive(Debug)]
pub struct OpenData {
    /// The version of the data.
    pub version: DataVersion,
    /// In the order of the codes, a municipality's earliest plan first.
    strategies: Vec<Arc<Version>>,
    standard: Option<String>,
}

impl OpenData {
    /// How many parts its table has, one for each strategy.
    pub fn parts(&self) -> usize {
        self.strategies.len()
    }
}

/// The rows of a strategy that are wanted.
fn wanted<'a>(version: &'a Version, standard: Option<&'a str>) -> impl Iterator<Item = Observation<'a>> {
    let of = move |observation: &Observation<'a>| {
        standard.is_none_or(|id| observation.indicator.mappings.iter().any(|mapping| mapping.standard() == id))
    };
    observed(version.strategy()).into_iter().filter(of)
}

impl App {
    /// Finds what is published of a set.
    pub async fn open_data(&self, scope: &Scope, set: DataSet) -> Result<OpenData, Error> {
        self.may_read(scope)?;
        let known = |code: MunicipalityCode| match self.reference().find(code) {
            Some(_) => Ok(()),
            None => Err(Error::NotFound { what: "the municipality" }),
        };
        let published = self.published.load_full();
        let within = |keep: &dyn Fn(MunicipalityCode) -> bool| {
            let latest = published.strategies().map(|of| of.latest().clone());
            latest.filter(|of| keep(of.strategy().parts().municipality)).collect::<Vec<_>>()
        };
        let mut standard = None;
        let mut strategies = match set {
            DataSet::Everything => within(&|_| true),
            DataSet::Prefecture(of) => within(&|code| code.prefecture() == of),
            DataSet::Municipality(of) => {
                known(of)?;
                within(&|code| code == of)
            }
            DataSet::Strategy(of, name) => {
                vec![self.find_version(scope, of, name, State::Published(At::Latest)).await?]
            }
            DataSet::Standard(id) => {
                if !self.reference().is_standard(&id) {
                    return Err(Error::NotFound { what: "the standard indicator" });
                }
                standard = Some(id);
                within(&|_| true)
            }
        };
        strategies.sort_by_key(|of| {
            let parts = of.strategy().parts();
            (parts.municipality, parts.first_year, parts.term.number, parts.id)
        });
        let version = published.version(self.reference().digest());
        Ok(OpenData { version, strategies, standard })
    }

    fn published_of<'a>(&'a self, version: &'a Version) -> Result<Published<'a>, Error> {
        let strategy = version.strategy();
        let at = self.reference().find(strategy.parts().municipality);
        let municipality = at.map(|at| &self.reference().municipalities()[at]);
        let (Some(municipality), Some(revision)) = (municipality, version.revision()) else {
            return Err(Error::internal(StoreError::Corrupt("a publication of no municipality".into())));
        };
        Ok(Published { municipality, strategy, revision: revision.number, at: revision.published_at })
    }

    /// A part of a table as lines of CSV, without the header.
    pub async fn open_data_lines(
        self: &Arc<Self>,
        data: &Arc<OpenData>,
        part: usize,
        words: Words,
    ) -> Result<Vec<u8>, Error> {
        let (app, data) = (self.clone(), data.clone());
        self.in_turn(move |_| {
            let Some(version) = data.strategies.get(part) else { return Ok(Vec::new()) };
            let of = app.published_of(version)?;
            Ok(open_data::rows(words, &of, wanted(version, data.standard.as_deref())))
        })
        .await
    }

    /// A table as a file of columns.
    pub async fn open_data_file(self: &Arc<Self>, data: &Arc<OpenData>, columns: Columns) -> Result<Vec<u8>, Error> {
        let (app, data) = (self.clone(), data.clone());
        self.in_turn(move |_| {
            let published = data.strategies.iter().map(|version| app.published_of(version));
            let published: Vec<Published<'_>> = published.collect::<Result<_, _>>()?;
            let rows = data.strategies.iter().zip(&published).flat_map(|(version, of)| {
                wanted(version, data.standard.as_deref()).map(|observation| (*of, observation))
            });
            observations::write(rows, columns).map_err(Error::internal)
        })
        .await
    }

    /// Describes all that is published.
    pub async fn describe_open_data(&self, scope: &Scope, as_what: Metadata) -> Result<serde_json::Value, Error> {
        let data = self.open_data(scope, DataSet::Everything).await?;
        let all = || data.strategies.iter().map(|version| version.strategy().parts());
        let base = format!("{}/data", self.public_url());
        let mut sources: Vec<(&str, &str)> =
            all().map(|parts| (parts.source.attribution.as_str(), parts.source.terms.as_str())).collect();
        sources.dedup();
        let mut prefectures: Vec<(u8, &str)> =
            all().map(|parts| parts.municipality.prefecture()).map(|of| (of.number(), of.name())).collect();
        prefectures.dedup();
        let years =
            all().map(|parts| parts.first_year.year()).min().zip(all().map(|parts| parts.last_year.year()).max());
        let version = data.version.to_string();
        let modified = data.version.at();
        let description = Description { base: &base, version: &version, modified, years, sources, prefectures };
        Ok(match as_what {
            Metadata::Csvw => description.csvw(),
            Metadata::Package => description.package(),
            Metadata::Catalog => description.catalog(),
        })
    }
}
