//! The product from outside, on both databases.

mod bad_input;
mod conformance;
mod documents;
mod drafts;
mod http;
mod oidc;
mod operations;
mod paging;
mod publications;
mod rates;
mod tenants;
