//! A small edit of a draft: one transaction that writes the rows which differ, in a number of statements that does not
//! depend on the size of the draft.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use sea_orm::{ColumnTrait, ExprTrait, QueryFilter, QuerySelect, prelude::Uuid};
use shirube_access::table::{Action, EditStrategy};
use shirube_domain::{
    DepartmentId, Error, IndicatorId, NodeId, StrategyId,
    calendar::{FiscalYear, day_in_japan},
    edit::Edit,
    lint::Subject,
    municipality::MunicipalityCode,
    strategy::{Decision, Department, Strategy},
};

use crate::{
    StoreResult, Tenant,
    edit_record::edited,
    rows::{
        authoring::{ancestor, mapping},
        convert::DraftRows,
        round::{opinion, reporting_task},
        tenant::{
            figure, indicator, indicator_detail, indicator_remark, level, node_remark, plan_node, publication,
            strategy, target_revision,
        },
    },
};

/// A draft as it is stored, with the versions of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The strategy.
    pub strategy: Strategy,
    /// The versions.
    pub versions: RowVersions,
}

/// The versions of the rows of a draft: each is raised when the row, or what hangs on it, changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowVersions {
    /// Of the strategy itself: its frame, its levels, what is said of its previous term.
    pub strategy: i32,
    /// Of its nodes.
    pub nodes: HashMap<NodeId, i32>,
    /// Of its indicators.
    pub indicators: HashMap<IndicatorId, i32>,
}

impl RowVersions {
    /// The version of a node or indicator, or of the strategy itself; `None` if there is no such.
    pub fn of(&self, subject: Option<Subject>) -> Option<i32> {
        match subject {
            None => Some(self.strategy),
            Some(Subject::Node(id)) => self.nodes.get(&id).copied(),
            Some(Subject::Indicator(id)) => self.indicators.get(&id).copied(),
        }
    }
}

/// What became of an edit.
#[derive(Debug)]
pub enum DraftChange {
    /// It is made; this is the draft since.
    Made(Box<Draft>),
    /// What it changes has been changed by somebody else since it was read; this is the draft as it is.
    Stale(Box<Draft>),
    /// What it takes away was published, and stays.
    Published,
    /// It cannot be made, for this reason.
    Refused(Error),
    /// This municipality has no such strategy.
    NotFound,
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// Reads the strategy's row and keeps every other editor and publisher of it waiting until this transaction ends. On
    /// SQLite there is one writer anyway.
    pub(crate) async fn lock_strategy(&self, id: StrategyId) -> StoreResult<Vec<strategy::Model>> {
        let row = self.rows::<strategy::Entity>().filter(strategy::Column::Id.eq(id.uuid())).lock_exclusive();
        self.all(row).await
    }
}

impl Tenant<EditStrategy> {
    /// Applies an edit to a draft, if what it changes is still at the version that was `read`; tells the audit trail what
    /// changed, from what to what, and why.
    pub async fn edit_draft(
        self,
        id: StrategyId,
        edit: Edit,
        read: Option<i32>,
        reason: Option<String>,
    ) -> StoreResult<DraftChange> {
        let locked = self.lock_strategy(id).await?;
        let old_rows = self.draft_rows(id, locked).await?;
        let departments: Vec<Department> = old_rows
            .departments
            .iter()
            .map(|row| Department { id: DepartmentId::from_uuid(row.id), name: row.name.clone() })
            .collect();
        let versions = old_rows.versions();
        let Some(old) = old_rows.clone().into_strategy()? else { return Ok(DraftChange::NotFound) };

        let (subject, event) = (edit.subject(), edit.event());
        if let Some(read) = read
            && let Some(current) = versions.of(subject)
            && current != read
        {
            return Ok(DraftChange::Stale(Box::new(Draft { strategy: old, versions })));
        }
        if let Some(deleted) = edit.deletes()
            && self.was_published(id, deleted).await?
        {
            return Ok(DraftChange::Published);
        }
        if let Some(deleted) = edit.deletes()
            && self.was_reported(id, deleted).await?
        {
            let told = "something was reported or said about it in a round, and stays; end it instead";
            return Ok(DraftChange::Refused(Error::conflict("id", told)));
        }
        if let Some(year) = self.asked_in_a_round(id, &edit.reports()).await? {
            let told = format!("the round of {} asks for this; report it there", year.label());
            let place = if matches!(edit, Edit::Figures { .. }) { "figures" } else { "year" };
            return Ok(DraftChange::Refused(Error::conflict(place, told)));
        }
        let told_below = matches!(edit, Edit::End(..));
        let new = match edit.apply(old.clone(), &departments, &self.decision()) {
            Ok(new) => new,
            Err(error) => return Ok(DraftChange::Refused(error)),
        };
        let mut new_rows = DraftRows::of(&new)?;
        new_rows.take_versions(&old_rows, subject);
        let Some(record) = edited(event, subject, &old, &new, told_below)? else {
            // Nothing differs, and there is nothing to write or to tell.
            return Ok(DraftChange::Made(Box::new(Draft { strategy: old, versions })));
        };
        let versions = new_rows.versions();
        self.write_difference(&old_rows, &new_rows).await?;
        let record = match reason {
            Some(reason) => record.reason(reason),
            None => record,
        };
        self.commit(record).await?;
        Ok(DraftChange::Made(Box::new(Draft { strategy: new, versions })))
    }

