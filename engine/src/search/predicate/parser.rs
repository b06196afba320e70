//! From tokens to a tree: recursive descent whose depth is counted.

use super::ast::{Argument, At, Call, CompareOp, Condition, Expr, Literal, Term, Value};
use super::error::PredicateError;
use super::lexer::{Keyword, Kind, Lexer, Token};
use super::like::LikePattern;
use super::{MAX_DEPTH, MAX_LIST_ITEMS, MAX_SOURCE_BYTES};

type Parsed<T> = Result<T, PredicateError>;

const CONDITION: &str = "a condition, such as `age >= 40`";
const VALUE: &str = "a value: a number, 'text', true or false";

/// Parses the whole of `source`.
pub(super) fn parse(source: &str) -> Parsed<Expr> {
    if source.len() > MAX_SOURCE_BYTES {
        let message = format!("the predicate is longer than {MAX_SOURCE_BYTES} bytes");
        return Err(PredicateError::new(source, MAX_SOURCE_BYTES, message));
    }
    let mut lexer = Lexer::new(source);
    let token = lexer.next()?;
    let mut parser = Parser { source, lexer, token };
    let expr = parser.alternatives(0)?;
    match parser.token.kind {
        Kind::End => Ok(expr),
        _ => Err(parser.unexpected("a comparison, `and`, `or` or the end")),
    }
}

struct Parser<'s> {
    source: &'s str,
    lexer: Lexer<'s>,
    token: Token,
}

