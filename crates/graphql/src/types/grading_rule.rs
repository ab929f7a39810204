//! Grading rules: those that are shipped, those that municipalities have saved, and those that are given as data.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, Result};
use shirube_access::table::ReadDraft;
use shirube_app::{SavedRule, StoredRule};
use shirube_domain::{Error, grade, municipality::MunicipalityCode as DomainCode};

use super::{Municipality, progress::Sentence};
use crate::{
    error::{bad_input, outward},
    limits::{look_up, spend},
    query::{scope, service},
    scalars::{DateTime, FiscalYear, GradingRuleDocument, MunicipalityCode},
};

/// By which rule to grade (評価基準). Give `preset`, `own` or `document`.
#[derive(InputObject)]
pub(crate) struct GradingRuleChoice {
    /// A rule that is shipped, by its key: ibaraki.
    preset: Option<String>,
    /// A rule that a municipality has saved.
    own: Option<OwnGradingRule>,
    /// A rule given as data.
    document: Option<GradingRuleDocument>,
}

/// A rule that a municipality has saved (自治体の評価基準). Every strategy can be graded by it.
#[derive(InputObject)]
pub(crate) struct OwnGradingRule {
    /// The municipality.
    municipality: MunicipalityCode,
    /// Its key.
    key: String,
    /// Its version; the last one if absent. Of a rule that was retired, a version is to be named.
    version: Option<u32>,
}

#[derive(Clone)]
pub(crate) struct GradingRule {
    rule: Arc<grade::GradingRule>,
    /// How it was saved; `None` for one that is shipped or given as data.
    saved: Option<Arc<StoredRule>>,
}

impl From<SavedRule> for GradingRule {
    fn from(SavedRule { stored, rule }: SavedRule) -> Self {
        Self { rule, saved: Some(stored) }
    }
}

impl GradingRule {
    /// A rule that no municipality has saved.
    pub(crate) const fn unsaved(rule: Arc<grade::GradingRule>) -> Self {
        Self { rule, saved: None }
    }

    pub(super) const fn domain(&self) -> &Arc<grade::GradingRule> {
        &self.rule
    }

    /// The rule of a choice that stands at `place` of the arguments; without one, that of the municipality.
    pub(super) async fn chosen(
        context: &Context<'_>,
        choice: Option<GradingRuleChoice>,
        municipality: DomainCode,
        place: &str,
    ) -> Result<Self> {
        let Some(choice) = choice else {
            return service(context).default_rule(municipality).map(Self::from).ok_or_else(|| {
                bad_input(place, "say which; the municipality has not said by which rule it is graded by default")
            });
        };
        match choice {
            GradingRuleChoice { preset: Some(key), own: None, document: None } => match grade::preset(&key) {
                Some(rule) => Ok(Self::unsaved(rule.clone())),
                None => Err(bad_input(
                    &format!("{place}.preset"),
                    "no such rule is shipped; the query gradingRules lists them",
                )),
            },
            GradingRuleChoice { own: Some(own), preset: None, document: None } => {
                own.find(context, &format!("{place}.own")).await
            }
            GradingRuleChoice { document: Some(document), preset: None, own: None } => {
                // It is read where it is used, which may be at every indicator of a page.
                spend(context, document.0.len() / READ_FOR_AN_ITEM)?;
                let read = grade::GradingRule::read(&document.0);
                read.map(|rule| Self::unsaved(Arc::new(rule)))
                    .map_err(|problems| outward(Error::Problems(problems).within(&format!("{place}.document"))))
            }
            _ => Err(bad_input(place, "give preset, own or document, one of the three")),
        }
    }
}

/// How many characters of a rule are read in the time in which an item of a list is made.
const READ_FOR_AN_ITEM: usize = 200;