    /// Who makes an edit, and when.
    fn decision(&self) -> Decision {
        let by = Some(self.permit().actor().name.clone()).filter(|name| !name.is_empty());
        Decision { by, on: day_in_japan(self.at()) }
    }

    /// Whether a node or indicator stands in a revision of the strategy.
    async fn was_published(&self, strategy: StrategyId, part: Subject) -> StoreResult<bool> {
        let revisions = self
            .rows::<publication::Entity>()
            .filter(publication::Column::StrategyId.eq(strategy.uuid()))
            .filter(publication::Column::Document.contains(part.uuid().to_string()))
            .select_only()
            .column(publication::Column::Revision)
            .limit(1);
        Ok(self.first::<i32>(revisions.into_tuple()).await?.is_some())
    }

    /// Whether somebody has reported something about a node or indicator, or given an opinion on it.
    async fn was_reported(&self, strategy: StrategyId, part: Subject) -> StoreResult<bool> {
        let id = part.uuid();
        let tasks = self
            .rows::<reporting_task::Entity>()
            .filter(reporting_task::Column::StrategyId.eq(strategy.uuid()))
            .filter(reporting_task::Column::SubjectId.eq(id))
            .filter(reporting_task::Column::Version.gt(0));
        let opinions = self
            .rows::<opinion::Entity>()
            .filter(opinion::Column::StrategyId.eq(strategy.uuid()))
            .filter(opinion::Column::IndicatorId.eq(id).or(opinion::Column::NodeId.eq(id)));
        Ok(self.one(tasks).await?.is_some() || self.one(opinions).await?.is_some())
    }

    /// The year of the first of these that a round asks for: what is reported goes through the round.
    async fn asked_in_a_round(
        &self,
        strategy: StrategyId,
        reports: &[(Subject, FiscalYear)],
    ) -> StoreResult<Option<FiscalYear>> {
        if reports.is_empty() {
            return Ok(None);
        }
        let years = reports.iter().map(|(_, year)| year.year());
        let tasks = self
            .rows::<reporting_task::Entity>()
            .filter(reporting_task::Column::StrategyId.eq(strategy.uuid()))
            .filter(reporting_task::Column::SubjectId.is_in(reports.iter().map(|(subject, _)| subject.uuid())))
            .filter(reporting_task::Column::FiscalYear.is_in(years));
        let tasks = self.all(tasks).await?;
        let asked = |(subject, year): &&(Subject, FiscalYear)| {
            tasks.iter().any(|task| (task.subject_id, task.fiscal_year) == (subject.uuid(), year.year()))
        };
        Ok(reports.iter().find(asked).map(|(_, year)| *year))
    }

    /// Writes what differs: rows come before those that name them, and go after them.
    async fn write_difference(&self, old: &DraftRows, new: &DraftRows) -> StoreResult<()> {
        macro_rules! differences {
            ($($name:ident: $table:ident),+) => {
                $(let $name = Difference::between(&old.$name, &new.$name);)+
                $(self.put::<$table::Entity>($name.written).await?;)+
                differences!(@remove [] $($name: $table),+);
            };
            (@remove [$($done:tt)*] $name:ident: $table:ident $(, $rest_name:ident: $rest:ident)*) => {
                differences!(@remove [self.remove_rows::<$table::Entity>(&$name.removed).await?; $($done)*] $($rest_name: $rest),*);
            };
            (@remove [$($done:tt)*]) => { $($done)* };
        }
        differences!(
            strategy: strategy,
            ancestors: ancestor,
            levels: level,
            nodes: plan_node,
            indicators: indicator,
            target_revisions: target_revision,
            figures: figure,
            node_remarks: node_remark,
            indicator_remarks: indicator_remark,
            details: indicator_detail,
            mappings: mapping
        );
        Ok(())
    }
}

/// A row of a draft, with its key within the draft.
trait DraftRow: Clone + PartialEq {
    type Key: Eq + Hash;
    fn key(&self) -> Self::Key;
}

