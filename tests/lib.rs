//! The product from outside: see `product/`, the tests, and `benches/`, the measurements.
