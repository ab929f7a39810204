//! The grading rules (評価基準) of municipalities. What is saved is public: the last version of each is held in memory, an
//! older one costs one statement.

use std::{collections::HashMap, sync::Arc};

use shirube_access::{Scope, table::ManageGradingRules};
use shirube_domain::{Error, grade::GradingRule, municipality::MunicipalityCode};
use shirube_store::{
    DefaultSetting, RULE_VERSIONS, RULES, RuleRetirement, RuleSaving, RuleVersion, Store, StoreError, StoreResult,
    StoredRule,
};

use crate::{App, input};

/// How long the document of a saved rule may be, in characters: what can be saved can be given in a query, too.
const DOCUMENT: usize = 20_000;
const NO_RULE: Error = Error::NotFound { what: "the grading rule" };

/// A version of a rule of a municipality.
#[derive(Debug, Clone)]
pub struct SavedRule {
    /// Which version of which rule it is, and when it was saved.
    pub stored: Arc<StoredRule>,
    /// The rule.
    pub rule: Arc<GradingRule>,
}

/// What became of a rule that was to be saved or retired.
#[derive(Debug)]
pub enum RuleChange {
    /// It is done; this is its last version since.
    Done(SavedRule),
    /// Somebody else was first; nothing was changed, and this is its last version.
    Stale(SavedRule),
}

/// A rule with all that is known of its versions.
#[derive(Debug)]
struct OwnRule {
    /// The oldest first; never empty.
    versions: Vec<Arc<StoredRule>>,
    last: SavedRule,
}

impl OwnRule {
    fn is_retired(&self) -> bool {
        self.last.stored.retired_at.is_some()
    }
}

/// The saved rules of all municipalities, as of one moment.
#[derive(Debug, Default)]
pub(crate) struct SavedRules {
    /// Those of a municipality by key.
    by_municipality: HashMap<MunicipalityCode, Vec<Arc<OwnRule>>>,
    /// The key of the rule by which a municipality's strategies are graded unless another is named.
    defaults: HashMap<MunicipalityCode, String>,
    /// How often something was saved, retired or made the default.
    count: u64,
}

impl SavedRules {
    /// Reads what is saved; documents that `known` holds are not read again.
    pub(crate) async fn read(store: &Store, known: &Self) -> StoreResult<Self> {
        let all = store.grading_rules().await?;
        let retired = all.iter().filter(|of| of.retired_at.is_some()).count();
        let set = store.default_grading_rules().await?;
        let count = (all.len() + retired) as u64 + set.values().map(|(times, _)| u64::from(*times)).sum::<u64>();
        let defaults = set.into_iter().filter_map(|(municipality, (_, key))| Some((municipality, key?))).collect();
        let same_rule = |one: &StoredRule, other: &StoredRule| {
            (one.version.municipality, &one.version.key) == (other.version.municipality, &other.version.key)
        };
        let rules: Vec<&[StoredRule]> = all.chunk_by(same_rule).collect();
        let held = |of: &RuleVersion| {
            let rule = known.find(of.municipality, &of.key)?;
            (rule.last.stored.version == *of).then(|| rule.last.rule.clone())
        };
        let new: Vec<&RuleVersion> =
            rules.iter().filter_map(|of| of.last()).map(|last| &last.version).filter(|of| held(of).is_none()).collect();
        let mut documents = store.grading_rule_documents(&new).await?;
        let mut by_municipality: HashMap<MunicipalityCode, Vec<Arc<OwnRule>>> = HashMap::new();
        for versions in rules {
            let versions: Vec<Arc<StoredRule>> = versions.iter().cloned().map(Arc::new).collect();
            let Some(stored) = versions.last().cloned() else { continue };
            let rule = match held(&stored.version) {
                Some(held) => held,
                None => match documents.remove(&stored.version) {
                    Some(Ok(rule)) => Arc::new(rule),
                    // One that cannot be read must not take the others down.
                    Some(Err(error)) => {
                        tracing::error!(version = ?stored.version, error = %error, "a grading rule cannot be read");
                        continue;
                    }
                    None => return Err(gone()),
                },
            };
            let rules = by_municipality.entry(stored.version.municipality).or_default();
            rules.push(Arc::new(OwnRule { versions, last: SavedRule { stored, rule } }));
        }
        for rules in by_municipality.values_mut() {
            // Databases differ in how they order texts.
            rules.sort_by(|one, other| one.last.stored.version.key.cmp(&other.last.stored.version.key));
        }
        Ok(Self { by_municipality, defaults, count })
    }