macro_rules! keys {
    ($($table:ident($($column:ident: $kind:ty),+);)+) => {$(
        impl DraftRow for $table::Model {
            type Key = ($($kind,)+);
            fn key(&self) -> Self::Key {
                ($(self.$column.clone(),)+)
            }
        }
    )+};
}

keys! {
    strategy(id: Uuid);
    ancestor(subject_kind: String, subject_id: Uuid);
    level(position: i16);
    plan_node(id: Uuid);
    indicator(id: Uuid);
    target_revision(indicator_id: Uuid, number: i16);
    figure(indicator_id: Uuid, fiscal_year: i16, row: String);
    node_remark(node_id: Uuid, fiscal_year: i16);
    indicator_remark(indicator_id: Uuid, fiscal_year: i16);
    indicator_detail(indicator_id: Uuid, position: i16);
    mapping(indicator_id: Uuid, standard_indicator_id: String);
}

/// What differs between two states of a table.
struct Difference<R> {
    written: Vec<R>,
    removed: Vec<R>,
}

impl<R: DraftRow> Difference<R> {
    fn between(old: &[R], new: &[R]) -> Self {
        let known: HashMap<R::Key, &R> = old.iter().map(|row| (row.key(), row)).collect();
        let kept: HashSet<R::Key> = new.iter().map(DraftRow::key).collect();
        Self {
            written: new.iter().filter(|row| known.get(&row.key()) != Some(row)).cloned().collect(),
            removed: old.iter().filter(|row| !kept.contains(&row.key())).cloned().collect(),
        }
    }

    /// The owners of rows that differ.
    fn owners(old: &[R], new: &[R], owner: fn(&R) -> Uuid) -> HashSet<Uuid> {
        let Self { written, removed } = Self::between(old, new);
        written.iter().chain(&removed).map(owner).collect()
    }
}

impl DraftRows {
    pub(crate) fn versions(&self) -> RowVersions {
        RowVersions {
            strategy: self.strategy.first().map_or(0, |row| row.version),
            nodes: self.nodes.iter().map(|row| (NodeId::from_uuid(row.id), row.version)).collect(),
            indicators: self.indicators.iter().map(|row| (IndicatorId::from_uuid(row.id), row.version)).collect(),
        }
    }

    /// Takes over the versions of the rows as they were, raised for each that differs. A place in the document shifts with
    /// what comes before it, which is no change; the `subject` of the edit is changed in any case.
    fn take_versions(&mut self, old: &Self, subject: Option<Subject>) {
        let raised = |version: i32, changed: bool| if changed { version.saturating_add(1) } else { version };
        let levels = Difference::between(&old.levels, &self.levels);
        let ancestors = Difference::between(&old.ancestors, &self.ancestors);
        for (row, was) in self.strategy.iter_mut().zip(&old.strategy) {
            let same = strategy::Model { version: was.version, ..row.clone() } == *was;
            let below = [levels.written.len(), levels.removed.len(), ancestors.written.len(), ancestors.removed.len()];
            row.version = raised(was.version, subject.is_none() || !same || below != [0; 4]);
        }

        let hanging = Difference::owners(&old.node_remarks, &self.node_remarks, |row| row.node_id);
        let known: HashMap<Uuid, &plan_node::Model> = old.nodes.iter().map(|row| (row.id, row)).collect();
        for row in &mut self.nodes {
            let Some(was) = known.get(&row.id) else { continue };
            let in_place = plan_node::Model { position: was.position, version: was.version, ..row.clone() };
            let meant = subject == Some(Subject::Node(NodeId::from_uuid(row.id)));
            row.version = raised(was.version, meant || in_place != **was || hanging.contains(&row.id));
        }

        let mut hanging = Difference::owners(&old.figures, &self.figures, |row| row.indicator_id);
        hanging.extend(Difference::owners(&old.indicator_remarks, &self.indicator_remarks, |row| row.indicator_id));
        hanging.extend(Difference::owners(&old.target_revisions, &self.target_revisions, |row| row.indicator_id));
        hanging.extend(Difference::owners(&old.details, &self.details, |row| row.indicator_id));
        hanging.extend(Difference::owners(&old.mappings, &self.mappings, |row| row.indicator_id));
        let known: HashMap<Uuid, &indicator::Model> = old.indicators.iter().map(|row| (row.id, row)).collect();
        for row in &mut self.indicators {
            let Some(was) = known.get(&row.id) else { continue };
            let in_place = indicator::Model { position: was.position, version: was.version, ..row.clone() };
            let meant = subject == Some(Subject::Indicator(IndicatorId::from_uuid(row.id)));
            row.version = raised(was.version, meant || in_place != **was || hanging.contains(&row.id));
        }
    }
}
