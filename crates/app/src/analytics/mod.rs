//! Questions about many municipalities, answered from columns, and the answers that can be asked for again.
//!
//! A [`DataVersion`] names what is published at a moment, and the reference data beside it. An [`AnswerId`] is the question
//! and the version themselves, packed: whoever holds it can ask again, of any replica, and nothing has to be stored to make
//! that possible. Frames are laid out once for each version; whoever publishes waits for them, not whoever asks.

mod id;
mod version;

use std::{sync::Arc, time::Duration};

use id::Asked;
pub use id::{AnswerId, BadAnswerId};
use quick_cache::{Weighter, sync::Cache};
use shirube_access::Scope;
pub use shirube_analytics::Format;
use shirube_analytics::{Frames, StrategyRows, Waiting, World};
use shirube_domain::{
    Error,
    comparison::{Answer, Question},
};
use tokio::{
    sync::{OnceCell, Semaphore},
    task::spawn_blocking,
    time::timeout,
};
pub use version::{BadDataVersion, DataVersion};

use crate::{App, At, Version, published::Published};

/// Questions that are worked out at the same time. Others wait.
const AT_ONCE: usize = 2;
/// How long a question waits for its turn.
const TURN: Duration = Duration::from_secs(5);
/// Rows that are kept of answers that were asked for lately; some 300 bytes each.
const KEPT_ROWS: u64 = 100_000;
/// Versions of the data whose frames are kept.
const KEPT_VERSIONS: usize = 3;

/// An answer with everything that it takes to cite it.
#[derive(Debug)]
pub struct Answered {
    /// The question and the version of the data, packed.
    pub id: AnswerId,
    /// The version of the data.
    pub version: DataVersion,
    /// The answer.
    pub answer: Answer,
}

#[derive(Clone)]
struct Rows;

impl Weighter<AnswerId, Arc<Answered>> for Rows {
    fn weight(&self, _: &AnswerId, of: &Arc<Answered>) -> u64 {
        of.answer.rows() as u64 + 10
    }
}

/// What is held to answer questions.
pub(crate) struct Analytics {
    world: OnceCell<Arc<World>>,
    frames: Cache<DataVersion, Arc<Frames>>,
    answers: Cache<AnswerId, Arc<Answered>, Rows>,
    turns: Arc<Semaphore>,
    /// Held by whoever assembles an earlier version, which reads from the database.
    assembling: Semaphore,
}

impl std::fmt::Debug for Analytics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Analytics({} answers of {} versions)", self.answers.len(), self.frames.len())
    }
}

impl Analytics {
    pub(crate) fn new() -> Self {
        Self {
            world: OnceCell::new(),
            frames: Cache::new(KEPT_VERSIONS),
            answers: Cache::with_weighter(1_000, KEPT_ROWS, Rows),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            assembling: Semaphore::new(1),
        }
    }
}

/// Calls work off when whoever waits for it is dropped.
struct CallOff(Arc<Waiting>);

impl Drop for CallOff {
    fn drop(&mut self) {
        self.0.call_off();
    }
}

impl App {
    /// The version of the data that are published now.
    pub fn data_version(&self) -> DataVersion {
        self.published.load().version(self.reference().digest())
    }

    /// Answers a question over what is published now, or over an earlier version of the data.
    pub async fn ask(
        &self,
        scope: &Scope,
        question: Question,
        version: Option<DataVersion>,
    ) -> Result<Arc<Answered>, Error> {
        self.may_read(scope)?;
        let question = question.normalise()?;
        let version = version.unwrap_or_else(|| self.data_version());
        self.answer(Asked { version, question }).await
    }

    /// Answers again what an id asks.
    pub async fn ask_again(&self, scope: &Scope, id: &str) -> Result<Arc<Answered>, Error> {
        self.may_read(scope)?;
        let Asked { version, question } =
            id.parse::<AnswerId>().and_then(|id| id.unpack()).map_err(|error| Error::bad_input("id", error))?;
        self.answer(Asked { version, question: question.normalise()? }).await
    }

    /// The rows of an answer as a file; the same id and format give the same bytes.
    pub async fn file(&self, answered: Arc<Answered>, format: Format) -> Result<Vec<u8>, Error> {
        let world = self.world().await?;
        self.in_turn(move |_| {
            let mut table = shirube_analytics::table(&world, &answered.answer).map_err(Error::internal)?;
            shirube_analytics::write(&mut table, format).map_err(Error::internal)
        })
        .await
    }

