//! Who may see and do what, counted from the access table and the rows of the people, beside the product's own reckoning.

use shirube_access::{
    KeyScope, Role,
    table::{
        self, Action, Allowed, ManageMunicipalKeys, ManageUsers, ManageWebhooks, Place, ReadAudit, ReadDepartments,
        ReadDraft, ReadInstanceAudit, ReadPeople, Row,
    },
};
use shirube_domain::{UserId, municipality::MunicipalityCode};

/// What a marked text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Draft,
    Department,
    Person,
    Invitation,
    Key,
    Webhook,
    /// A reason in the audit trail of a municipality.
    Reason,
    /// Said of the instance: an invitation to it, a reason in its audit trail.
    Instance,
    /// The name of somebody's own key.
    OwnKey,
}

/// Whose a marked text is.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) kind: Kind,
    pub(super) places: Vec<MunicipalityCode>,
    /// The person whose name or key it is.
    pub(super) owner: Option<usize>,
    /// The API key whose name it is.
    pub(super) key: Option<usize>,
    /// Whether it was published, and so is for everybody.
    pub(super) published: bool,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Anonymous,
    Person(usize),
    Key(usize),
}

/// What is known of a person.
#[derive(Debug)]
pub(super) struct Rights {
    pub(super) id: UserId,
    /// Each role, and where; nowhere is in the instance.
    pub(super) roles: Vec<(Option<MunicipalityCode>, Role)>,
    /// Where their name may stand in lists, today or from earlier on.
    pub(super) places: Vec<MunicipalityCode>,
    /// Whether they ever ran the instance: then their name may stand in every audit trail.
    pub(super) ran_instance: bool,
}

/// What is known of a key.
#[derive(Debug)]
pub(super) struct KeyRights {
    pub(super) owner: Result<MunicipalityCode, usize>,
    pub(super) scopes: Vec<KeyScope>,
}

/// Everybody's rights.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) people: Vec<Rights>,
    pub(super) keys: Vec<KeyRights>,
}

impl Model {
    /// Whether somebody may do what a row of the access table says, somewhere.
    pub(super) fn may(&self, who: Who, row: &Row, place: Place) -> bool {
        match who {
            Who::Anonymous => matches!(row.allowed, Allowed::Everyone | Allowed::Readers),
            Who::Person(at) => self.person_may(at, row.allowed, place, true),
            Who::Key(at) => {
                let key = &self.keys[at];
                row.key.is_some_and(|scope| key.scopes.contains(&scope))
                    && match key.owner {
                        Ok(code) => matches!(place, Place::Instance) || place == Place::Municipality(code),
                        Err(person) => self.person_may(person, row.allowed, place, false),
                    }
            }
        }
    }

    fn person_may(&self, at: usize, allowed: Allowed, place: Place, themselves: bool) -> bool {
        let person = &self.people[at];
        if let Place::User(id) = place
            && (id != person.id || !themselves)
        {
            return false;
        }
        match allowed {
            Allowed::Everyone | Allowed::Readers => true,
            Allowed::Owner => matches!(place, Place::User(_)),
            Allowed::Roles(roles) => person
                .roles
                .iter()
                .any(|(code, role)| roles.contains(role) && code.is_none_or(|code| place == Place::Municipality(code))),
        }
    }

    /// Whether somebody may do this in the instance.
    pub(super) fn may_in_instance<A: Action>(&self, who: Who) -> bool {
        self.may(who, &A::ROW, Place::Instance)
    }

    /// Whether somebody may do one of these in a municipality.
    fn may_one(&self, who: Who, rows: &[Row], code: MunicipalityCode) -> bool {
        rows.iter().any(|row| self.may(who, row, Place::Municipality(code)))
    }

    /// The person who asks, or whose key does.
    fn person(&self, who: Who) -> Option<usize> {
        match who {
            Who::Anonymous => None,
            Who::Person(at) => Some(at),
            Who::Key(at) => self.keys[at].owner.err(),
        }
    }

