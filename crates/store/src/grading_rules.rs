//! The grading rules (評価基準) of municipalities. What was saved is open to all and never changes, since grades are
//! explained by it: a changed rule is a new version, and a retired one stays readable.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::json;
use shirube_access::table::ManageGradingRules;
use shirube_domain::{grade::GradingRule, municipality::MunicipalityCode};
use time::OffsetDateTime;

use crate::{
    Store, StoreError, StoreResult, Tenant,
    audit::Record,
    rows::{
        convert::parse,
        grading_rules::{default_grading_rule, grading_rule, grading_rule_retirement},
    },
    tenant::TenantEntity,
};

/// The most rules of a municipality, with those that were retired: each can be saved anew.
pub const RULES: usize = 50;
/// The most versions of a rule.
pub const RULE_VERSIONS: u32 = 200;
/// How many documents are read in a statement.
const DOCUMENTS: usize = 100;

/// A version of a rule of a municipality.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RuleVersion {
    /// The municipality.
    pub municipality: MunicipalityCode,
    /// The key of the rule.
    pub key: String,
    /// The number of the version, from 1.
    pub number: u32,
}

/// What is known of a saved rule without reading its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRule {
    /// Which it is.
    pub version: RuleVersion,
    /// When it was saved.
    pub saved_at: OffsetDateTime,
    /// The name of who saved it.
    pub saved_by: Option<String>,
    /// What was said of it.
    pub note: Option<String>,
    /// When the rule was retired, if this was its last version then.
    pub retired_at: Option<OffsetDateTime>,
}

/// What became of a rule that was to be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSaving {
    /// It is this version.
    Saved(u32),
    /// It is what this version, the last one, says already.
    Unchanged(u32),
    /// Somebody else has saved it since it was read.
    Stale,
    /// There are [`RULES`] others already.
    TooManyRules,
    /// It has [`RULE_VERSIONS`] already.
    TooManyVersions,
}

/// What became of a rule that was to be retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleRetirement {
    /// It is retired with this version, or was before.
    Retired(u32),
    /// Somebody else has saved it since it was read.
    Stale,
    /// Strategies are graded by it unless another is named.
    Default,
    /// This municipality has no such rule.
    NotFound,
}

/// What became of a rule by which strategies were to be graded unless another is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultSetting {
    /// They are.
    Set,
    /// The rule was retired.
    Retired,
    /// This municipality has no such rule.
    NotFound,
}

fn number(stored: i32) -> StoreResult<u32> {
    u32::try_from(stored).map_err(StoreError::corrupt)
}

fn stored_number(number: u32) -> StoreResult<i32> {
    i32::try_from(number).map_err(StoreError::corrupt)
}

impl Tenant<ManageGradingRules> {
    /// The rows of this municipality in a table that is open to all. Row-level security narrows no reading of it, and others
    /// have rules of the same keys: so this is said twice.
    fn open_rows<E: TenantEntity>(&self) -> Select<E> {
        self.rows::<E>().filter(E::MUNICIPALITY.eq(self.municipality().to_string()))
    }

    /// The last version of a rule.
    async fn last_version(&self, key: &str) -> StoreResult<Option<grading_rule::Model>> {
        use grading_rule::Column;
        let versions = self.open_rows::<grading_rule::Entity>().filter(Column::Key.eq(key));
        self.one(versions.order_by_desc(Column::Version).limit(1)).await
    }

    async fn is_retired(&self, last: &grading_rule::Model) -> StoreResult<bool> {
        use grading_rule_retirement::Column;
        let found = self.open_rows::<grading_rule_retirement::Entity>().filter(Column::Key.eq(last.key.as_str()));
        Ok(self.one(found.filter(Column::Version.eq(last.version))).await?.is_some())
    }

