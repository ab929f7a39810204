//! What a file of the sample format holds, as it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use shirube_domain::{
    quantity::Number,
    strategy::{
        Absence, Accumulation, Decision, Detail, Direction, Level, MappingDifference, MappingStrength, NoIndicator,
        StatedRequirement,
    },
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) format: String,
    pub(crate) municipality: String,
    pub(crate) title: String,
    pub(crate) term: String,
    pub(crate) term_number: u8,
    pub(crate) first_year: String,
    pub(crate) last_year: String,
    pub(crate) report: ReportFile,
    pub(crate) source: SourceFile,
    pub(crate) levels: Vec<Level>,
    /// Who decided on the mappings of the file, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mappings_decided: Option<Decision>,
    pub(crate) plan: Vec<NodeFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportFile {
    pub(crate) year: String,
    pub(crate) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total_heading: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate_heading: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grade_heading: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) goal_remark_heading: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remark_heading: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceFile {
    pub(crate) attribution: String,
    pub(crate) terms: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<String>,
    pub(crate) title: String,
    /// Counted from 0; the level below its parent's unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no_indicator: Option<NoIndicator>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) remarks: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) indicators: Vec<IndicatorFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) children: Vec<NodeFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorFile {
    pub(crate) label: String,
    pub(crate) role: RoleFile,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    pub(crate) direction: Direction,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) baseline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) requirement: Option<StatedRequirement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accumulation: Option<Accumulation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) targets: Option<Vec<Option<String>>>,
    pub(crate) actuals: Vec<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rates: Option<Vec<Option<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grades: Option<Vec<Option<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<[String; 2]>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) absences: BTreeMap<String, Absence>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) remarks: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) details: Vec<Detail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<Number>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) mappings: Vec<MappingFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingFile {
    pub(crate) standard: String,
    pub(crate) strength: MappingStrength,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) factor: Option<Number>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) differences: BTreeSet<MappingDifference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleFile {
    GoalTarget,
    Kpi,
    Monitored,
}
