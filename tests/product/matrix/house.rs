//! Everybody who may come, and what the access table says that they hear.

use anyhow::{Context, Result};
use shirube_access::{
    Grant, InstanceRole, KeyScope, MunicipalRole, Scope,
    table::{Allowed, Place, Row},
};
use shirube_app::KeyPlace;
use shirube_domain::{DepartmentId, UserId, municipality::MunicipalityCode};
use shirube_testing::{Backend, TestService};
use time::OffsetDateTime;
use uuid::Uuid;

use super::rounds::DEPARTMENT;

/// 砂川市, to which the municipal principals belong.
pub(super) const HERE: &str = "012262";
/// 海士町: another tenant, to whom one principal belongs.
pub(super) const THERE: &str = "325252";

/// The municipality of a code.
pub(super) fn code(text: &str) -> MunicipalityCode {
    text.parse().expect("the codes of the tests are codes")
}

/// What somebody has been given.
#[derive(Debug, Clone)]
pub(super) enum Rights {
    /// Nothing: no account.
    Nobody,
    /// A user's roles.
    User(UserId, Vec<Grant>),
    /// A key of such a user, and what it is for.
    UsersKey(Vec<Grant>, Vec<KeyScope>),
    /// A key of a municipality, and what it is for.
    MunicipalKey(MunicipalityCode, Vec<KeyScope>),
}

/// Somebody who asks.
#[derive(Debug)]
pub(super) struct Principal {
    pub(super) name: &'static str,
    pub(super) bearer: Option<String>,
    pub(super) rights: Rights,
}

impl Principal {
    /// The user, if it is one.
    pub(super) const fn user(&self) -> Option<UserId> {
        match &self.rights {
            Rights::User(user, _) => Some(*user),
            Rights::Nobody | Rights::UsersKey(..) | Rights::MunicipalKey(..) => None,
        }
    }

    fn grants(&self) -> &[Grant] {
        match &self.rights {
            Rights::User(_, grants) | Rights::UsersKey(grants, _) => grants,
            Rights::Nobody | Rights::MunicipalKey(..) => &[],
        }
    }

    /// Whether they have a role in a municipality, or are its key.
    pub(super) fn belongs_to(&self, municipality: MunicipalityCode) -> bool {
        let here = |grant: &Grant| matches!(grant, Grant::Municipal(of, _) if *of == municipality);
        let key = matches!(&self.rights, Rights::MunicipalKey(of, _) if *of == municipality);
        key || self.grants().iter().any(here)
    }

    fn has_role(&self, row: &Row, place: Place) -> bool {
        let own = |user: UserId| self.user() == Some(user);
        match row.allowed {
            Allowed::Everyone | Allowed::Readers => true,
            Allowed::Owner => matches!(place, Place::User(user) if own(user)),
            Allowed::Roles(roles) => self.grants().iter().any(|grant| {
                let counts = match (*grant, place) {
                    (_, Place::User(user)) => own(user),
                    (Grant::Instance(_), _) => true,
                    (Grant::Municipal(of, _), Place::Municipality(code)) => of == code,
                    (Grant::Municipal(..), Place::Instance) => false,
                };
                counts && roles.contains(&grant.role())
            }),
        }
    }

    /// Whether the access table lets them do it there, as its page explains it to people.
    pub(super) fn may(&self, row: &Row, place: Place, public_read: bool) -> bool {
        let for_it = |scopes: &[KeyScope]| row.key.is_some_and(|scope| scopes.contains(&scope));
        match &self.rights {
            Rights::Nobody => match row.allowed {
                Allowed::Everyone => true,
                Allowed::Readers => public_read,
                Allowed::Owner | Allowed::Roles(_) => false,
            },
            Rights::User(..) => self.has_role(row, place),
            Rights::UsersKey(_, scopes) => for_it(scopes) && self.has_role(row, place),
            Rights::MunicipalKey(of, scopes) => {
                for_it(scopes) && (place == Place::Instance || place == Place::Municipality(*of))
            }
        }
    }

    /// The code that they hear if they may not do it there.
    pub(super) fn refusal(&self, row: &Row, place: Place, public_read: bool) -> Option<&'static str> {
        if self.may(row, place, public_read) {
            return None;
        }
        let operator = self.grants().contains(&Grant::Instance(InstanceRole::Operator));
        let known = match (&self.rights, place) {
            (Rights::Nobody, _) => return Some("UNAUTHENTICATED"),
            (Rights::User(user, _), Place::User(of)) => *user == of,
            (_, Place::User(_) | Place::Instance) => true,
            (_, Place::Municipality(code)) => operator || self.belongs_to(code),
        };
        Some(if known { "FORBIDDEN" } else { "NOT_FOUND" })
    }
}

/// A municipality, and somebody in it to whom things are done.
#[derive(Debug)]
pub(super) struct Town {
    pub(super) code: MunicipalityCode,
    pub(super) member: UserId,
}