    fn of(&self, municipality: MunicipalityCode) -> &[Arc<OwnRule>] {
        self.by_municipality.get(&municipality).map_or(&[], Vec::as_slice)
    }

    fn find(&self, municipality: MunicipalityCode, key: &str) -> Option<&Arc<OwnRule>> {
        self.of(municipality).iter().find(|of| of.last.stored.version.key == key)
    }
}

/// A version that was there, and never goes.
fn gone() -> StoreError {
    StoreError::Corrupt("a version of a grading rule is gone".into())
}

impl App {
    /// Reads again which rules have been saved since; says whether there were any.
    pub(crate) async fn refresh_rules(&self) -> StoreResult<bool> {
        let known = self.rules.load();
        if known.count == self.store.grading_rule_count().await? {
            return Ok(false);
        }
        self.rules.store(Arc::new(SavedRules::read(&self.store, &known).await?));
        Ok(true)
    }

    /// The last version of each rule of a municipality, by key; those that were retired only if they are asked for.
    pub fn saved_rules(&self, municipality: MunicipalityCode, retired: bool) -> Vec<SavedRule> {
        let rules = self.rules.load();
        let wanted = rules.of(municipality).iter().filter(|of| retired || !of.is_retired());
        wanted.map(|of| of.last.clone()).collect()
    }

    /// A version of a rule, the last one unless said otherwise. It is answered from memory; an older one costs one statement
    /// unless it was asked for lately. `None` if there is none.
    pub async fn saved_rule(
        &self,
        municipality: MunicipalityCode,
        key: &str,
        version: Option<u32>,
    ) -> Result<Option<SavedRule>, Error> {
        let Some(own) = self.rules.load().find(municipality, key).cloned() else { return Ok(None) };
        let Some(version) = version.filter(|version| *version != own.last.stored.version.number) else {
            return Ok(Some(own.last.clone()));
        };
        let stored = own.versions.iter().find(|of| of.version.number == version);
        let Some(stored) = stored.cloned() else { return Ok(None) };
        let read = async {
            let mut found = self.store.grading_rule_documents(&[&stored.version]).await?;
            let rule = found.remove(&stored.version).ok_or_else(gone)?;
            Ok::<_, Error>(Arc::new(rule?))
        };
        let rule = self.older_rules.get_or_insert_async(&stored.version, read).await?;
        Ok(Some(SavedRule { stored, rule }))
    }

    /// The rule by which the strategies of a municipality are graded unless another is named, in its last version.
    pub fn default_rule(&self, municipality: MunicipalityCode) -> Option<SavedRule> {
        let rules = self.rules.load();
        let own = rules.find(municipality, rules.defaults.get(&municipality)?)?;
        (!own.is_retired()).then(|| own.last.clone())
    }

    /// All versions of a rule, the last one first. They cost a statement or two.
    pub async fn saved_rule_versions(
        &self,
        municipality: MunicipalityCode,
        key: &str,
    ) -> Result<Vec<SavedRule>, Error> {
        let Some(own) = self.rules.load().find(municipality, key).cloned() else { return Ok(Vec::new()) };
        let versions: Vec<&RuleVersion> = own.versions.iter().map(|of| &of.version).collect();
        let mut documents = self.store.grading_rule_documents(&versions).await?;
        let versions = own.versions.iter().rev().map(|stored| {
            let rule = documents.remove(&stored.version).ok_or_else(gone)??;
            Ok(SavedRule { stored: stored.clone(), rule: Arc::new(rule) })
        });
        versions.collect()
    }

