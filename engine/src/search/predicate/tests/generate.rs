//! Random predicates that fit a [`Table`](super::table::Table).

use super::super::AttributeType;
use super::super::ast::{Argument, At, Call, CompareOp, Condition, Expr, Literal, Term, Value};
use super::super::like::LikePattern;
use super::random::Random;
use super::table::{ATTRIBUTES, FLOATS, INTEGERS, REGIONS, Table};

const OPS: [CompareOp; 6] =
    [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];

pub(super) fn expr(table: &Table, random: &mut Random, depth: usize) -> Expr {
    let parts = |random: &mut Random| {
        (0..2 + random.below(3)).map(|_| expr(table, random, depth - 1)).collect::<Vec<_>>()
    };
    match random.below(if depth == 0 { 5 } else { 10 }) {
        0 => bare(random),
        1..5 => check(table, random),
        5..7 => Expr::And(parts(random)),
        7..9 => Expr::Or(parts(random)),
        _ => Expr::Not(Box::new(expr(table, random, depth - 1))),
    }
}

fn bare(random: &mut Random) -> Expr {
    match random.below(4) {
        0 => Expr::Constant(random.one_in(2)),
        1 => Expr::Bare(Term::Attribute { name: "b".to_owned(), at: At(0) }),
        _ => Expr::Bare(Term::Call(call(random))),
    }
}

fn call(random: &mut Random) -> Call {
    let region = (*random.pick(&REGIONS)).to_owned();
    let (name, args) = match random.below(3) {
        0 => ("has_field", vec!["regions".to_owned()]),
        1 => ("has_region", vec![region]),
        _ => ("has_region", vec!["regions".to_owned(), region]),
    };
    let args = args.into_iter().map(|text| Argument::Literal(spotted(Value::Str(text)))).collect();
    Call { name: name.to_owned(), args, at: At(0) }
}

fn check(table: &Table, random: &mut Random) -> Expr {
    let (left, of) = match random.below(8) {
        0 => (Term::Call(call(random)), AttributeType::Bool),
        1 | 2 => (Term::Id(At(0)), AttributeType::Str),
        _ => {
            let (name, of) = *random.pick(&ATTRIBUTES);
            (Term::Attribute { name: name.to_owned(), at: At(0) }, of)
        }
    };
    let value = |random: &mut Random| match (&left, table.rows.len()) {
        (Term::Id(_), count @ 1..) if !random.one_in(3) => {
            spotted(Value::Str(table.rows[random.below(count)].key.clone()))
        }
        _ => literal(of, random),
    };
    let condition = match (random.below(6), of) {
        (0, _) => Condition::Null,
        (1, _) => Condition::In((0..=random.below(5)).map(|_| value(random)).collect()),
        (2, AttributeType::Str) => like(random),
        (2 | 3, AttributeType::I64 | AttributeType::F64 | AttributeType::Str) => {
            Condition::Between(value(random), value(random))
        }
        (_, AttributeType::Bool) => {
            Condition::Compare(*random.pick(&[CompareOp::Eq, CompareOp::Ne]), value(random))
        }
        _ => Condition::Compare(*random.pick(&OPS), value(random)),
    };
    let negated = !matches!(condition, Condition::Compare(..)) && random.one_in(2);
    Expr::Check { left, negated, condition }
}

fn like(random: &mut Random) -> Condition {
    loop {
        if let Ok(pattern) = LikePattern::new(random.text("ab\u{e9}'%%__\\", 4)) {
            return Condition::Like(pattern);
        }
    }
}

fn literal(of: AttributeType, random: &mut Random) -> Literal {
    spotted(match of {
        AttributeType::I64 | AttributeType::F64 if random.one_in(2) => {
            Value::I64(*random.pick(&INTEGERS))
        }
        AttributeType::I64 | AttributeType::F64 => Value::F64(*random.pick(&FLOATS)),
        AttributeType::Bool => Value::Bool(random.one_in(2)),
        AttributeType::Str => Value::Str(random.text("ab'%\u{e9}", 3)),
    })
}

fn spotted(value: Value) -> Literal {
    Literal { value, at: At(0) }
}
