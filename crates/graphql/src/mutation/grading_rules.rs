//! The grading rules of a municipality.

use async_graphql::{Context, InputObject, Object, Result};
use shirube_app::RuleChange;
use shirube_domain::Error;

use super::{UserError, UserErrorCode, payload, settled};
use crate::{
    query::{scope, service},
    scalars::{GradingRuleDocument, MunicipalityCode},
    types::GradingRule,
};

#[derive(Default)]
pub(super) struct GradingRuleMutation;

/// Saves a grading rule of a municipality as the next version of its key.
#[derive(InputObject)]
pub(crate) struct SaveGradingRuleInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The municipality.
    municipality: MunicipalityCode,
    /// The rule. It names its key; its version is counted here, whatever it says.
    document: GradingRuleDocument,
    /// The last version, as it was read; absent for a rule that is not there yet.
    version: Option<u32>,
    /// What is to be said of it, up to 500 characters; it is public.
    note: Option<String>,
}

payload!(SaveGradingRulePayload {
    /// The rule as it was saved; if somebody else was first, its last version.
    grading_rule: GradingRule,
});

/// Retires a grading rule of a municipality.
#[derive(InputObject)]
pub(crate) struct RetireGradingRuleInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The municipality.
    municipality: MunicipalityCode,
    /// The key of the rule.
    key: String,
    /// The last version, as it was read.
    version: u32,
    /// Why, up to 500 characters, for the audit trail.
    reason: Option<String>,
}

payload!(RetireGradingRulePayload {
    /// The rule; if somebody else was first, its last version.
    grading_rule: GradingRule,
});

/// Names the grading rule by which the strategies of a municipality are graded unless another is named.
#[derive(InputObject)]
pub(crate) struct SetDefaultGradingRuleInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The municipality.
    municipality: MunicipalityCode,
    /// The key of one of its rules; null for none.
    key: Option<String>,
}

payload!(SetDefaultGradingRulePayload {
    /// The rule by which its strategies are graded since.
    grading_rule: GradingRule,
});

/// The rule that was changed, or what is to be mended.
fn changed(change: Result<RuleChange, Error>) -> Result<(Option<GradingRule>, Vec<UserError>)> {
    let (change, mut errors) = settled(change)?;
    let rule = change.map(|change| match change {
        RuleChange::Done(rule) => rule.into(),
        RuleChange::Stale(rule) => {
            let version = rule.stored.version.number;
            errors.push(UserError {
                code: UserErrorCode::Conflict,
                message: format!(
                    "its last version is {version}; look at it as it is now, and try again with this version"
                ),
                path: ["input", "version"].map(str::to_owned).to_vec(),
            });
            rule.into()
        }
    });
    Ok((rule, errors))
}

#[Object]
impl GradingRuleMutation {
    /// Saves a grading rule (評価基準) of a municipality: a new one, or the next version of one that is there. Everybody can
    /// read it, and grade by it, from then on; no version ever changes. What the last version says already is not saved
    /// again.
    async fn save_grading_rule(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which rule.")] input: SaveGradingRuleInput,
    ) -> Result<Option<SaveGradingRulePayload>> {
        let SaveGradingRuleInput { client_mutation_id, municipality, document, version, note } = input;
        let (app, code) = (service(context), municipality.0.current());
        let saved = app.save_rule(scope(context), code, &document.0, version, note).await;
        let (grading_rule, user_errors) = changed(saved)?;
        Ok(Some(SaveGradingRulePayload { client_mutation_id, grading_rule, user_errors }))
    }

    /// Retires a grading rule (評価基準) of a municipality, so that it is offered no more. Its versions stay readable, and
    /// grades can be found by them; saved anew, it is offered again.
    async fn retire_grading_rule(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which rule.")] input: RetireGradingRuleInput,
    ) -> Result<Option<RetireGradingRulePayload>> {
        let RetireGradingRuleInput { client_mutation_id, municipality, key, version, reason } = input;
        let (app, code) = (service(context), municipality.0.current());
        let retired = app.retire_rule(scope(context), code, &key, version, reason).await;
        let (grading_rule, user_errors) = changed(retired)?;
        Ok(Some(RetireGradingRulePayload { client_mutation_id, grading_rule, user_errors }))
    }

    /// Names the rule (標準の評価基準) by which the strategies of a municipality are graded unless another is named: one of its
    /// own, in its last version.
    async fn set_default_grading_rule(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which rule.")] input: SetDefaultGradingRuleInput,
    ) -> Result<Option<SetDefaultGradingRulePayload>> {
        let SetDefaultGradingRuleInput { client_mutation_id, municipality, key } = input;
        let set = service(context).set_default_rule(scope(context), municipality.0.current(), key).await;
        let (rule, user_errors) = settled(set)?;
        let grading_rule = rule.flatten().map(GradingRule::from);
        Ok(Some(SetDefaultGradingRulePayload { client_mutation_id, grading_rule, user_errors }))
    }
}
