//! The audit trail.

use shirube_access::{
    Scope,
    table::{
        Action, AnswerOpinion, EditStrategy, GiveOpinion, Instance, ManageRounds, ReadAudit, ReadDraft,
        ReadInstanceAudit, ReportFigures,
    },
};
use shirube_domain::{Error, municipality::MunicipalityCode};
use shirube_store::{AuditEntry, AuditFilter};

use crate::App;

/// Actions whose lines tell what stands in drafts.
const OF_DRAFTS: [&str; 5] = [
    EditStrategy::ROW.action,
    ManageRounds::ROW.action,
    ReportFigures::ROW.action,
    GiveOpinion::ROW.action,
    AnswerOpinion::ROW.action,
];

/// A page of the audit trail.
#[derive(Debug)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// Whether there are more in the direction that was asked for.
    pub more: bool,
}

impl App {
    /// Lines of the audit trail of a municipality, or of the instance, newest first. `filter.limit` is the size of the
    /// page; `filter.ascending` asks for the oldest that fit, which come newest first, too.
    pub async fn audit(
        &self,
        scope: &Scope,
        municipality: Option<MunicipalityCode>,
        filter: AuditFilter,
    ) -> Result<AuditPage, Error> {
        let size = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let ascending = filter.ascending;
        let filter = AuditFilter { limit: filter.limit + 1, ..filter };
        let mut entries = match municipality {
            Some(code) => {
                let permit = scope.permit::<ReadAudit>(code)?;
                self.store.tenant(permit, self.now()).await?.entries(&filter).await?
            }
            None => {
                let permit = scope.permit::<ReadInstanceAudit>(Instance)?;
                self.store.commons(permit, self.now()).await?.entries(&filter).await?
            }
        };
        // Those who run the instance read the trail, and no drafts: they see who changed what and when, not from what to what.
        if municipality.is_some_and(|code| scope.permit::<ReadDraft>(code).is_err()) {
            for entry in entries.iter_mut().filter(|entry| OF_DRAFTS.contains(&entry.action.as_str())) {
                (entry.before, entry.after, entry.reason) = (None, None, None);
            }
        }
        let more = entries.len() > size;
        entries.truncate(size);
        if ascending {
            entries.reverse();
        }
        Ok(AuditPage { entries, more })
    }
}