    /// Saves a rule as its next version, if the last one is still that which was `read`, or there is none and none was.
    /// The number is counted here, whatever the rule says. A retired rule is offered again by that. Of two who save the same
    /// at once, one hears [`StoreError::Conflict`] or [`RuleSaving::Stale`].
    pub async fn save_rule(
        self,
        rule: GradingRule,
        read: Option<u32>,
        note: Option<String>,
    ) -> StoreResult<RuleSaving> {
        let last = self.last_version(&rule.key).await?;
        let last_number = last.as_ref().map(|last| number(last.version)).transpose()?;
        if last_number != read {
            return Ok(RuleSaving::Stale);
        }
        if let (Some(last), Some(version)) = (&last, last_number)
            && document(&last.document).is_ok_and(|last| last == GradingRule { version, ..rule.clone() })
            && !self.is_retired(last).await?
        {
            return Ok(RuleSaving::Unchanged(version));
        }
        if last.is_none() {
            // Every rule has a first version.
            let first = self.open_rows::<grading_rule::Entity>().filter(grading_rule::Column::Version.eq(1));
            if first.count(self.connection()).await? >= RULES as u64 {
                return Ok(RuleSaving::TooManyRules);
            }
        }
        let version = last_number.unwrap_or(0) + 1;
        if version > RULE_VERSIONS {
            return Ok(RuleSaving::TooManyVersions);
        }
        let rule = GradingRule { version, ..rule };
        let row = grading_rule::Model {
            municipality: self.municipality().to_string(),
            key: rule.key.clone(),
            version: stored_number(version)?,
            saved_at: self.at().truncate_to_millisecond(),
            saved_by: Some(self.permit().actor().name.clone()).filter(|name| !name.is_empty()),
            note: note.clone(),
            document: serde_json::to_string(&rule).map_err(StoreError::corrupt)?,
        };
        self.insert::<grading_rule::Entity>(vec![row]).await?;
        let record = Record::new("grading_rule_saved", "grading_rule").subject(&rule.key);
        self.commit(record.after(json!({ "version": version, "note": note }))).await?;
        Ok(RuleSaving::Saved(version))
    }

    /// Retires a rule, if its last version is still that which was `read`: it is offered no more, and stays readable.
    pub async fn retire_rule(self, key: &str, read: u32, reason: Option<String>) -> StoreResult<RuleRetirement> {
        let Some(last) = self.last_version(key).await? else { return Ok(RuleRetirement::NotFound) };
        let version = number(last.version)?;
        if version != read {
            return Ok(RuleRetirement::Stale);
        }
        if self.is_retired(&last).await? {
            return Ok(RuleRetirement::Retired(version));
        }
        if self.last_default().await?.is_some_and(|last| last.key.as_deref() == Some(key)) {
            return Ok(RuleRetirement::Default);
        }
        let row = grading_rule_retirement::Model {
            municipality: self.municipality().to_string(),
            key: key.to_owned(),
            version: last.version,
            retired_at: self.at().truncate_to_millisecond(),
        };
        self.insert::<grading_rule_retirement::Entity>(vec![row]).await?;
        let record = Record::new("grading_rule_retired", "grading_rule").subject(key);
        let record = record.before(json!({ "version": version }));
        let record = match reason {
            Some(reason) => record.reason(reason),
            None => record,
        };
        self.commit(record).await?;
        Ok(RuleRetirement::Retired(version))
    }

    async fn last_default(&self) -> StoreResult<Option<default_grading_rule::Model>> {
        let all = self.open_rows::<default_grading_rule::Entity>();
        self.one(all.order_by_desc(default_grading_rule::Column::Number).limit(1)).await
    }

    /// Says by which rule strategies are graded unless another is named; `None`: by none.
    pub async fn set_default_rule(self, key: Option<String>) -> StoreResult<DefaultSetting> {
        if let Some(key) = &key {
            let Some(rule) = self.last_version(key).await? else { return Ok(DefaultSetting::NotFound) };
            if self.is_retired(&rule).await? {
                return Ok(DefaultSetting::Retired);
            }
        }
        let last = self.last_default().await?;
        let (number, before) = last.map_or((0, None), |last| (last.number, last.key));
        if before == key {
            return Ok(DefaultSetting::Set);
        }
        let row = default_grading_rule::Model {
            municipality: self.municipality().to_string(),
            number: number + 1,
            key: key.clone(),
            set_at: self.at().truncate_to_millisecond(),
        };
        self.insert::<default_grading_rule::Entity>(vec![row]).await?;
        let record = Record::new("default_grading_rule_set", "grading_rule");
        let record = record.subject(key.as_ref().or(before.as_ref()).map_or("", String::as_str));
        self.commit(record.before(json!({ "key": before })).after(json!({ "key": key }))).await?;
        Ok(DefaultSetting::Set)
    }
}

