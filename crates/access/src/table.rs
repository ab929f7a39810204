//! The access table: every action, what it is done to, and who may do it. This is the one place where that is said;
//! `schema/access.md` is made from it.

use shirube_domain::{UserId, municipality::MunicipalityCode};

use crate::role::{KeyScope, Role};

/// Something that can be done. The type is named where a permit is asked for, and in the signature of the effect.
pub trait Action: Send + Sync + 'static {
    /// What it is done to.
    type Target: Target;
    /// Its row of the access table.
    const ROW: Row;
}

/// What an action is done to.
pub trait Target: Clone + std::fmt::Debug + Send + Sync {
    /// Where it is, as far as rights go.
    fn place(&self) -> Place;
}

/// A place of the house, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The whole instance.
    Instance,
    /// One municipality.
    Municipality(MunicipalityCode),
    /// What belongs to one user.
    User(UserId),
}

/// The whole instance as a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance;

impl Target for Instance {
    fn place(&self) -> Place {
        Place::Instance
    }
}

impl Target for MunicipalityCode {
    fn place(&self) -> Place {
        Place::Municipality(*self)
    }
}

impl Target for UserId {
    fn place(&self) -> Place {
        Place::User(*self)
    }
}

/// A row of the access table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The name of the action.
    pub action: &'static str,
    /// What it is done to.
    pub target: TargetKind,
    /// Whether it changes anything.
    pub effect: Effect,
    /// Who may do it.
    pub allowed: Allowed,
    /// The scope that lets an API key do it; `None`: no key may.
    pub key: Option<KeyScope>,
    /// What it is, in English.
    pub english: &'static str,
    /// What it is, in Japanese.
    pub japanese: &'static str,
    /// What is not found where it is refused to a stranger.
    pub noun: &'static str,
}

/// Whether an action changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only reads.
    Reads,
    /// It writes, with a line in the audit trail.
    Writes,
}

/// The kind of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// The whole instance.
    Instance,
    /// One municipality.
    Municipality,
    /// What belongs to the caller.
    Own,
}

/// Who may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Everybody, with or without an account.
    Everyone,
    /// Everybody while the instance reads publicly; otherwise everybody who says who they are.
    Readers,
    /// A user, for what is their own.
    Owner,
    /// Those who have one of these roles, in the municipality that it is done to or in the instance.
    Roles(&'static [Role]),
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $name:ident ($japanese:literal, $noun:literal) $effect:ident $target:ident: $allowed:expr, key $key:expr;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Action for $name {
                type Target = actions!(@target $target);
                const ROW: Row = Row {
                    action: stringify!($name),
                    target: TargetKind::$target,
                    effect: Effect::$effect,
                    allowed: $allowed,
                    key: $key,
                    english: concat!($($doc),*).trim_ascii(),
                    japanese: $japanese,
                    noun: $noun,
                };
            }
        )*

        /// Every row, in the order in which the table is read.
        pub const TABLE: &[Row] = &[$($name::ROW),*];
    };
    (@target Instance) => { Instance };
    (@target Municipality) => { MunicipalityCode };
    (@target Own) => { UserId };
}

use Allowed::{Everyone, Owner, Readers, Roles};
use Role::{Administrator, Operator, Planner, Reporter, Researcher, Reviewer};

