//! From a tree to tests of known type: names are looked up, literals meet the column's type.

use std::collections::HashSet;

use super::ast::{At, Call, CompareOp, Condition, Expr, Literal, Term, Value};
use super::columns::{AttributeType, Columns};
use super::error::PredicateError;
use super::function::Function;
use super::like::LikePattern;
use super::number::{Number, NumberTest};

type BoundTo<T> = Result<T, PredicateError>;

/// A predicate that fits its columns.
#[derive(Debug)]
pub(super) enum Bound<'p> {
    And(Vec<Bound<'p>>),
    Or(Vec<Bound<'p>>),
    Not(Box<Bound<'p>>),
    Constant(bool),
    /// The attribute is not null.
    Present(&'p str),
    Attribute(&'p str, Test<'p>),
    Key(TextTest<'p>),
    Function(Function<'p>, At),
    /// A function whose value is a number.
    Number(Function<'p>, At, NumberTest<f64>),
}

/// What is asked of the value of an attribute.
#[derive(Debug)]
pub(super) enum Test<'p> {
    I64(NumberTest<i64>),
    F64(NumberTest<f64>),
    Bool(BoolTest),
    Str(TextTest<'p>),
}

/// Which booleans are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BoolTest {
    pub(super) keeps_true: bool,
    pub(super) keeps_false: bool,
}

/// What is asked of a text.
#[derive(Debug)]
pub(super) enum TextTest<'p> {
    /// Bytewise order; `Ne` does not occur.
    Compare(CompareOp, &'p str),
    Between(&'p str, &'p str),
    OneOf(HashSet<&'p str>),
    Like(&'p LikePattern),
}

impl TextTest<'_> {
    pub(super) fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Compare(CompareOp::Eq | CompareOp::Ne, other) => text == *other,
            Self::Compare(CompareOp::Lt, other) => text < *other,
            Self::Compare(CompareOp::Le, other) => text <= *other,
            Self::Compare(CompareOp::Gt, other) => text > *other,
            Self::Compare(CompareOp::Ge, other) => text >= *other,
            Self::Between(low, high) => *low <= text && text <= *high,
            Self::OneOf(texts) => texts.contains(text),
            Self::Like(pattern) => pattern.matches(text),
        }
    }
}

/// Binds `expr`, whose source is `source`, to `columns`.
pub(super) fn bind<'p, C: Columns + ?Sized>(
    expr: &'p Expr,
    source: &'p str,
    columns: &C,
) -> BoundTo<Bound<'p>> {
    Binder { source, columns }.expr(expr)
}

struct Binder<'p, 'c, C: ?Sized> {
    source: &'p str,
    columns: &'c C,
}

/// A term and its type, for conditions and for messages.
struct Subject<'p> {
    term: &'p Term,
    of: AttributeType,
}

impl<'p, C: Columns + ?Sized> Binder<'p, '_, C> {
    fn expr(&self, expr: &'p Expr) -> BoundTo<Bound<'p>> {
        let all = |parts: &'p [Expr]| {
            parts.iter().map(|part| self.expr(part)).collect::<BoundTo<Vec<_>>>()
        };
        Ok(match expr {
            Expr::And(parts) => Bound::And(all(parts)?),
            Expr::Or(parts) => Bound::Or(all(parts)?),
            Expr::Not(inner) => not(self.expr(inner)?),
            Expr::Constant(value) => Bound::Constant(*value),
            Expr::Bare(term) => self.bare(term)?,
            Expr::Check { left, negated, condition } => {
                let bound = self.check(left, condition)?;
                let is_ne = matches!(condition, Condition::Compare(CompareOp::Ne, _));
                if *negated || is_ne { not(bound) } else { bound }
            }
        })
    }

    /// A term standing alone must be a boolean.
    fn bare(&self, term: &'p Term) -> BoundTo<Bound<'p>> {
        match term {
            Term::Call(call) => match self.function(call)? {
                Bound::Function(function, at) if function.is_number() => {
                    let subject = Subject { term, of: AttributeType::F64 };
                    Err(self.error(at, format!("{subject}, not a condition; compare it")))
                }
                bound => Ok(bound),
            },
            Term::Attribute { name, at } => match self.attribute_type(name, *at)? {
                AttributeType::Bool => {
                    let test = BoolTest { keeps_true: true, keeps_false: false };
                    Ok(Bound::Attribute(name, Test::Bool(test)))
                }
                of => {
                    let subject = Subject { term, of };
                    Err(self.error(*at, format!("{subject}, not a condition; compare it")))
                }
            },
            Term::Id(at) => Err(self.error(*at, "`id` is a string, not a condition".to_owned())),
        }
    }

    /// A condition, with `!=` bound as `=` and a negation left out.
    fn check(&self, term: &'p Term, condition: &'p Condition) -> BoundTo<Bound<'p>> {
        match (term, condition) {
            (Term::Attribute { name, at }, Condition::Null) => {
                self.attribute_type(name, *at)?;
                Ok(not(Bound::Present(name)))
            }
            (Term::Attribute { name, at }, condition) => {
                let subject = Subject { term, of: self.attribute_type(name, *at)? };
                Ok(Bound::Attribute(name, self.test(&subject, condition)?))
            }
            (Term::Id(_), Condition::Null) => Ok(Bound::Constant(false)),
            (Term::Id(_), condition) => {
                let subject = Subject { term, of: AttributeType::Str };
                Ok(Bound::Key(self.text(&subject, condition)?))
            }
            (Term::Call(call), condition) => {
                let function = self.function(call)?;
                if let Bound::Function(number, at) = &function
                    && number.is_number()
                {
                    if matches!(condition, Condition::Null) {
                        return Ok(not(function));
                    }
                    let subject = Subject { term, of: AttributeType::F64 };
                    return Ok(Bound::Number(*number, *at, self.number(&subject, condition)?));
                }
                if matches!(condition, Condition::Null) {
                    return Ok(Bound::Constant(false));
                }
                let test = self.bool(&Subject { term, of: AttributeType::Bool }, condition)?;
                Ok(match (test.keeps_true, test.keeps_false) {
                    (true, false) => function,
                    (false, true) => not(function),
                    (both, _) => Bound::Constant(both),
                })
            }
        }
    }

    fn function(&self, call: &'p Call) -> BoundTo<Bound<'p>> {
        Ok(Bound::Function(Function::of(self.source, call)?, call.at))
    }

    fn attribute_type(&self, name: &str, at: At) -> BoundTo<AttributeType> {
        const SHOWN: usize = 40;
        self.columns.attribute_type(name).ok_or_else(|| {
            let names = self.columns.attribute_names();
            let shown: Vec<_> = names.iter().take(SHOWN).map(String::as_str).collect();
            let known = match (shown.join(", "), names.len().saturating_sub(SHOWN)) {
                (_, 0) if names.is_empty() => "there are none".to_owned(),
                (shown, 0) => format!("known are: {shown}"),
                (shown, more) => format!("known are: {shown} and {more} more"),
            };
            self.error(at, format!("unknown attribute {name:?}, {known}"))
        })
    }

    fn test(&self, subject: &Subject<'_>, condition: &'p Condition) -> BoundTo<Test<'p>> {
        Ok(match subject.of {
            AttributeType::I64 => Test::I64(self.number(subject, condition)?),
            AttributeType::F64 => Test::F64(self.number(subject, condition)?),
            AttributeType::Bool => Test::Bool(self.bool(subject, condition)?),
            AttributeType::Str => Test::Str(self.text(subject, condition)?),
        })
    }

    fn number<T: Number>(
        &self,
        subject: &Subject<'_>,
        condition: &Condition,
    ) -> BoundTo<NumberTest<T>> {
        let range = |op, literal: &Literal| {
            T::range(op, &literal.value).ok_or_else(|| self.mismatch(subject, literal))
        };
        match condition {
            Condition::Compare(op, right) => {
                let (low, high) = range(*op, right)?;
                Ok(NumberTest::Range(low, high))
            }
            Condition::Between(low, high) => {
                let (above, below) = (range(CompareOp::Ge, low)?, range(CompareOp::Le, high)?);
                Ok(NumberTest::both(above, below))
            }
            Condition::In(list) => {
                let mut values = Vec::with_capacity(list.len());
                for literal in list {
                    let (low, high) = range(CompareOp::Eq, literal)?;
                    if low <= high {
                        values.push(low);
                    }
                }
                Ok(NumberTest::one_of(values))
            }
            Condition::Like(_) | Condition::Null => Err(self.unfit(subject, "like needs a string")),
        }
    }

    fn bool(&self, subject: &Subject<'_>, condition: &Condition) -> BoundTo<BoolTest> {
        let literals = match condition {
            Condition::Compare(CompareOp::Eq | CompareOp::Ne, right) => std::slice::from_ref(right),
            Condition::In(list) => list.as_slice(),
            _ => return Err(self.unfit(subject, "only = and != and in apply")),
        };
        let mut test = BoolTest { keeps_true: false, keeps_false: false };
        for literal in literals {
            match literal.value {
                Value::Bool(true) => test.keeps_true = true,
                Value::Bool(false) => test.keeps_false = true,
                _ => return Err(self.mismatch(subject, literal)),
            }
        }
        Ok(test)
    }

    fn text(&self, subject: &Subject<'_>, condition: &'p Condition) -> BoundTo<TextTest<'p>> {
        let text = |literal: &'p Literal| match &literal.value {
            Value::Str(text) => Ok(text.as_str()),
            _ => Err(self.mismatch(subject, literal)),
        };
        Ok(match condition {
            Condition::Compare(op, right) => TextTest::Compare(*op, text(right)?),
            Condition::Between(low, high) => TextTest::Between(text(low)?, text(high)?),
            Condition::In(list) => TextTest::OneOf(list.iter().map(text).collect::<BoundTo<_>>()?),
            Condition::Like(pattern) => TextTest::Like(pattern),
            Condition::Null => return Err(self.unfit(subject, "is null has no pattern")),
        })
    }

    fn mismatch(&self, subject: &Subject<'_>, literal: &Literal) -> PredicateError {
        let kind = match literal.value {
            Value::I64(_) => "an integer",
            Value::F64(_) => "a float",
            Value::Bool(_) => "a boolean",
            Value::Str(_) => "a string",
        };
        self.error(literal.at, format!("{subject}, but {literal} is {kind}"))
    }

    fn unfit(&self, subject: &Subject<'_>, why: &str) -> PredicateError {
        self.error(subject.term.at(), format!("{subject}; {why}"))
    }

    fn error(&self, at: At, message: String) -> PredicateError {
        PredicateError::new(self.source, at.0, message)
    }
}

fn not(bound: Bound<'_>) -> Bound<'_> {
    Bound::Not(Box::new(bound))
}

impl std::fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.term {
            Term::Attribute { name, .. } => write!(f, "attribute {name:?} is ")?,
            Term::Id(_) => f.write_str("`id` is ")?,
            Term::Call(call) => write!(f, "{}(...) is ", call.name)?,
        }
        f.write_str(match self.of {
            AttributeType::I64 => "an integer",
            AttributeType::F64 => "a float",
            AttributeType::Bool => "a boolean",
            AttributeType::Str => "a string",
        })
    }
}