    /// Whether a marked text may stand in an answer to somebody.
    pub(super) fn sees(&self, who: Who, mark: &Mark) -> bool {
        let anywhere = |rows: &[Row]| mark.places.iter().any(|code| self.may_one(who, rows, *code));
        if mark.published {
            return true;
        }
        let mine = mark.owner.is_some() && mark.owner == self.person(who);
        match mark.kind {
            // Not those who run the instance.
            Kind::Draft => anywhere(&[ReadDraft::ROW]),
            Kind::Department => anywhere(&[ReadDepartments::ROW, ReadDraft::ROW, ReadAudit::ROW]),
            Kind::Invitation => anywhere(&[ReadPeople::ROW, ReadAudit::ROW]),
            Kind::Key => {
                // Drafts name who entered a figure.
                anywhere(&[ManageMunicipalKeys::ROW, ReadAudit::ROW, ReadDraft::ROW])
                    || mark.key.is_some_and(|key| who == Who::Key(key))
            }
            // The audit trail names the host alone.
            Kind::Webhook => anywhere(&[ManageWebhooks::ROW]),
            Kind::Reason => anywhere(&[ReadAudit::ROW]),
            Kind::Instance => {
                self.may_in_instance::<ManageUsers>(who) || self.may_in_instance::<ReadInstanceAudit>(who)
            }
            Kind::OwnKey => mine || self.may_in_instance::<ReadInstanceAudit>(who),
            Kind::Person => mark.owner.is_some_and(|person| {
                // Drafts name, and do nothing more than name, who entered a figure or gave an opinion.
                let named = self.people[person].places.iter().any(|code| self.may_one(who, &[ReadDraft::ROW], *code));
                mine || named || self.sees_person(who, person)
            }),
        }
    }

    /// Whether somebody may learn of a person.
    pub(super) fn sees_person(&self, who: Who, person: usize) -> bool {
        let of = &self.people[person];
        let lists = [ReadPeople::ROW, ReadAudit::ROW];
        let reads_trails = |who| {
            let own = self.person(who).map(|at| &self.people[at]);
            own.is_some_and(|own| {
                own.roles.iter().filter_map(|(code, _)| *code).any(|code| self.may_one(who, &lists, code))
            })
        };
        self.person(who) == Some(person)
            || self.may_in_instance::<ManageUsers>(who)
            || of.places.iter().any(|code| self.may_one(who, &lists, *code))
            // Who runs the instance invites people everywhere, and is named there.
            || (of.ran_instance && reads_trails(who))
    }

    /// Whether somebody has nothing to do with a municipality: to them, what is in it does not exist.
    pub(super) fn is_stranger(&self, who: Who, code: MunicipalityCode) -> bool {
        match who {
            Who::Anonymous => true,
            Who::Key(at) if self.keys[at].owner.is_ok() => self.keys[at].owner != Ok(code),
            Who::Person(_) | Who::Key(_) => {
                let own = self.person(who).map(|at| &self.people[at]);
                own.is_none_or(|own| {
                    !own.roles.iter().any(|(of, role)| *of == Some(code) || (of.is_none() && *role == Role::Operator))
                })
            }
        }
    }
}

/// Which row of the access table a field of the root asks for: in a municipality, and without one.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) municipal: Option<Row>,
    pub(super) other: Option<Row>,
    /// The kind of global id in its input that says where.
    pub(super) id: &'static str,
}

