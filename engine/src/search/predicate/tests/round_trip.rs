//! Printing and parsing again gives the same tree, and no source makes the parser panic.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::super::Predicate;
use super::super::ast::{Argument, At, Call, CompareOp, Condition, Expr, Literal, Term, Value};
use super::super::like::LikePattern;
use super::random::Random;

fn runner(default: u64) -> TestRunner {
    let mut random = Random::seeded(default);
    let seed: Vec<u8> = (0..4).flat_map(|_| random.next().to_le_bytes()).collect();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, rng)
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<i64>().prop_map(Value::I64),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Value::F64),
        any::<bool>().prop_map(Value::Bool),
        any::<String>().prop_map(Value::Str),
    ]
    .prop_map(|value| Literal { value, at: At(0) })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z_][a-z0-9_.]{0,6}", "[ -~\u{e9}]{1,8}", "(and|ID|Null|true|like|or|is)"]
}

fn term() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        4 => name().prop_map(|name| Term::Attribute { name, at: At(0) }),
        1 => Just(Term::Id(At(0))),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let argument =
            prop_oneof![literal().prop_map(Argument::Literal), inner.prop_map(Argument::Term)];
        ("f_[a-z0-9_]{0,6}", prop::collection::vec(argument, 0..4))
            .prop_map(|(name, args)| Term::Call(Call { name, args, at: At(0) }))
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let op = prop::sample::select(vec![
        CompareOp::Eq,
        CompareOp::Ne,
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Gt,
        CompareOp::Ge,
    ]);
    let pattern = any::<String>().prop_filter_map("pattern", |text| LikePattern::new(text).ok());
    prop_oneof![
        (op, literal()).prop_map(|(op, right)| Condition::Compare(op, right)),
        (literal(), literal()).prop_map(|(low, high)| Condition::Between(low, high)),
        prop::collection::vec(literal(), 1..5).prop_map(Condition::In),
        pattern.prop_map(Condition::Like),
        Just(Condition::Null),
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    let check = (term(), any::<bool>(), condition()).prop_map(|(left, negated, condition)| {
        let negated = negated && !matches!(condition, Condition::Compare(..));
        Expr::Check { left, negated, condition }
    });
    let bare = term().prop_filter("id", |term| !matches!(term, Term::Id(_))).prop_map(Expr::Bare);
    let leaf = prop_oneof![4 => check, 1 => bare, 1 => any::<bool>().prop_map(Expr::Constant)];
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

#[test]
fn printed_source_parses_to_the_same_tree() {
    runner(0x0707)
        .run(&expr(), |expr| {
            let source = expr.to_string();
            let parsed = Predicate::parse(&source);
            let parsed = parsed.map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
            prop_assert_eq!(&parsed.expr, &expr);
            prop_assert_eq!(parsed.to_string(), source);
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_source_parses_or_is_refused_with_a_place_inside() {
    let piece = prop::sample::select(vec![
        "a", "\"b c\"", "id", "f", "(", ")", ",", "and", "or", "not", "in", "like", "between",
        "is", "null", "true", "=", "!=", "<", "'x%'", "-1", "2.5e3", "\u{e9}", "'", "\\", "!", " ",
        "\n", ".", "e5", "%",
    ]);
    let pieces = prop::collection::vec(piece, 0..30);
    let source = prop_oneof![
        pieces.clone().prop_map(|pieces| pieces.concat()),
        pieces.prop_map(|pieces| pieces.join(" ")),
        any::<String>(),
    ];
    runner(0x0708)
        .run(&source, |source| {
            match Predicate::parse(&source) {
                Ok(parsed) => prop_assert_eq!(Predicate::parse(&parsed.to_string()), Ok(parsed)),
                Err(error) => {
                    prop_assert!(source.is_char_boundary(error.position), "{error:#}");
                    let shown = format!("{error:#}");
                    prop_assert!(shown.lines().count() >= 3);
                }
            }
            Ok(())
        })
        .unwrap();
}