    /// Saves a rule of a municipality as the next version of its key. `read` is the last version as the caller read it, for a
    /// rule that is there already; an older one changes nothing. What the last version says already writes nothing.
    pub async fn save_rule(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        document: &str,
        read: Option<u32>,
        note: Option<String>,
    ) -> Result<RuleChange, Error> {
        let permit = scope.permit::<ManageGradingRules>(municipality)?;
        let note = input::reason("note", note)?;
        let rule = GradingRule::read(document).map_err(|problems| Error::Problems(problems).within("document"))?;
        let length = serde_json::to_string(&rule).map_err(Error::internal)?.chars().count();
        if length > DOCUMENT {
            let told =
                format!("a rule has at most {DOCUMENT} characters with what it says by default, this has {length}");
            return Err(Error::bad_input("document", told));
        }
        let key = rule.key.clone();
        let saved = self.store.tenant(permit, self.now()).await?.save_rule(rule, read, note).await;
        let saved = match saved {
            // Somebody else saved the same at once, and was quicker.
            Err(StoreError::Conflict(_)) => RuleSaving::Stale,
            saved => saved?,
        };
        self.refresh().await?;
        let last = self.saved_rule(municipality, &key, None).await?;
        match (saved, last) {
            (RuleSaving::Saved(version) | RuleSaving::Unchanged(version), _) => {
                let done = self.saved_rule(municipality, &key, Some(version)).await?;
                Ok(RuleChange::Done(done.ok_or_else(|| Error::internal(gone()))?))
            }
            (RuleSaving::Stale, Some(last)) => Ok(RuleChange::Stale(last)),
            (RuleSaving::Stale, None) => {
                Err(Error::bad_input("version", "there is no rule of this key yet; leave the version out"))
            }
            (RuleSaving::TooManyRules, _) => {
                let told = format!(
                    "there are {RULES} rules already, which is the most; save it as the next version of one of them, which \
                     may be one that was retired"
                );
                Err(Error::conflict("document.key", told))
            }
            (RuleSaving::TooManyVersions, _) => {
                let told =
                    format!("this rule has {RULE_VERSIONS} versions, which is the most; save it under another key");
                Err(Error::conflict("document.key", told))
            }
        }
    }

    /// Retires a rule of a municipality, so that it is offered no more. Its versions stay readable, and grades by them are
    /// explained as before. `read` is the last version as the caller read it.
    pub async fn retire_rule(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        key: &str,
        read: u32,
        reason: Option<String>,
    ) -> Result<RuleChange, Error> {
        let permit = scope.permit::<ManageGradingRules>(municipality)?;
        let reason = input::reason("reason", reason)?;
        let retired = self.store.tenant(permit, self.now()).await?.retire_rule(key, read, reason).await;
        let retired = match retired {
            // Somebody else retired the same version at once.
            Err(StoreError::Conflict(_)) => RuleRetirement::Retired(read),
            retired => retired?,
        };
        self.refresh().await?;
        let (stale, version) = match retired {
            RuleRetirement::Retired(version) => (false, Some(version)),
            RuleRetirement::Stale => (true, None),
            RuleRetirement::Default => {
                let told = "strategies are graded by this rule unless another is named; make another the default first";
                return Err(Error::conflict("key", told));
            }
            RuleRetirement::NotFound => return Err(NO_RULE),
        };
        let rule = self.saved_rule(municipality, key, version).await?.ok_or(NO_RULE)?;
        Ok(if stale { RuleChange::Stale(rule) } else { RuleChange::Done(rule) })
    }

    /// Says by which of its rules the strategies of a municipality are graded unless another is named; `None`: by none.
    pub async fn set_default_rule(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        key: Option<String>,
    ) -> Result<Option<SavedRule>, Error> {
        let permit = scope.permit::<ManageGradingRules>(municipality)?;
        let set = self.store.tenant(permit, self.now()).await?.set_default_rule(key).await;
        match set
            .map_err(input::taken("key", "somebody else has said so at the same time; look at it, and try again"))?
        {
            DefaultSetting::Set => {}
            DefaultSetting::Retired => {
                return Err(Error::conflict("key", "this rule was retired; save it anew, or take another"));
            }
            DefaultSetting::NotFound => return Err(NO_RULE),
        }
        self.refresh().await?;
        Ok(self.default_rule(municipality))
    }
}