actions! {
    /// Asking what the instance is, and who one is.
    ReadInstance ("この環境と自分について知る", "the instance") Reads Instance: Everyone, key Some(KeyScope::ReadPublished);
    /// Reading what is published, and the reference data beside it.
    ReadPublished ("公表された内容と参照データを読む", "the instance") Reads Instance: Readers, key Some(KeyScope::ReadPublished);
    /// Reading much of it: the larger budgets.
    ReadInBulk ("公表された内容を大量に読む", "the instance") Reads Instance: Roles(&[Operator, Researcher]), key Some(KeyScope::Bulk);
    /// Signing in, refreshing and signing out, by what one knows or was sent.
    SignIn ("ログイン・更新・ログアウト", "the instance") Writes Instance: Everyone, key None;
    /// Saying who one is, by a token or a key.
    Recognize ("トークンやAPIキーで名乗る", "the instance") Reads Instance: Everyone, key None;
    /// Accepting an invitation to a municipality, by its link.
    AcceptInvitation ("招待を受ける", "the invitation") Writes Municipality: Everyone, key None;
    /// Showing an API key of a municipality.
    ShowKey ("自治体のAPIキーを提示する", "the API key") Reads Municipality: Everyone, key None;
    /// Noting when an API key of a municipality was used.
    NoteKeyUse ("自治体のAPIキーの利用を記録する", "the API key") Writes Municipality: Everyone, key None;
    /// Looking up what became of a mutation that one sends again.
    RecallMutation ("再送した変更の結果を調べる", "the instance") Reads Instance: Everyone, key None;
    /// Keeping the answer to a mutation, in case it is sent again.
    KeepAnswer ("再送に備えて変更の結果を控える", "the instance") Writes Instance: Everyone, key None;
    /// Loading reference data and sample strategies.
    LoadReference ("参照データを取り込む", "the instance") Writes Instance: Roles(&[]), key None;
    /// Making and changing the strategies of a municipality.
    EditStrategy ("戦略を策定・改定する", "the strategy") Writes Municipality: Roles(&[Administrator, Planner]), key None;
    /// Publishing a strategy of a municipality.
    Publish ("戦略を公表する", "the strategy") Writes Municipality: Roles(&[Administrator, Planner]), key None;
    /// Opening a reporting round, returning and approving what departments report, opening corrections.
    ManageRounds ("年度の実績報告を開き、差し戻し、承認する", "the round") Writes Municipality: Roles(&[Administrator, Planner]), key None;
    /// Reporting figures and remarks: a reporter those of the own department, the planning section on behalf of any.
    ReportFigures ("実績値と所見を報告する", "the round") Writes Municipality: Roles(&[Administrator, Planner, Reporter]), key Some(KeyScope::ReportFigures);
    /// Giving an opinion on an indicator or node of a round.
    GiveOpinion ("意見を述べる", "the round") Writes Municipality: Roles(&[Administrator, Planner, Reviewer]), key None;
    /// Answering an opinion, and saying whether it is to be published.
    AnswerOpinion ("意見に回答し、公表するかを決める", "the opinion") Writes Municipality: Roles(&[Administrator, Planner]), key None;
    /// Saving and retiring the grading rules of a municipality, and naming the one by which it is graded.
    ManageGradingRules ("評価基準を定め、改め、廃止し、標準を選ぶ", "the grading rule") Writes Municipality: Roles(&[Administrator, Planner]), key None;
    /// Reading the drafts of a municipality.
    ReadDraft ("策定中の戦略を読む", "the draft") Reads Municipality: Roles(&[Administrator, Planner, Reporter, Reviewer]), key Some(KeyScope::ReadDrafts);
    /// Listing the departments of a municipality.
    ReadDepartments ("部署の一覧を見る", "the municipality") Reads Municipality: Roles(&[Administrator, Planner, Reporter, Reviewer, Operator]), key None;
    /// Adding, renaming and removing departments.
    ManageDepartments ("部署を管理する", "the municipality") Writes Municipality: Roles(&[Administrator, Planner]), key None;
    /// Listing the people of a municipality, their roles and the open invitations.
    ReadPeople ("利用者・役割・招待の一覧を見る", "the municipality") Reads Municipality: Roles(&[Administrator, Operator]), key None;
    /// Inviting people to a municipality, and giving and taking their roles in it.
    ManagePeople ("利用者を招待し、役割を管理する", "the municipality") Writes Municipality: Roles(&[Administrator, Operator]), key None;
    /// Listing, making and revoking the API keys of a municipality.
    ManageMunicipalKeys ("自治体のAPIキーを管理する", "the municipality") Writes Municipality: Roles(&[Administrator]), key None;
    /// Listing, making, changing and trying out the webhooks of a municipality, and sending again what they told.
    ManageWebhooks ("自治体のWebhookを管理する", "the municipality") Writes Municipality: Roles(&[Administrator]), key None;
    /// Telling webhooks of what comes with time alone: what is overdue.
    KeepDates ("期限の超過を知らせる", "the round") Writes Municipality: Roles(&[]), key None;
    /// Delivering what the webhooks of a municipality tell.
    DeliverWebhooks ("Webhook通知を届ける", "the webhook") Writes Municipality: Roles(&[]), key None;
    /// Taking from the agenda what is due.
    WorkAgenda ("予定の仕事を引き受ける", "the instance") Writes Instance: Roles(&[]), key None;
    /// Reading the audit trail of a municipality.
    ReadAudit ("自治体の監査記録を見る", "the municipality") Reads Municipality: Roles(&[Administrator, Operator]), key None;
    /// Listing all users and the invitations to the instance, inviting operators and researchers, disabling users.
    ManageUsers ("全利用者を管理する", "the instance") Writes Instance: Roles(&[Operator]), key None;
    /// Reading the audit trail of the instance.
    ReadInstanceAudit ("環境全体の監査記録を見る", "the instance") Reads Instance: Roles(&[Operator]), key None;
    /// Making API keys of one's own.
    MakeOwnKeys ("自分のAPIキーを作る", "the user") Writes Own: Roles(&[Operator, Researcher]), key None;
    /// Listing and revoking one's own API keys and sessions, changing one's own password.
    ManageOwnAccount ("自分のアカウントを管理する", "the user") Writes Own: Owner, key None;
}

