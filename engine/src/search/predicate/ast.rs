//! The shape of a parsed predicate.

use super::like::LikePattern;

/// A byte offset in the source. Two places are always equal, so that two trees are equal when they
/// say the same, wherever they were written.
#[derive(Debug, Clone, Copy)]
pub(super) struct At(pub(super) usize);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// `=`, `!=`, `<`, `<=`, `>`, `>=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl CompareOp {
    /// The operator that says the same with the sides exchanged.
    pub(super) fn flipped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }
}

/// A value written in the source. A float is finite.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    I64(i64),
    F64(f64),
    Bool(bool),
    Str(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal {
    pub(super) value: Value,
    pub(super) at: At,
}

/// What a condition is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Attribute { name: String, at: At },
    Id(At),
    Call(Call),
}

/// A function call; the name is in lower case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) args: Vec<Argument>,
    pub(super) at: At,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Argument {
    Literal(Literal),
    Term(Term),
}

impl Argument {
    pub(super) fn at(&self) -> At {
        match self {
            Self::Literal(literal) => literal.at,
            Self::Term(term) => term.at(),
        }
    }
}

impl Term {
    pub(super) fn at(&self) -> At {
        match self {
            Self::Attribute { at, .. } | Self::Id(at) => *at,
            Self::Call(call) => call.at,
        }
    }
}

/// What is asked of a term.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Compare(CompareOp, Literal),
    Between(Literal, Literal),
    In(Vec<Literal>),
    Like(LikePattern),
    Null,
}

/// A predicate. `And` and `Or` hold two parts or more.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Constant(bool),
    /// A boolean attribute or function standing alone.
    Bare(Term),
    /// `negated` is the `not` inside: `x not in (1)`, `x is not null`. Never with `Compare`.
    Check {
        left: Term,
        negated: bool,
        condition: Condition,
    },
}
