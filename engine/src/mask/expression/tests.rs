//! Random expressions against dense twins.

use proptest::prelude::*;

use super::*;
use crate::mask::twin::{Dense, count, dense_of, runs_of, several, shape, zip};

/// A program of a stack: numbers below 5 are operators, others push a mask.
fn evaluate<'a>(program: &[u8], sets: &'a [Runs], masks: &[Dense]) -> (MaskExpr<'a>, Dense) {
    let mut stack: Vec<(MaskExpr<'a>, Dense)> = Vec::new();
    let leaf = |code: u8| {
        let at = usize::from(code) % sets.len();
        (MaskExpr::from(&sets[at]), masks[at].clone())
    };
    for code in program {
        if *code == 4 && !stack.is_empty() {
            let (e, d) = stack.pop().unwrap();
            stack.push((!e, d.iter().map(|v| !v).collect()));
        } else if *code < 4 && stack.len() > 1 {
            let ((e2, d2), (e1, d1)) = (stack.pop().unwrap(), stack.pop().unwrap());
            stack.push(match code {
                0 => (e1 & e2, zip(&d1, &d2, |a, b| a & b)),
                1 => (e1 | e2, zip(&d1, &d2, |a, b| a | b)),
                2 => (e1 - e2, zip(&d1, &d2, |a, b| a && !b)),
                _ => (e1 ^ e2, zip(&d1, &d2, |a, b| a ^ b)),
            });
        } else {
            stack.push(leaf(*code));
        }
    }
    stack.pop().unwrap_or_else(|| leaf(0))
}

proptest! {
    #[test]
    fn expressions_are_those_of_bools(
        (shape, masks) in several(5),
        program in proptest::collection::vec(0_u8..12, 0..40),
    ) {
        let sets: Vec<Runs> = masks.iter().map(|mask| runs_of(shape, mask)).collect();
        let (expression, dense) = evaluate(&program, &sets, &masks);
        let runs = expression.runs().unwrap();
        prop_assert!(Runs::new(shape, runs.as_slice().to_vec()).is_ok());
        prop_assert_eq!(&runs, &runs_of(shape, &dense));
        prop_assert_eq!(expression.voxels().unwrap(), count(&dense));
        prop_assert_eq!(expression.is_empty().unwrap(), count(&dense) == 0);
        let any = MaskExpr::any(shape, &sets);
        prop_assert_eq!(any.runs().unwrap(), Runs::union(shape, &sets).unwrap());
    }
}

#[test]
fn deep_expressions_are_bounded() {
    let shape = shape(1, [1, 3, 50]);
    let sets: Vec<Runs> = (0..7_u64)
        .map(|n| {
            let dense: Vec<bool> = (0..150).map(|v| (v + n) % (n + 2) == 0).collect();
            runs_of(shape, &dense)
        })
        .collect();
    let mut expression = MaskExpr::from(&sets[0]);
    let mut dense = dense_of(&sets[0]);
    for step in 0..100_000_usize {
        let set = &sets[step % 7];
        if step % 3 == 0 {
            expression = expression ^ set;
        } else {
            expression = !(expression | set);
        }
        if step < 1000 {
            let other = dense_of(set);
            dense = zip(&dense, &other, |a, b| if step % 3 == 0 { a ^ b } else { !(a | b) });
        }
        if step == 999 {
            assert_eq!(expression.runs().unwrap(), runs_of(shape, &dense));
        }
    }
    assert!(expression.node.depth() <= DEPTH_MAX);
}

#[test]
fn other_shapes_are_told_when_read() {
    let (a, b) = (Runs::full(shape(1, [1, 2, 3])), Runs::full(shape(1, [1, 3, 2])));
    let expression = !((&a & &b) | &a);
    assert!(matches!(expression.voxels(), Err(RunsError::Shapes { .. })));
    assert!(matches!(expression.runs(), Err(RunsError::Shapes { .. })));
    assert!(MaskExpr::any(a.shape(), [&b]).is_empty().is_err());
    assert!(MaskExpr::any(a.shape(), []).is_empty().unwrap());
    assert_eq!((!&a).voxels().unwrap(), 0);
}
