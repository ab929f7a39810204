use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use shirube_domain::{ApiKeyId, DepartmentId, Error, SessionId, UserId, municipality::MunicipalityCode};
use time::OffsetDateTime;

use crate::{
    attempt::Attempt,
    role::{Grant, InstanceRole, KeyScope, MunicipalRole, Role},
    table::{Action, Allowed, Place, Row, TABLE, Target, TargetKind},
    token::AccessToken,
};

/// A user, as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The e-mail address, in lower case.
    pub email: String,
    /// The name.
    pub name: String,
}

/// What is stored about a session, against which an access token is held.
#[derive(Debug, Clone)]
pub struct SessionFacts {
    /// The session.
    pub session: SessionId,
    /// Whose it is.
    pub user: User,
    /// Whether it goes on: neither ended nor that of a disabled user.
    pub live: bool,
    /// What the user may, today.
    pub grants: Vec<Grant>,
}

/// Whose an API key is.
#[derive(Debug, Clone)]
pub enum KeyOwner {
    /// A user's, with what the user may today.
    User(User, Vec<Grant>),
    /// A municipality's.
    Municipality(MunicipalityCode),
}

/// What is stored about an API key.
#[derive(Debug, Clone)]
pub struct KeyFacts {
    /// The key.
    pub id: ApiKeyId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner: KeyOwner,
    /// What it is for.
    pub scopes: Vec<KeyScope>,
    /// Until when it is good.
    pub expires_at: OffsetDateTime,
    /// Whether it may be used: not revoked, and its owner not disabled.
    pub live: bool,
}

/// Who is asking.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Somebody who did not say.
    Anonymous,
    /// A user who signed in.
    User(Arc<SessionFacts>),
    /// A program with an API key.
    Key(Arc<KeyFacts>),
    /// Whoever has the machine: the command line, and the service's own jobs.
    Machine,
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The address of the client.
    pub address: Option<IpAddr>,
    /// The id of the request.
    pub request: Option<String>,
}

/// Somebody said who they are, and it is not believed. There is one such answer, whatever is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access token or API key is not valid")]
pub struct NotBelieved;

/// Who is asking and from where: the one thing of which a permit can be asked.
#[derive(Debug)]
pub struct Scope {
    caller: Caller,
    origin: Origin,
    public_read: bool,
    asked: AtomicUsize,
    /// The mutation that is being done, if it was sent under an id. Those of one request are done one after the other.
    attempt: Mutex<Option<Arc<Attempt>>>,
}

impl Scope {
    const fn new(caller: Caller, origin: Origin, public_read: bool) -> Self {
        Self { caller, origin, public_read, asked: AtomicUsize::new(0), attempt: Mutex::new(None) }
    }

    /// Of somebody who did not say who they are.
    pub const fn anonymous(origin: Origin, public_read: bool) -> Self {
        Self::new(Caller::Anonymous, origin, public_read)
    }

    /// Of a user, by a token that was verified and what is stored about its session.
    pub fn signed_in(
        token: &AccessToken,
        facts: Arc<SessionFacts>,
        origin: Origin,
        public_read: bool,
    ) -> Result<Self, NotBelieved> {
        let fits = facts.live && token.session() == facts.session && token.user() == facts.user.id;
        if fits { Ok(Self::new(Caller::User(facts), origin, public_read)) } else { Err(NotBelieved) }
    }

    /// Of a program, by what is stored about the key that it showed.
    pub fn with_key(
        facts: Arc<KeyFacts>,
        origin: Origin,
        public_read: bool,
        now: OffsetDateTime,
    ) -> Result<Self, NotBelieved> {
        let good = facts.live && now < facts.expires_at;
        if good { Ok(Self::new(Caller::Key(facts), origin, public_read)) } else { Err(NotBelieved) }
    }

    /// Of whoever has the machine. Only the command line and the service's own jobs may call this.
    pub fn machine() -> Self {
        Self::new(Caller::Machine, Origin::default(), true)
    }

    /// Who is asking.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Where the request comes from.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The user who is asking, if it is one.
    pub fn user(&self) -> Option<&User> {
        match &self.caller {
            Caller::User(facts) => Some(&facts.user),
            _ => None,
        }
    }

    /// Who is asking, for the audit trail.
    pub fn actor(&self) -> Actor {
        let (kind, id, name) = match &self.caller {
            Caller::Anonymous => (ActorKind::Anonymous, None, String::new()),
            Caller::User(facts) => (ActorKind::User, Some(facts.user.id.uuid()), facts.user.name.clone()),
            Caller::Key(facts) => (ActorKind::Key, Some(facts.id.uuid()), facts.name.clone()),
            Caller::Machine => (ActorKind::Machine, None, String::new()),
        };
        Actor { kind, id, name, address: self.origin.address, request: self.origin.request.clone() }
    }

