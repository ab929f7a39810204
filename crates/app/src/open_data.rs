//! Open data: what is published as tables of observations, and what describes them.

use std::sync::Arc;

use shirube_access::Scope;
use shirube_analytics::observations::{Columns, Writer};
use shirube_domain::{
    Error, StrategyId,
    municipality::{MunicipalityCode, Prefecture},
    observation::{Observation, Published, Row, changes, observations as observed},
    strategy::Strategy,
};
use shirube_exchange::open_data::{self, Description, Words};
use shirube_store::StoreError;

use quick_cache::{Weighter, sync::Cache};
use tokio::sync::mpsc;

use crate::{App, At, DataVersion, PublishedStrategy, StrategyName, Version, published};

/// Bytes of files that are kept. Who reads a file over the network asks for one part of it after the other.
const KEPT: u64 = 64 << 20;

/// Which published figures are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// What tells a file of columns from all others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FileName {
    set: DataSet,
    since: Option<DataVersion>,
    version: DataVersion,
    columns: Columns,
}

#[derive(Debug, Clone)]
struct Size;

impl Weighter<FileName, Arc<[u8]>> for Size {
    fn weight(&self, _: &FileName, file: &Arc<[u8]>) -> u64 {
        file.len() as u64
    }
}

/// Files that were made lately.
#[derive(Debug)]
pub(crate) struct Files(Cache<FileName, Arc<[u8]>, Size>);

impl Files {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(32, KEPT, Size))
    }
}

/// Published strategies whose figures are wanted, as of one version of the data.
#[derive(Debug)]
pub struct OpenData {
    /// The version of the data.
    pub version: DataVersion,
    /// The earlier version of which the changes are wanted, if not all is.
    pub since: Option<DataVersion>,
    set: DataSet,
    /// Everything that is published in that version.
    published: Arc<published::Published>,
    /// In the order of the codes, a municipality's earliest plan first. Of changes, those that have another revision now.
    strategies: Vec<Arc<PublishedStrategy>>,
    standard: Option<String>,
}

impl OpenData {
    fn file(&self, columns: Columns) -> FileName {
        let Self { version, since, set, .. } = self;
        FileName { set: set.clone(), since: since.clone(), version: version.clone(), columns }
    }

    /// How many parts its table has, one for each strategy.
    pub fn parts(&self) -> usize {
        self.strategies.len()
    }

    /// The observations of a revision that are wanted.
    fn wanted<'a>(&self, of: &Published<'a>) -> Vec<Observation<'a>> {
        let mut all = observed(of.strategy);
        if let Some(id) = &self.standard {
            all.retain(|of| of.indicator.mappings.iter().any(|mapping| mapping.standard() == id));
        }
        all
    }

    /// The rows of a strategy, of which this was the revision before.
    fn rows<'a>(&self, now: Published<'a>, before: Option<Published<'a>>) -> Vec<Row<'a>> {
        let observations = self.wanted(&now);
        if self.since.is_some() {
            return changes(before.map(|before| (before, self.wanted(&before))), (now, observations));
        }
        observations.into_iter().map(|observation| Row { of: now, observation, change: None }).collect()
    }
}

impl App {
    /// Finds what is published of a set.
    pub async fn open_data(&self, scope: &Scope, set: DataSet) -> Result<OpenData, Error> {
        self.may_read(scope)?;
        let published = self.published.load_full();
        let known = |code: MunicipalityCode| match self.reference().find(code) {
            Some(_) => Ok(()),
            None => Err(Error::NotFound { what: "the municipality" }),
        };
        let within = |keep: &dyn Fn(MunicipalityCode) -> bool| {
            let all = published.strategies().filter(|of| keep(of.latest().strategy().parts().municipality));
            all.cloned().collect::<Vec<_>>()
        };
        let mut standard = None;
        let mut strategies = match &set {
            DataSet::Everything => within(&|_| true),
            DataSet::Prefecture(of) => within(&|code| code.prefecture() == *of),
            DataSet::Municipality(of) => {
                known(*of)?;
                within(&|code| code == *of)
            }
            DataSet::Strategy(code, name) => {
                let named = published.of(*code).iter().find(|of| name.may_name(of.latest().strategy()));
                vec![named.ok_or(Error::NotFound { what: "the strategy" })?.clone()]
            }
            DataSet::Standard(id) => {
                if !self.reference().is_standard(id) {
                    return Err(Error::NotFound { what: "the standard indicator" });
                }
                standard = Some(id.clone());
                within(&|_| true)
            }
        };
        strategies.sort_by_key(|of| {
            let parts = of.latest().strategy().parts();
            (parts.municipality, parts.first_year, parts.term.number, parts.id)
        });
        let version = published.version(self.reference().digest());
        Ok(OpenData { version, since: None, set, published, strategies, standard })
    }