impl OwnGradingRule {
    /// What it names, or what is wrong with it: it stands at `place` of the arguments.
    async fn find(self, context: &Context<'_>, place: &str) -> Result<GradingRule> {
        let Self { municipality, key, version } = self;
        let app = service(context);
        app.may_read(scope(context)).map_err(outward)?;
        let saved = app.saved_rule(municipality.0.current(), &key, version).await.map_err(outward)?;
        match saved {
            Some(saved) if version.is_none() && saved.stored.retired_at.is_some() => {
                let last = saved.stored.version.number;
                let told = format!("this rule was retired; to grade by it, name its version, {last} or one before");
                Err(bad_input(&format!("{place}.version"), told))
            }
            Some(saved) => Ok(saved.into()),
            None => {
                let told = "this municipality has saved no such rule or version; its gradingRules lists what it has";
                Err(bad_input(place, told))
            }
        }
    }
}

/// A grading rule (評価基準): how a body makes grades of figures.
#[Object]
impl GradingRule {
    /// Its key.
    async fn key(&self) -> &str {
        &self.rule.key
    }

    /// Its version.
    async fn version(&self) -> u32 {
        self.rule.version
    }

    /// The Japanese name.
    async fn name(&self) -> &str {
        &self.rule.name.ja
    }

    /// The English name.
    async fn name_en(&self) -> &str {
        &self.rule.name.en
    }

    /// The body whose rule it is: 茨城県.
    async fn body(&self) -> &str {
        &self.rule.source.body
    }

    /// The document or plan for which it is used.
    async fn source(&self) -> &str {
        &self.rule.source.title
    }

    /// What was read into it that the document leaves open.
    async fn note(&self) -> Option<Sentence> {
        self.rule.source.note.clone().map(Sentence::from)
    }

    /// The first fiscal year for which it is meant; null for no limit.
    async fn valid_from(&self) -> Option<FiscalYear> {
        self.rule.valid.from.map(FiscalYear)
    }

    /// The last fiscal year for which it is meant; null for no limit.
    async fn valid_until(&self) -> Option<FiscalYear> {
        self.rule.valid.until.map(FiscalYear)
    }

    /// The grades that it may give, best first.
    async fn grades(&self) -> Vec<&str> {
        self.rule.grades()
    }

    /// How it was saved, for a rule of a municipality; null for one that is shipped or given as data.
    async fn saved(&self) -> Option<SavedGradingRule<'_>> {
        self.saved.as_deref().map(SavedGradingRule)
    }

    /// The whole rule as data, to be changed and given as `document`.
    async fn document(&self) -> GradingRuleDocument {
        GradingRuleDocument(serde_json::to_string(&*self.rule).unwrap_or_default())
    }
}

pub(crate) struct SavedGradingRule<'a>(&'a StoredRule);

/// How a version of a grading rule was saved (保存された版). It never changes.
#[Object]
impl SavedGradingRule<'_> {
    /// The municipality whose rule it is.
    async fn municipality(&self, context: &Context<'_>) -> Result<Municipality> {
        Municipality::of(context, self.0.version.municipality)
    }

    /// When it was saved.
    async fn saved_at(&self) -> DateTime {
        DateTime(self.0.saved_at)
    }

    /// The name of whoever saved it, for those who may read the municipality's drafts; null for everybody else.
    async fn saved_by(&self, context: &Context<'_>) -> Option<&str> {
        let may = scope(context).permit::<ReadDraft>(self.0.version.municipality).is_ok();
        self.0.saved_by.as_deref().filter(|_| may)
    }

    /// What was said of it when it was saved.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// When the rule was retired (廃止), if this was its last version then.
    async fn retired_at(&self) -> Option<DateTime> {
        self.0.retired_at.map(DateTime)
    }

    /// All versions of the rule, the last one first.
    async fn versions(&self, context: &Context<'_>) -> Result<Vec<GradingRule>> {
        look_up(context)?;
        let of = &self.0.version;
        let versions = service(context).saved_rule_versions(of.municipality, &of.key).await.map_err(outward)?;
        spend(context, versions.len())?;
        Ok(versions.into_iter().map(GradingRule::from).collect())
    }
}