/// Reads a document. It was checked when it was saved, and is not held to what may be asked of rules since.
fn document(text: &str) -> StoreResult<GradingRule> {
    serde_json::from_str(text).map_err(StoreError::corrupt)
}

/// All versions of all rules. They are open to all, so that no tenant is asked for.
fn open() -> Select<grading_rule::Entity> {
    #[expect(clippy::disallowed_methods, reason = "a saved rule is open to all")]
    grading_rule::Entity::find()
}

fn retirements() -> Select<grading_rule_retirement::Entity> {
    #[expect(clippy::disallowed_methods, reason = "whether a rule is retired is open to all")]
    grading_rule_retirement::Entity::find()
}

fn defaults() -> Select<default_grading_rule::Entity> {
    #[expect(clippy::disallowed_methods, reason = "by which rule a municipality grades is open to all")]
    default_grading_rule::Entity::find()
}

/// What a row says beside its document.
type Head = (String, String, i32, OffsetDateTime, Option<String>, Option<String>);

impl Store {
    /// How often a rule was saved, retired or made the default. No row is ever changed or removed, so a new number means
    /// something new.
    pub async fn grading_rule_count(&self) -> StoreResult<u64> {
        let saved = open().count(&self.connection).await?;
        let retired = retirements().count(&self.connection).await?;
        Ok(saved + retired + defaults().count(&self.connection).await?)
    }

    /// How often each municipality has said by which rule its strategies are graded unless another is named, and the key
    /// of that rule, if there is one.
    pub async fn default_grading_rules(&self) -> StoreResult<HashMap<MunicipalityCode, (u32, Option<String>)>> {
        let rows = defaults().order_by_asc(default_grading_rule::Column::Number).all(&self.connection).await?;
        let last = |row: default_grading_rule::Model| -> StoreResult<_> {
            let default_grading_rule::Model { municipality, number: of, key, set_at: _ } = row;
            Ok((parse(&municipality)?, (number(of)?, key)))
        };
        rows.into_iter().map(last).collect()
    }

    /// All versions of all rules without their documents, those of a rule together and the oldest of them first.
    pub async fn grading_rules(&self) -> StoreResult<Vec<StoredRule>> {
        use grading_rule::Column;
        let version = |municipality: &str, key: String, of: i32| -> StoreResult<RuleVersion> {
            Ok(RuleVersion { municipality: parse(municipality)?, key, number: number(of)? })
        };
        let mut retired = HashMap::new();
        for row in retirements().all(&self.connection).await? {
            let grading_rule_retirement::Model { municipality, key, version: of, retired_at } = row;
            retired.insert(version(&municipality, key, of)?, retired_at);
        }
        let heads: Vec<Head> = open()
            .select_only()
            .columns([
                Column::Municipality,
                Column::Key,
                Column::Version,
                Column::SavedAt,
                Column::SavedBy,
                Column::Note,
            ])
            .order_by_asc(Column::Municipality)
            .order_by_asc(Column::Key)
            .order_by_asc(Column::Version)
            .into_tuple()
            .all(&self.connection)
            .await?;
        let stored = |(municipality, key, of, saved_at, saved_by, note): Head| {
            let version = version(&municipality, key, of)?;
            let retired_at = retired.get(&version).copied();
            Ok(StoredRule { version, saved_at, saved_by, note, retired_at })
        };
        heads.into_iter().map(stored).collect()
    }

    /// The rules of some versions, a hundred a statement; in the place of one that cannot be read, the reason.
    pub async fn grading_rule_documents(
        &self,
        of: &[&RuleVersion],
    ) -> StoreResult<HashMap<RuleVersion, StoreResult<GradingRule>>> {
        use grading_rule::Column;
        let mut found = HashMap::new();
        for versions in of.chunks(DOCUMENTS) {
            let mut any = Condition::any();
            for RuleVersion { municipality, key, number } in versions {
                let same = Condition::all()
                    .add(Column::Municipality.eq(municipality.to_string()))
                    .add(Column::Key.eq(key.as_str()))
                    .add(Column::Version.eq(stored_number(*number)?));
                any = any.add(same);
            }
            for row in open().filter(any).all(&self.connection).await? {
                let municipality = parse(&row.municipality)?;
                let version = RuleVersion { municipality, key: row.key, number: number(row.version)? };
                found.insert(version, document(&row.document));
            }
        }
        Ok(found)
    }
}