    /// Asks whether the caller may do this. The permit is what the effect demands.
    pub fn permit<A: Action>(&self, target: A::Target) -> Result<Permit<A>, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let place = target.place();
        if self.may(&A::ROW, place) {
            let attempt = self.attempt.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Ok(Permit { target, actor: self.actor(), within: self.within(&A::ROW, place), attempt })
        } else {
            Err(self.refusal(&A::ROW, place))
        }
    }

    /// In which departments the caller may do what they may do.
    fn within(&self, row: &Row, place: Place) -> Within {
        let grants = match &self.caller {
            Caller::User(facts) => facts.grants.as_slice(),
            Caller::Key(facts) => match &facts.owner {
                KeyOwner::User(_, grants) => grants.as_slice(),
                KeyOwner::Municipality(_) => return Within::EVERYWHERE,
            },
            Caller::Anonymous | Caller::Machine => return Within::EVERYWHERE,
        };
        let Allowed::Roles(roles) = row.allowed else { return Within::EVERYWHERE };
        let mut within = Within { everywhere: false, own: Vec::new() };
        for grant in grants {
            match *grant {
                Grant::Municipal(code, MunicipalRole::Reporter(own)) if place == Place::Municipality(code) => {
                    within.own.push(own);
                }
                Grant::Municipal(code, role) if place == Place::Municipality(code) => {
                    within.everywhere |= roles.contains(&role.role());
                }
                Grant::Municipal(..) => {}
                Grant::Instance(role) => within.everywhere |= roles.contains(&role.role()),
            }
        }
        within
    }

    /// A sending of a mutation under an id that the caller chose; `None` for those who are nobody in particular.
    pub fn attempt(&self, id: &str, sent: &str) -> Option<Arc<Attempt>> {
        let Actor { kind, id: caller, .. } = self.actor();
        Some(Arc::new(Attempt::new((kind, caller?), id, sent)))
    }

    /// From here on permits belong to this attempt, or to none.
    pub fn set_attempt(&self, attempt: Option<Arc<Attempt>>) {
        *self.attempt.lock().unwrap_or_else(PoisonError::into_inner) = attempt;
    }

    /// Asks whether the caller may do today what they did once: an action by its name, in a municipality if it is done to
    /// one. Refused is what a permit would be refused.
    pub fn may_still(&self, action: &str, municipality: Option<MunicipalityCode>) -> Result<(), Error> {
        let row = TABLE.iter().find(|row| row.action == action).ok_or(Error::NotFound { what: "the action" })?;
        let place = match (municipality, self.user()) {
            (Some(code), _) => Place::Municipality(code),
            (None, Some(user)) if row.target == TargetKind::Own => Place::User(user.id),
            (None, _) => Place::Instance,
        };
        if self.may(row, place) { Ok(()) } else { Err(self.refusal(row, place)) }
    }

    /// How often a permit was asked of it: a test finds doors that ask nothing.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// All that the caller may do, and where: for people to see.
    pub fn permissions(&self) -> Vec<(&'static Row, Place)> {
        let places = self.places();
        let rows = TABLE.iter().flat_map(|row| places.iter().map(move |place| (row, *place)));
        rows.filter(|(row, place)| row.target == kind(*place) && self.may(row, *place)).collect()
    }

    fn places(&self) -> Vec<Place> {
        let mut places = vec![Place::Instance];
        let grants = match &self.caller {
            Caller::User(facts) => {
                places.push(Place::User(facts.user.id));
                facts.grants.as_slice()
            }
            Caller::Key(facts) => match &facts.owner {
                KeyOwner::User(_, grants) => grants.as_slice(),
                KeyOwner::Municipality(code) => {
                    places.push(Place::Municipality(*code));
                    &[]
                }
            },
            Caller::Anonymous | Caller::Machine => &[],
        };
        for grant in grants {
            if let Grant::Municipal(code, _) = grant {
                let place = Place::Municipality(*code);
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        places
    }

    fn may(&self, row: &Row, place: Place) -> bool {
        match &self.caller {
            Caller::Machine => true,
            Caller::Anonymous => match row.allowed {
                Allowed::Everyone => true,
                Allowed::Readers => self.public_read,
                Allowed::Owner | Allowed::Roles(_) => false,
            },
            Caller::User(facts) => holds(row.allowed, place, &facts.grants, Some(facts.user.id)),
            Caller::Key(facts) => {
                row.key.is_some_and(|scope| facts.scopes.contains(&scope))
                    && match &facts.owner {
                        // No more than the owner may; a key does not manage its owner's account.
                        KeyOwner::User(_, grants) => holds(row.allowed, place, grants, None),
                        KeyOwner::Municipality(code) => match place {
                            Place::Municipality(of) => of == *code,
                            Place::Instance => matches!(row.allowed, Allowed::Everyone | Allowed::Readers),
                            Place::User(_) => false,
                        },
                    }
            }
        }
    }

    /// What somebody who may not hears. To a stranger, what is not theirs does not exist.
    fn refusal(&self, row: &Row, place: Place) -> Error {
        let known = match (&self.caller, place) {
            (Caller::Anonymous, _) => return Error::Unauthenticated,
            (_, Place::Instance) | (Caller::Machine, _) => true,
            (Caller::User(facts), Place::Municipality(code)) => reaches(&facts.grants, code),
            (Caller::Key(facts), Place::Municipality(code)) => match &facts.owner {
                KeyOwner::User(_, grants) => reaches(grants, code),
                KeyOwner::Municipality(of) => *of == code,
            },
            // One's own account is there, whatever one may do with it.
            (Caller::User(facts), Place::User(user)) => facts.user.id == user,
            (Caller::Key(_), Place::User(_)) => false,
        };
        if !known {
            return Error::NotFound { what: row.noun };
        }
        let needs = match (&self.caller, row.key, row.allowed) {
            (Caller::Key(_), Some(scope), _) => format!("an API key with the scope {}", scope.name()),
            (Caller::Key(_), None, _) => "a user who signed in; no API key may do it".to_owned(),
            (_, _, Allowed::Roles(roles)) => {
                let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                format!("the role {}", names.join(" or "))
            }
            _ => "an account".to_owned(),
        };
        Error::Forbidden { needs }
    }
}

const fn kind(place: Place) -> TargetKind {
    match place {
        Place::Instance => TargetKind::Instance,
        Place::Municipality(_) => TargetKind::Municipality,
        Place::User(_) => TargetKind::Own,
    }
}

fn holds(allowed: Allowed, place: Place, grants: &[Grant], own: Option<UserId>) -> bool {
    match allowed {
        Allowed::Everyone | Allowed::Readers => true,
        Allowed::Owner => matches!(place, Place::User(user) if Some(user) == own),
        Allowed::Roles(roles) => grants.iter().any(|grant| {
            let here = match (grant, place) {
                (_, Place::User(user)) => Some(user) == own,
                (Grant::Instance(_), _) => true,
                (Grant::Municipal(code, _), place) => place == Place::Municipality(*code),
            };
            here && roles.contains(&grant.role())
        }),
    }
}

/// Whether somebody has to do with a municipality.
fn reaches(grants: &[Grant], code: MunicipalityCode) -> bool {
    grants.iter().any(|grant| match grant {
        Grant::Instance(role) => *role == InstanceRole::Operator,
        Grant::Municipal(of, _) => *of == code,
    })
}

/// In which departments of a municipality somebody may do something: a reporter in the own ones, everybody else in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    everywhere: bool,
    own: Vec<DepartmentId>,
}