/// The table as a page.
pub fn page() -> String {
    use std::fmt::Write as _;
    let mut page = String::from(
        "# Who may do what / 権限表\n\n\
         Made from `crates/access/src/table.rs` by `cargo xtask schema`; compared in CI. ● allowed · ○ allowed while the \
         instance reads publicly (`SHIRUBE_PUBLIC_READ`) · ◐ for what is one's own · – refused.\n\n\
         A role in a municipality counts in that municipality alone. What is refused to somebody without any role in the \
         municipality is answered NOT_FOUND, to somebody with another role FORBIDDEN, without an account \
         UNAUTHENTICATED. An API key does what its scope says and no more than its owner may. Whoever has the machine \
         (`shirube user`, `key`, `token`) may do everything.\n\n",
    );
    let roles: Vec<String> = Role::ALL.iter().map(|role| format!("{role} {}", role.japanese())).collect();
    let _ = writeln!(page, "| action | does | to | no account | {} | API key | what |", roles.join(" | "));
    let _ = writeln!(page, "| --- | --- | --- | :-: |{} --- | --- |", " :-: |".repeat(Role::ALL.len()));
    for row in TABLE {
        let target = match row.target {
            TargetKind::Instance => "instance",
            TargetKind::Municipality => "municipality",
            TargetKind::Own => "own account",
        };
        let (nobody, role): (&str, &dyn Fn(Role) -> &'static str) = match row.allowed {
            Everyone => ("●", &|_| "●"),
            Readers => ("○", &|_| "●"),
            Owner => ("–", &|_| "◐"),
            Roles(roles) if row.target == TargetKind::Own => {
                ("–", &|role| if roles.contains(&role) { "◐" } else { "–" })
            }
            Roles(roles) => ("–", &|role| if roles.contains(&role) { "●" } else { "–" }),
        };
        let cells: Vec<&str> = Role::ALL.into_iter().map(role).collect();
        let key = row.key.map_or("–".to_owned(), |scope| format!("`{}`", scope.name()));
        let _ = writeln!(
            page,
            "| {} | {} | {target} | {nobody} | {} | {key} | {} {} |",
            row.action,
            if row.effect == Effect::Reads { "reads" } else { "writes" },
            cells.join(" | "),
            row.english,
            row.japanese
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_row_for_each_action() {
        let page = page();
        let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).collect();
        assert_eq!(lines.len(), 2 + TABLE.len(), "a heading, a rule, and the actions");
        let columns = |line: &str| line.matches(" | ").count();
        for (line, row) in lines[2..].iter().zip(TABLE) {
            assert!(line.starts_with(&format!("| {} |", row.action)), "{line}");
            assert_eq!(columns(line), columns(lines[0]), "{line}");
        }
    }

    #[test]
    fn no_action_is_there_twice() {
        for (at, row) in TABLE.iter().enumerate() {
            assert!(TABLE[..at].iter().all(|other| other.action != row.action), "{}", row.action);
        }
    }
}
