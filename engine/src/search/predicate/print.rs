//! The canonical source of a predicate: parsing it gives the same tree.

use std::fmt::{Display, Formatter, Result};

use super::ast::{Argument, Call, CompareOp, Condition, Expr, Literal, Term, Value};
use super::lexer::is_plain_name;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Or(parts) => chain(f, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::And(parts) => chain(f, parts, " and ", Self::is_chain),
            Self::Not(inner) if inner.is_chain() => write!(f, "not ({inner})"),
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::Constant(value) => write!(f, "{value}"),
            Self::Bare(term) => write!(f, "{term}"),
            Self::Check { left, negated, condition } => check(f, left, *negated, condition),
        }
    }
}

impl Expr {
    fn is_chain(&self) -> bool {
        matches!(self, Self::And(_) | Self::Or(_))
    }
}

fn chain(f: &mut Formatter<'_>, parts: &[Expr], by: &str, wrap: fn(&Expr) -> bool) -> Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(by)?;
        }
        if wrap(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

fn check(f: &mut Formatter<'_>, left: &Term, negated: bool, condition: &Condition) -> Result {
    let not = if negated { "not " } else { "" };
    match condition {
        Condition::Compare(op, right) => write!(f, "{left} {op} {right}"),
        Condition::Between(low, high) => write!(f, "{left} {not}between {low} and {high}"),
        Condition::Null => write!(f, "{left} is {not}null"),
        Condition::Like(pattern) => {
            write!(f, "{left} {not}like ")?;
            quoted(f, pattern.source(), '\'')
        }
        Condition::In(items) => {
            write!(f, "{left} {not}in (")?;
            list(f, items)?;
            f.write_str(")")
        }
    }
}

fn list<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> Result {
    for (i, item) in items.iter().enumerate() {
        let comma = if i > 0 { ", " } else { "" };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

fn quoted(f: &mut Formatter<'_>, text: &str, quote: char) -> Result {
    write!(f, "{quote}")?;
    for (i, part) in text.split(quote).enumerate() {
        if i > 0 {
            write!(f, "{quote}{quote}")?;
        }
        f.write_str(part)?;
    }
    write!(f, "{quote}")
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Attribute { name, .. } if is_plain_name(name) => f.write_str(name),
            Self::Attribute { name, .. } => quoted(f, name, '"'),
            Self::Id(_) => f.write_str("id"),
            Self::Call(call) => write!(f, "{call}"),
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}(", self.name)?;
        list(f, &self.args)?;
        f.write_str(")")
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Literal(literal) => write!(f, "{literal}"),
            Self::Term(term) => write!(f, "{term}"),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.value {
            Value::I64(value) => write!(f, "{value}"),
            // Unlike `{}`, `{:?}` always has a point or an exponent, so it stays a float.
            Value::F64(value) => write!(f, "{value:?}"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Str(text) => quoted(f, text, '\''),
        }
    }
}

impl Display for CompareOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        })
    }
}