    async fn answer(&self, asked: Asked) -> Result<Arc<Answered>, Error> {
        let id = AnswerId::pack(&asked)?;
        let answered = self.analytics.answers.get_or_insert_async(&id, async {
            let frames = self.frames(&asked.version).await?;
            let Asked { version, question } = asked;
            let own = id.clone();
            self.in_turn(move |waiting| {
                let answer = shirube_analytics::answer(&frames, &question, waiting)?;
                Ok(Arc::new(Answered { id: own, version, answer }))
            })
            .await
        });
        answered.await
    }

    /// Works something out where it may take its time, with at most so many at once. It is called off when nobody waits for
    /// it any more.
    pub(crate) async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Waiting) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = timeout(TURN, self.analytics.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|late| Error::Unavailable(late.into()))?.map_err(Error::internal)?;
        let waiting = Arc::new(Waiting::default());
        let _call_off = CallOff(waiting.clone());
        spawn_blocking(move || {
            let _turn = turn;
            work(&waiting)
        })
        .await
        .map_err(Error::internal)?
    }

    async fn world(&self) -> Result<Arc<World>, Error> {
        let world = self.analytics.world.get_or_try_init(async || {
            let reference = self.reference();
            let populations = (0..reference.municipalities().len()).map(|at| reference.population(at)).collect();
            World::new(
                reference.municipalities().to_vec(),
                populations,
                reference.standard_indicators().to_vec(),
                reference.official_indicators(),
                reference.official_columns(),
            )
            .map(Arc::new)
            .map_err(Error::internal)
        });
        world.await.cloned()
    }

    /// The frames of a version of the data.
    async fn frames(&self, version: &DataVersion) -> Result<Arc<Frames>, Error> {
        let frames = self.analytics.frames.get_or_insert_async(version, async {
            let published = self.published.load_full();
            if *version == published.version(self.reference().digest()) {
                return self.lay_out(published.strategies().map(|of| of.latest().clone()).collect()).await;
            }
            let turn = timeout(TURN, self.analytics.assembling.acquire()).await;
            let _turn = turn.map_err(|late| Error::Unavailable(late.into()))?.map_err(Error::internal)?;
            // On the heap: it reads from the database.
            self.lay_out(Box::pin(self.as_of(&published, version)).await?).await
        });
        frames.await
    }

    /// Lays out the frames of what is to be published, if questions are asked at all, so that nobody who asks has to wait.
    pub(crate) async fn lay_out_ahead(&self, published: &Published) -> Result<(), Error> {
        if self.analytics.frames.is_empty() {
            return Ok(());
        }
        let version = published.version(self.reference().digest());
        let versions = published.strategies().map(|of| of.latest().clone()).collect();
        let frames = self.analytics.frames.get_or_insert_async(&version, async { self.lay_out(versions).await });
        frames.await.map(|_| ())
    }

    async fn lay_out(&self, versions: Vec<Arc<Version>>) -> Result<Arc<Frames>, Error> {
        let world = self.world().await?;
        let laid = spawn_blocking(move || {
            let rows = versions.iter().map(|of| of.rows(world.catalogue())).collect();
            Frames::new(world.clone(), rows).map(Arc::new)
        });
        laid.await.map_err(Error::internal)?.map_err(Error::internal)
    }

    /// What was published in an earlier version of the data.
    async fn as_of(&self, published: &Published, version: &DataVersion) -> Result<Vec<Arc<Version>>, Error> {
        if !published.was(version, self.reference().digest()) {
            let message = "these data are not held: no such version was published here, or the official statistics are of \
                           another edition now; ask without a version, or with one that an answer gave";
            return Err(Error::bad_input("dataVersion", message));
        }
        let mut versions = Vec::new();
        for of in published.strategies() {
            versions.extend(self.revision(of, At::Instant(version.at())).await?);
        }
        Ok(versions)
    }
}

impl Version {
    /// Its rows in the frames; made when they are first asked for.
    fn rows(&self, catalogue: shirube_domain::comparison::Catalogue<'_>) -> Arc<StrategyRows> {
        let number = self.revision().map_or(0, |revision| revision.number);
        self.rows.get_or_init(|| Arc::new(StrategyRows::new(self.strategy(), number, catalogue))).clone()
    }
}