/// The service with everybody in it.
pub(super) struct House {
    pub(super) service: TestService,
    pub(super) public_read: bool,
    pub(super) principals: Vec<Principal>,
    pub(super) here: Town,
    pub(super) there: Town,
    /// Somebody who has an account, to whom things are done.
    pub(super) guest: UserId,
    /// An instant at which keys may end.
    pub(super) later: OffsetDateTime,
}

/// A word that nobody has used before.
pub(super) fn fresh() -> String {
    Uuid::now_v7().simple().to_string()
}

impl House {
    pub(super) async fn new(backend: Backend, public_read: bool) -> Result<Self> {
        let service =
            if public_read { TestService::sample(backend).await? } else { TestService::private(backend).await? };
        let (here, there) = (code(HERE), code(THERE));
        let department = service.app.add_department(&Scope::machine(), here, DEPARTMENT).await?.id;
        let researcher = [Grant::Instance(InstanceRole::Researcher)];
        let of = [
            ("operator", Grant::Instance(InstanceRole::Operator)),
            ("researcher", researcher[0]),
            ("administrator", Grant::Municipal(here, MunicipalRole::Administrator)),
            ("planner", Grant::Municipal(here, MunicipalRole::Planner)),
            ("reporter", Grant::Municipal(here, MunicipalRole::Reporter(department))),
            ("reviewer", Grant::Municipal(here, MunicipalRole::Reviewer)),
            ("another tenant's administrator", Grant::Municipal(there, MunicipalRole::Administrator)),
        ];
        let mut principals = vec![Principal { name: "nobody", bearer: None, rights: Rights::Nobody }];
        for (at, (name, grant)) in of.into_iter().enumerate() {
            let (user, bearer) = user(&service, &format!("someone{at}@city.example"), grant).await?;
            principals.push(Principal { name, bearer: Some(bearer), rights: Rights::User(user, vec![grant]) });
        }
        let asking = principals[2].user().context("the researcher is a user")?;
        let reviewer = |code| Grant::Municipal(code, MunicipalRole::Reviewer);
        let (member, _) = user(&service, "member@here.example", reviewer(here)).await?;
        let here = Town { code: here, member };
        let (member, _) = user(&service, "member@there.example", reviewer(there)).await?;
        let there = Town { code: there, member };
        let (guest, _) = user(&service, "guest@city.example", researcher[0]).await?;
        let invited = service.app.invite(&Scope::machine(), here.code, "x@y.jp", "x", MunicipalRole::Reviewer).await?;
        let later = invited.invitation.expires_at;
        let mut house = Self { service, public_read, principals, here, there, guest, later };

        let scopes = vec![KeyScope::ReadPublished, KeyScope::Bulk];
        let bearer = house.key(KeyPlace::User(asking), scopes.clone()).await?;
        let rights = Rights::UsersKey(researcher.to_vec(), scopes);
        house.principals.push(Principal { name: "a researcher's key", bearer: Some(bearer), rights });
        for (name, scopes) in [
            ("a municipality's key for drafts", vec![KeyScope::ReadDrafts]),
            ("a municipality's key for drafts and the rest", vec![KeyScope::ReadPublished, KeyScope::ReadDrafts]),
            ("a municipality's key for figures", vec![KeyScope::ReportFigures]),
        ] {
            let bearer = house.key(KeyPlace::Municipality(house.here.code), scopes.clone()).await?;
            let rights = Rights::MunicipalKey(house.here.code, scopes);
            house.principals.push(Principal { name, bearer: Some(bearer), rights });
        }
        Ok(house)
    }

    /// The secret of a new key.
    async fn key(&self, place: KeyPlace, scopes: Vec<KeyScope>) -> Result<String> {
        let made = self.service.app.make_key(&Scope::machine(), place, "鍵", scopes, self.later).await?;
        Ok(made.secret.reveal().to_owned())
    }

    /// The principal of a name.
    pub(super) fn principal(&self, name: &str) -> &Principal {
        self.principals.iter().find(|of| of.name == name).expect("the tests name principals that there are")
    }

    /// The municipality of a code.
    pub(super) fn town(&self, code: MunicipalityCode) -> &Town {
        if code == self.here.code { &self.here } else { &self.there }
    }

    /// A department that is there.
    pub(super) async fn some_department(&self, code: MunicipalityCode) -> Result<DepartmentId> {
        match self.service.app.departments(&Scope::machine(), code).await?.first() {
            Some(known) => Ok(known.id),
            None => self.department(code).await,
        }
    }

    /// A new department.
    pub(super) async fn department(&self, code: MunicipalityCode) -> Result<DepartmentId> {
        Ok(self.service.app.add_department(&Scope::machine(), code, &fresh()).await?.id)
    }
}

/// A user with one role, and their access token.
async fn user(service: &TestService, email: &str, grant: Grant) -> Result<(UserId, String)> {
    let token = service.user(email, &[grant]).await?;
    let scope = service.scope(Some(&token)).await?;
    let user = scope.user().context("a user signed in")?;
    Ok((user.id, token))
}
