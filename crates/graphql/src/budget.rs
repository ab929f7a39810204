use std::time::Duration;

/// Who pays for what requests cost. It is asked once a request, with the estimated cost, before anything is executed.
pub trait CostBudget: Sync {
    /// Takes the cost of a request, in values of its answer, or says why not.
    fn spend(&self, cost: usize) -> Result<(), Overspent>;
}

/// Why a cost was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overspent {
    /// Not before this time has passed.
    For(Duration),
    /// It never will be: it is more than the whole budget, which is told in values.
    Ever {
        /// The whole budget.
        budget: u64,
    },
}

/// A budget that never ends, for callers that nobody counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unlimited;

impl CostBudget for Unlimited {
    fn spend(&self, _: usize) -> Result<(), Overspent> {
        Ok(())
    }
}

/// A time in whole seconds as answers tell it: at least one, so that nobody asks again at once.
pub fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up() {
        let seconds = [0, 1, 1_000, 1_001, 59_999].map(|millis| whole_seconds(Duration::from_millis(millis)));
        assert_eq!(seconds, [1, 1, 1, 2, 60]);
    }
}
