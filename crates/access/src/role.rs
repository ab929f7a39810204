use std::fmt;

use serde::{Deserialize, Serialize};
use shirube_domain::{DepartmentId, municipality::MunicipalityCode};

/// A role, without saying where: the columns of the access table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the instance (運用者).
    Operator,
    /// Compares municipalities over what is published (研究者).
    Researcher,
    /// Manages the people of a municipality (管理者).
    Administrator,
    /// The planning section of a municipality (企画課).
    Planner,
    /// A department of a municipality (担当課).
    Reporter,
    /// A committee or council of a municipality (外部有識者会議, 議会).
    Reviewer,
}

impl Role {
    /// All roles, in the order of the access table.
    pub const ALL: [Self; 6] =
        [Self::Operator, Self::Researcher, Self::Administrator, Self::Planner, Self::Reporter, Self::Reviewer];

    /// Its name, as it is stored and typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Researcher => "researcher",
            Self::Administrator => "administrator",
            Self::Planner => "planner",
            Self::Reporter => "reporter",
            Self::Reviewer => "reviewer",
        }
    }

    /// Its Japanese name.
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Operator => "運用者",
            Self::Researcher => "研究者",
            Self::Administrator => "管理者",
            Self::Planner => "企画課",
            Self::Reporter => "担当課",
            Self::Reviewer => "外部有識者",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A role in the whole instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstanceRole {
    /// See [`Role::Operator`].
    Operator,
    /// See [`Role::Researcher`].
    Researcher,
}

impl InstanceRole {
    /// The role of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Operator, Self::Researcher].into_iter().find(|role| role.role().name() == name)
    }

    /// The same without saying where.
    pub const fn role(self) -> Role {
        match self {
            Self::Operator => Role::Operator,
            Self::Researcher => Role::Researcher,
        }
    }
}

/// A role in one municipality. A reporter always belongs to a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MunicipalRole {
    /// See [`Role::Administrator`].
    Administrator,
    /// See [`Role::Planner`].
    Planner,
    /// See [`Role::Reporter`].
    Reporter(DepartmentId),
    /// See [`Role::Reviewer`].
    Reviewer,
}

/// Why a role and a department make no role in a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// A reporter without a department.
    #[error("a reporter belongs to a department; name it")]
    NoDepartment,
    /// A department with another role.
    #[error("only a reporter belongs to a department; leave it out")]
    Department,
    /// A role of the instance.
    #[error("this is not a role in a municipality; it is one of administrator, planner, reporter and reviewer")]
    NotMunicipal,
}

impl MunicipalRole {
    /// Puts a role and a department together.
    pub const fn new(role: Role, department: Option<DepartmentId>) -> Result<Self, RoleError> {
        match (role, department) {
            (Role::Administrator, None) => Ok(Self::Administrator),
            (Role::Planner, None) => Ok(Self::Planner),
            (Role::Reviewer, None) => Ok(Self::Reviewer),
            (Role::Reporter, Some(department)) => Ok(Self::Reporter(department)),
            (Role::Reporter, None) => Err(RoleError::NoDepartment),
            (Role::Operator | Role::Researcher, _) => Err(RoleError::NotMunicipal),
            (_, Some(_)) => Err(RoleError::Department),
        }
    }

    /// The same without the department.
    pub const fn role(self) -> Role {
        match self {
            Self::Administrator => Role::Administrator,
            Self::Planner => Role::Planner,
            Self::Reporter(_) => Role::Reporter,
            Self::Reviewer => Role::Reviewer,
        }
    }

    /// The department of a reporter.
    pub const fn department(self) -> Option<DepartmentId> {
        match self {
            Self::Reporter(department) => Some(department),
            _ => None,
        }
    }
}

/// A role that somebody has: where, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grant {
    /// In the whole instance.
    Instance(InstanceRole),
    /// In one municipality.
    Municipal(MunicipalityCode, MunicipalRole),
}

impl Grant {
    /// The role without saying where.
    pub const fn role(self) -> Role {
        match self {
            Self::Instance(role) => role.role(),
            Self::Municipal(_, role) => role.role(),
        }
    }
}

/// What an API key is for. A key never does more than this, nor more than its owner may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// Reading what is published.
    ReadPublished,
    /// Reading what is published in bulk: larger budgets.
    Bulk,
    /// Reading the municipality's own drafts.
    ReadDrafts,
    /// Reporting the municipality's own figures.
    ReportFigures,
}

impl KeyScope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ReadPublished, Self::Bulk, Self::ReadDrafts, Self::ReportFigures];

    /// Its name, as it is stored and typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadPublished => "read_published",
            Self::Bulk => "bulk",
            Self::ReadDrafts => "read_drafts",
            Self::ReportFigures => "report_figures",
        }
    }

    /// The scope of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether it concerns one municipality, so that a person's own key cannot have it.
    pub const fn is_municipal(self) -> bool {
        matches!(self, Self::ReadDrafts | Self::ReportFigures)
    }
}