impl Within {
    const EVERYWHERE: Self = Self { everywhere: true, own: Vec::new() };

    /// Whether it holds for what a department owes; `None` is what no department owes.
    pub fn covers(&self, department: Option<DepartmentId>) -> bool {
        self.everywhere || self.is_own(department)
    }

    /// Whether it is the own department of whoever does it.
    pub fn is_own(&self, department: Option<DepartmentId>) -> bool {
        department.is_some_and(|department| self.own.contains(&department))
    }
}

/// The proof that somebody may do something to something. Only [`Scope::permit`] makes one; the effect takes what it is
/// done to out of it.
#[derive(Debug, Clone)]
pub struct Permit<A: Action> {
    target: A::Target,
    actor: Actor,
    within: Within,
    attempt: Option<Arc<Attempt>>,
}

impl<A: Action> Permit<A> {
    /// In which departments it holds.
    pub const fn within(&self) -> &Within {
        &self.within
    }

    /// What it is done to.
    pub const fn target(&self) -> &A::Target {
        &self.target
    }

    /// Who does it.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The mutation for which it was asked, if that may be sent again: the effect remembers it.
    pub const fn attempt(&self) -> Option<&Arc<Attempt>> {
        self.attempt.as_ref()
    }
}

/// What kind of a caller did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// Somebody who did not say who they are: a failed sign-in, say.
    Anonymous,
    /// A user.
    User,
    /// A program with an API key.
    Key,
    /// The command line, or a job of the service.
    Machine,
}

impl ActorKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Anonymous, Self::User, Self::Key, Self::Machine];

    /// Its name, as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User => "user",
            Self::Key => "key",
            Self::Machine => "machine",
        }
    }
}

/// Who did something, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The kind.
    pub kind: ActorKind,
    /// The id of the user or key.
    pub id: Option<uuid::Uuid>,
    /// The name then.
    pub name: String,
    /// From where.
    pub address: Option<IpAddr>,
    /// In which request.
    pub request: Option<String>,
}

/// Whether a role in a municipality stays with an administrator if one goes: the last one must not.
pub fn leaves_an_administrator(others: impl IntoIterator<Item = MunicipalRole>) -> bool {
    others.into_iter().any(|role| role.role() == Role::Administrator)
}
