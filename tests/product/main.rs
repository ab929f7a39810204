//! The product from outside, on both databases.

mod authoring;
mod bad_input;
mod changes;
mod conformance;
mod corrections;
mod documents;
mod drafts;
mod editing;
mod faults;
mod grades;
mod grading_rules;
mod http;
mod live;
mod matrix;
mod oidc;
mod operations;
mod paging;
mod publications;
mod rates;
mod readme;
mod repeats;
mod reporting;
mod sign_in;
mod tenants;
mod webhooks;
mod year;