    /// What of a set has changed since an earlier version of the data. None if the data were never of that version here.
    pub async fn open_data_since(&self, mut data: OpenData, since: DataVersion) -> Result<Option<OpenData>, Error> {
        if !data.published.was(&since, self.reference().digest()) {
            return Ok(None);
        }
        if let (DataSet::Strategy(code, name), [now]) = (&data.set, data.strategies.as_slice())
            && self.named_at(data.published.of(*code), *name, &since).await?.is_some_and(|then| then != now.id())
        {
            let message = "その版では、この名前は別の総合戦略を指していました。総合戦略のキー（strategy_id）で指定してください。 / at that version this name \
                           meant another strategy; name it by its key (strategy_id)";
            return Err(Error::bad_input("since", message));
        }
        data.strategies.retain(|of| of.find(At::Instant(since.at())) != of.find(At::Latest));
        data.since = Some(since);
        Ok(Some(data))
    }

    /// Which strategy of a municipality had a name at a version of the data: the current one was another before it was published,
    /// and the number of a term may have been corrected.
    async fn named_at(
        &self,
        strategies: &[Arc<PublishedStrategy>],
        name: StrategyName,
        version: &DataVersion,
    ) -> Result<Option<StrategyId>, Error> {
        let mut then = Vec::new();
        for of in strategies {
            then.extend(self.revision(of, At::Instant(version.at())).await?);
        }
        let named = then.iter().map(|of| of.strategy()).filter(|of| name.may_name(of));
        Ok(named.map(Strategy::parts).max_by_key(|of| (of.first_year, of.term.number)).map(|of| of.id))
    }

    /// The revision of which the changes are wanted; none if all is wanted, or if there was none.
    async fn before(&self, data: &OpenData, of: &PublishedStrategy) -> Result<Option<Arc<Version>>, Error> {
        match &data.since {
            Some(since) => self.revision(of, At::Instant(since.at())).await,
            None => Ok(None),
        }
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
        let Some(of) = data.strategies.get(part) else { return Ok(Vec::new()) };
        let (now, before) = (of.latest().clone(), self.before(data, of).await?);
        let (app, data) = (self.clone(), data.clone());
        self.in_turn(move |_| {
            let before = before.as_deref().map(|before| app.published_of(before)).transpose()?;
            Ok(open_data::rows(words, data.rows(app.published_of(&now)?, before).into_iter()))
        })
        .await
    }

    /// Whether a file of columns is still there from when it was made.
    pub fn keeps_open_data_file(&self, data: &OpenData, columns: Columns) -> bool {
        self.files.0.contains_key(&data.file(columns))
    }

    /// A table as a file of columns. Who asks for one that is just being made gets the same.
    pub async fn open_data_file(self: &Arc<Self>, data: &Arc<OpenData>, columns: Columns) -> Result<Arc<[u8]>, Error> {
        let name = data.file(columns);
        let made = async { self.write_open_data(data, columns).await.map(Arc::from) };
        self.files.0.get_or_insert_async(&name, made).await
    }

    async fn write_open_data(self: &Arc<Self>, data: &Arc<OpenData>, columns: Columns) -> Result<Vec<u8>, Error> {
        // Earlier revisions are read while the file is written, so that no more than two are held beside it.
        let (sender, mut revisions) = mpsc::channel(1);
        let read = async move {
            for of in &data.strategies {
                let before = self.before(data, of).await?;
                if sender.send((of.latest().clone(), before)).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        let (app, of) = (self.clone(), data.clone());
        let written = self.in_turn(move |_| {
            let mut bytes = Vec::new();
            let mut writer = Writer::new(&mut bytes, columns, of.since.is_some()).map_err(Error::internal)?;
            while let Some((now, before)) = revisions.blocking_recv() {
                let before = before.as_deref().map(|before| app.published_of(before)).transpose()?;
                for row in of.rows(app.published_of(&now)?, before) {
                    writer.push(&row).map_err(Error::internal)?;
                }
            }
            writer.finish().map_err(Error::internal)?;
            Ok(bytes)
        });
        let (read, written) = tokio::join!(read, written);
        read.and(written)
    }

    /// Describes all that is published.
    pub async fn describe_open_data(&self, scope: &Scope, as_what: Metadata) -> Result<serde_json::Value, Error> {
        let data = self.open_data(scope, DataSet::Everything).await?;
        let all = || data.strategies.iter().map(|of| of.latest().strategy().parts());
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