impl Parser<'_> {
    /// `a or b or c`
    fn alternatives(&mut self, depth: usize) -> Parsed<Expr> {
        let first = self.conjunction(depth)?;
        let mut parts = vec![first];
        while self.takes(Keyword::Or)? {
            parts.push(self.conjunction(depth)?);
        }
        Ok(joined(parts, Expr::Or))
    }

    /// `a and b and c`
    fn conjunction(&mut self, depth: usize) -> Parsed<Expr> {
        let first = self.negation(depth)?;
        let mut parts = vec![first];
        while self.takes(Keyword::And)? {
            parts.push(self.negation(depth)?);
        }
        Ok(joined(parts, Expr::And))
    }

    /// `not a`, `(a)`, or a condition
    fn negation(&mut self, depth: usize) -> Parsed<Expr> {
        if self.token.kind == Kind::Keyword(Keyword::Not) {
            let deeper = self.deeper(depth)?;
            self.advance()?;
            return Ok(Expr::Not(Box::new(self.negation(deeper)?)));
        }
        if self.token.kind == Kind::Open {
            let deeper = self.deeper(depth)?;
            self.advance()?;
            let inner = self.alternatives(deeper)?;
            self.expect(&Kind::Close, "`)`")?;
            return Ok(inner);
        }
        self.condition(depth)
    }

    fn condition(&mut self, depth: usize) -> Parsed<Expr> {
        if let Some(literal) = self.literal()? {
            return self.turned(literal, depth);
        }
        let Some(left) = self.term(depth)? else { return Err(self.unexpected(CONDITION)) };
        if let Kind::Compare(op) = self.token.kind {
            self.advance()?;
            let right = self.value()?;
            let condition = Condition::Compare(op, right);
            return Ok(Expr::Check { left, negated: false, condition });
        }
        if self.takes(Keyword::Is)? {
            let negated = self.takes(Keyword::Not)?;
            self.expect(&Kind::Keyword(Keyword::Null), "`null` or `not null`")?;
            return Ok(Expr::Check { left, negated, condition: Condition::Null });
        }
        let negated = self.takes(Keyword::Not)?;
        match self.worded()? {
            Some(condition) => Ok(Expr::Check { left, negated, condition }),
            None if negated => Err(self.unexpected("`in`, `like` or `between`")),
            None if matches!(left, Term::Id(_)) => Err(self.unexpected("a comparison of `id`")),
            None => Ok(Expr::Bare(left)),
        }
    }

    /// What follows a value at the start of a condition: `0.5 <= score`, or nothing after `true`.
    fn turned(&mut self, literal: Literal, depth: usize) -> Parsed<Expr> {
        let Kind::Compare(op) = self.token.kind else {
            return match literal.value {
                Value::Bool(value) => Ok(Expr::Constant(value)),
                _ => Err(self.unexpected("a comparison")),
            };
        };
        self.advance()?;
        let Some(left) = self.term(depth)? else { return Err(self.unexpected("an attribute")) };
        let condition = Condition::Compare(CompareOp::flipped(op), literal);
        Ok(Expr::Check { left, negated: false, condition })
    }

    /// `in (...)`, `like '...'`, `between ... and ...`
    fn worded(&mut self) -> Parsed<Option<Condition>> {
        if self.takes(Keyword::In)? {
            self.expect(&Kind::Open, "`(`")?;
            let mut list = vec![self.value()?];
            while self.takes_comma(list.len())? {
                list.push(self.value()?);
            }
            self.expect(&Kind::Close, "`,` or `)`")?;
            return Ok(Some(Condition::In(list)));
        }
        if self.takes(Keyword::Like)? {
            let at = self.token.at;
            let Kind::Text(text) = &mut self.token.kind else {
                return Err(self.unexpected("a pattern, such as 'A%'"));
            };
            let compiled = LikePattern::new(std::mem::take(text));
            let pattern = compiled.map_err(|what| PredicateError::new(self.source, at, what))?;
            self.advance()?;
            return Ok(Some(Condition::Like(pattern)));
        }
        if self.takes(Keyword::Between)? {
            let low = self.value()?;
            self.expect(&Kind::Keyword(Keyword::And), "`and` and the upper end")?;
            return Ok(Some(Condition::Between(low, self.value()?)));
        }
        Ok(None)
    }

    /// An attribute, `id` or a call; `None` where none of them stands here.
    fn term(&mut self, depth: usize) -> Parsed<Option<Term>> {
        let place = self.token.at;
        let at = At(place);
        let (name, callable) = match &mut self.token.kind {
            Kind::Word(name) => (std::mem::take(name), true),
            Kind::Quoted(name) => (std::mem::take(name), false),
            Kind::Keyword(Keyword::Id) => {
                self.advance()?;
                return Ok(Some(Term::Id(at)));
            }
            _ => return Ok(None),
        };
        self.advance()?;
        if !callable || self.token.kind != Kind::Open {
            return Ok(Some(Term::Attribute { name, at }));
        }
        let deeper = self.deeper(depth)?;
        self.advance()?;
        let mut args = Vec::new();
        if self.token.kind != Kind::Close {
            args.push(self.argument(deeper)?);
            while self.takes_comma(args.len())? {
                args.push(self.argument(deeper)?);
            }
        }
        self.expect(&Kind::Close, "`,` or `)`")?;
        Ok(Some(Term::Call(Call { name: name.to_ascii_lowercase(), args, at })))
    }

    fn argument(&mut self, depth: usize) -> Parsed<Argument> {
        if let Some(literal) = self.literal()? {
            return Ok(Argument::Literal(literal));
        }
        match self.term(depth)? {
            Some(term) => Ok(Argument::Term(term)),
            None => Err(self.unexpected("a value or a name")),
        }
    }

    /// A value; `None` where none stands here.
    fn literal(&mut self) -> Parsed<Option<Literal>> {
        let at = At(self.token.at);
        let value = match &mut self.token.kind {
            Kind::Int(value) => Value::I64(*value),
            Kind::Float(value) => Value::F64(*value),
            Kind::Text(text) => Value::Str(std::mem::take(text)),
            Kind::Keyword(Keyword::True) => Value::Bool(true),
            Kind::Keyword(Keyword::False) => Value::Bool(false),
            _ => return Ok(None),
        };
        self.advance()?;
        Ok(Some(Literal { value, at }))
    }

    /// A value where only a value will do.
    fn value(&mut self) -> Parsed<Literal> {
        if let Some(literal) = self.literal()? {
            return Ok(literal);
        }
        let message = match self.token.kind {
            Kind::Keyword(Keyword::Null) => {
                "nothing compares with null; write `is null` or `is not null`"
            }
            Kind::Quoted(_) => "a name in quotes is not a value; text goes in single quotes",
            Kind::Word(_) => "a name is not a value; text goes in single quotes",
            _ => return Err(self.unexpected(VALUE)),
        };
        Err(PredicateError::new(self.source, self.token.at, message).expecting(VALUE))
    }

    fn advance(&mut self) -> Parsed<()> {
        self.token = self.lexer.next()?;
        Ok(())
    }

    /// Steps over `keyword` if it stands here.
    fn takes(&mut self, keyword: Keyword) -> Parsed<bool> {
        let here = self.token.kind == Kind::Keyword(keyword);
        if here {
            self.advance()?;
        }
        Ok(here)
    }

    /// Steps over a comma if one stands here, unless the list of `items` is full.
    fn takes_comma(&mut self, items: usize) -> Parsed<bool> {
        if self.token.kind != Kind::Comma {
            return Ok(false);
        }
        if items >= MAX_LIST_ITEMS {
            let message = format!("a list has more than {MAX_LIST_ITEMS} items");
            return Err(PredicateError::new(self.source, self.token.at, message));
        }
        self.advance()?;
        Ok(true)
    }

    fn expect(&mut self, kind: &Kind, expected: &'static str) -> Parsed<()> {
        if self.token.kind == *kind { self.advance() } else { Err(self.unexpected(expected)) }
    }

    fn deeper(&self, depth: usize) -> Parsed<usize> {
        if depth >= MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} deep");
            return Err(PredicateError::new(self.source, self.token.at, message));
        }
        Ok(depth.saturating_add(1))
    }

    fn unexpected(&self, expected: &'static str) -> PredicateError {
        const SHOWN: usize = 40;
        let text = self.source.get(self.token.at..self.token.end).unwrap_or_default();
        let message = if self.token.kind == Kind::End {
            "the predicate ends too early".to_owned()
        } else if text.chars().nth(SHOWN).is_some() {
            let shown: String = text.chars().take(SHOWN).collect();
            format!("unexpected {shown}...")
        } else {
            format!("unexpected {text}")
        };
        PredicateError::new(self.source, self.token.at, message).expecting(expected)
    }
}

fn joined(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}
