//! Which members of a list must have been moved.

/// The indexes of those members that are not in a longest run of growing numbers: moved, they alone explain the order.
pub(super) fn out_of_order(numbers: &[usize]) -> Vec<usize> {
    // For each length, the index of the smallest number with which a run of that length ends; and for each member the one
    // before it in its run.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; numbers.len()];
    for (at, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|end| numbers[*end] < *number);
        before[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut stays = vec![false; numbers.len()];
    let mut run = ends.last().copied();
    while let Some(at) = run {
        stays[at] = true;
        run = before[at];
    }
    (0..numbers.len()).filter(|at| !stays[*at]).collect()
}

#[cfg(test)]
mod tests {
    use super::out_of_order;

    #[test]
    fn as_few_as_explain_the_order() {
        assert_eq!(out_of_order(&[]), [0; 0]);
        assert_eq!(out_of_order(&[1, 2, 5]), [0; 0]);
        assert_eq!(out_of_order(&[4, 1, 2, 3]), [0]);
        assert_eq!(out_of_order(&[2, 3, 4, 1]), [3]);
        assert_eq!(out_of_order(&[3, 2, 1]).len(), 2);
    }
}