/// The rule of a field of the root; `None` for what is open to all.
pub(super) fn rule(field: &str) -> Option<Rule> {
    use table::{
        AnswerOpinion, EditStrategy, GiveOpinion, MakeOwnKeys, ManageDepartments, ManageGradingRules, ManageOwnAccount,
        ManagePeople, ManageRounds, Publish, ReportFigures,
    };
    let (municipal, other, id) = match field {
        "node" | "nodes" | "instance" | "viewer" | "prefectures" | "municipality" | "municipalities" | "strategy"
        | "standardIndicator" | "standardIndicators" | "officialIndicators" | "gradingRules" | "comparison"
        | "trends" | "neighbours" | "correlation" | "progressComparison" | "comparability" => return None,
        "drafts" | "rounds" => (Some(ReadDraft::ROW), None, ""),
        "openRound" => (Some(ManageRounds::ROW), None, "strategy"),
        "changeRound" | "returnFigures" | "approveFigures" | "openCorrections" => {
            (Some(ManageRounds::ROW), None, "round")
        }
        "reportFigures" => (Some(ReportFigures::ROW), None, "task"),
        "submitFigures" | "carryForwardRemarks" => (Some(ReportFigures::ROW), None, "round"),
        "giveOpinion" => (Some(GiveOpinion::ROW), None, "round"),
        "answerOpinion" => (Some(AnswerOpinion::ROW), None, "opinion"),
        "memberships" => (Some(ReadPeople::ROW), None, ""),
        "departments" => (Some(ReadDepartments::ROW), None, ""),
        "invitations" => (Some(ReadPeople::ROW), Some(ManageUsers::ROW), ""),
        "apiKeys" => (Some(ManageMunicipalKeys::ROW), None, ""),
        "audit" => (Some(ReadAudit::ROW), Some(ReadInstanceAudit::ROW), ""),
        "accounts" | "inviteToInstance" | "grantInstanceRole" | "revokeInstanceRole" | "disableUser" | "enableUser"
        | "endSessions" | "resetPassword" => (None, Some(ManageUsers::ROW), ""),
        "invitePerson" | "grantRole" => (Some(ManagePeople::ROW), None, ""),
        "revokeRole" => (Some(ManagePeople::ROW), None, "membership"),
        "cancelInvitation" => (Some(ManagePeople::ROW), Some(ManageUsers::ROW), "invitation"),
        "createDepartment" => (Some(ManageDepartments::ROW), None, ""),
        "renameDepartment" | "deleteDepartment" => (Some(ManageDepartments::ROW), None, "department"),
        "createStrategy" => (Some(EditStrategy::ROW), None, ""),
        "deleteStrategy" => (Some(EditStrategy::ROW), None, "strategy"),
        "publishStrategy" => (Some(Publish::ROW), None, "strategy"),
        "updateStrategy" | "setLevels" | "copyStrategy" | "explainDropped" | "createNode" => {
            (Some(EditStrategy::ROW), None, "strategy")
        }
        "updateNode" | "moveNode" | "endNode" | "deleteNode" | "createIndicator" => {
            (Some(EditStrategy::ROW), None, "node")
        }
        "updateIndicator" | "moveIndicator" | "endIndicator" | "deleteIndicator" | "setFigures" | "setRemark"
        | "reviseTarget" | "setMappings" => (Some(EditStrategy::ROW), None, "indicator"),
        "createApiKey" => (Some(ManageMunicipalKeys::ROW), Some(MakeOwnKeys::ROW), ""),
        "saveGradingRule" | "retireGradingRule" | "setDefaultGradingRule" => (Some(ManageGradingRules::ROW), None, ""),
        "webhooks" | "createWebhook" => (Some(ManageWebhooks::ROW), None, ""),
        "updateWebhook" | "deleteWebhook" | "rotateWebhookSecret" | "testWebhook" => {
            (Some(ManageWebhooks::ROW), None, "webhook")
        }
        "redeliver" => (Some(ManageWebhooks::ROW), None, "delivery"),
        "revokeApiKey" => (Some(ManageMunicipalKeys::ROW), Some(ManageOwnAccount::ROW), "key"),
        _ => panic!("the root has a new field {field}; say in tests/product/tenants/model.rs which action it asks for"),
    };
    Some(Rule { municipal, other, id })
}
