//! Expressions of masks that are computed while they are read.

#![deny(clippy::arithmetic_side_effects)]

use std::borrow::Cow;
use std::ops::{BitAnd, BitOr, BitXor, Not, Sub};

use super::algebra::push;
use super::boundaries::{Boundaries, Lines, RunIter};
use super::{Run, Runs, RunsError, VoxelShape};

/// Levels that an expression may have; deeper operands are computed at once.
const DEPTH_MAX: u32 = 64;

/// A set of voxels written as `(&lung & &lobe) - &lesion`, over borrowed [`Runs`]. `&` is and, `|` or, `-` minus,
/// `^` xor, `!` complement.
///
/// Nothing is computed before it is asked for, and then in one pass, without sets in between: O(boundaries of the
/// runs * levels). A complement costs nothing until it is split into runs of rows. An expression of more than 64
/// levels holds the result of its lower part; write a union of many as [`MaskExpr::any`], which is balanced.
///
/// Sets of different shapes are told when the expression is read.
///
/// ```
/// use vesalius::{MaskExpr, Run, Runs, VoxelShape};
/// let shape = VoxelShape::new(1, [1, 2, 4])?;
/// let a = Runs::new(shape, vec![Run { start: 0, end: 3 }])?;
/// let b = Runs::new(shape, vec![Run { start: 2, end: 4 }])?;
/// assert_eq!((&a & &b).voxels()?, 1);
/// assert_eq!((!(MaskExpr::from(&a) | &b)).runs()?.as_slice(), [Run { start: 4, end: 8 }]);
/// # Ok::<(), vesalius::RunsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MaskExpr<'a> {
    shape: Result<VoxelShape, RunsError>,
    node: Node<'a>,
}

/// Negation is in the tables and leaves, so that there is no node for it.
#[derive(Clone, Debug)]
pub(super) enum Node<'a> {
    /// A set, or all that is not in it.
    Leaf { runs: Cow<'a, [Run]>, negated: bool },
    /// Bit `left + 2 * right` of the table is the result.
    Pair { table: u8, depth: u32, sides: Box<(Node<'a>, Node<'a>)> },
}

const AND: u8 = 0b1000;
const OR: u8 = 0b1110;
const MINUS: u8 = 0b0010;
const XOR: u8 = 0b0110;
const TABLE: u8 = 0b1111;

impl<'a> MaskExpr<'a> {
    /// Voxels in any of many sets; none for no sets.
    pub fn any<I: IntoIterator<Item = &'a Runs>>(shape: VoxelShape, sets: I) -> Self {
        let mut level: Vec<Self> = sets.into_iter().map(Self::from).collect();
        while level.len() > 1 {
            let mut above = Vec::with_capacity(level.len().div_ceil(2));
            let mut below = level.into_iter();
            while let Some(left) = below.next() {
                above.push(match below.next() {
                    Some(right) => left | right,
                    None => left,
                });
            }
            level = above;
        }
        let none = Self::of(Ok(shape), Cow::Borrowed(&[]));
        match level.pop() {
            Some(all) if all.shape == Ok(shape) => all,
            Some(all) => all | none,
            None => none,
        }
    }

    fn of(shape: Result<VoxelShape, RunsError>, runs: Cow<'a, [Run]>) -> Self {
        Self { shape, node: Node::Leaf { runs, negated: false } }
    }

    /// The runs one after the other, canonical.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the sets have different shapes.
    pub fn run_iter(&self) -> Result<RunIter<'_>, RunsError> {
        Ok(RunIter::new(self.shape.clone()?, &self.node))
    }

    /// The set.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the sets have different shapes, [`RunsError::Memory`].
    pub fn runs(&self) -> Result<Runs, RunsError> {
        let mut runs = Vec::new();
        for run in self.run_iter()? {
            push(&mut runs, run)?;
        }
        Ok(Runs::from_canonical(self.shape.clone()?, runs))
    }

    /// Number of voxels, without memory for runs.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the sets have different shapes.
    pub fn voxels(&self) -> Result<u64, RunsError> {
        Ok(self.lines()?.fold(0, |sum: u64, line| sum.wrapping_add(line.len())))
    }

    /// Whether there is no voxel; stops at the first.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the sets have different shapes.
    pub fn is_empty(&self) -> Result<bool, RunsError> {
        Ok(self.lines()?.next().is_none())
    }

    fn lines(&self) -> Result<Lines<'_>, RunsError> {
        Ok(Lines::new(self.shape.clone()?, Boundaries::of(&self.node)))
    }

    fn pair(self, table: u8, other: Self) -> Self {
        let shape = match (&self.shape, &other.shape) {
            (Ok(left), Ok(right)) if left == right => Ok(*left),
            (Ok(left), Ok(right)) => Err(RunsError::Shapes { left: *left, right: *right }),
            (Err(error), _) | (_, Err(error)) => Err(error.clone()),
        };
        if shape.is_err() {
            return Self::of(shape, Cow::Borrowed(&[]));
        }
        let (left, right) = (self.settled(), other.settled());
        let depth = left.node.depth().max(right.node.depth()).saturating_add(1);
        let shape = left.shape.and(right.shape);
        Self { shape, node: Node::Pair { table, depth, sides: Box::new((left.node, right.node)) } }
    }

    /// The expression, or its result where it is as deep as one may be.
    fn settled(self) -> Self {
        if self.node.depth() < DEPTH_MAX {
            return self;
        }
        match self.runs() {
            Ok(runs) => Self::of(Ok(runs.shape()), Cow::Owned(runs.into_vec())),
            Err(error) => Self::of(Err(error), Cow::Borrowed(&[])),
        }
    }
}

impl Node<'_> {
    fn depth(&self) -> u32 {
        match self {
            Self::Leaf { .. } => 0,
            Self::Pair { depth, .. } => *depth,
        }
    }
}

impl<'a> From<&'a Runs> for MaskExpr<'a> {
    fn from(runs: &'a Runs) -> Self {
        Self::of(Ok(runs.shape()), Cow::Borrowed(runs.as_slice()))
    }
}

impl From<Runs> for MaskExpr<'_> {
    fn from(runs: Runs) -> Self {
        Self::of(Ok(runs.shape()), Cow::Owned(runs.into_vec()))
    }
}

impl Not for MaskExpr<'_> {
    type Output = Self;

    fn not(self) -> Self {
        let node = match self.node {
            Node::Leaf { runs, negated } => Node::Leaf { runs, negated: !negated },
            Node::Pair { table, depth, sides } => Node::Pair { table: table ^ TABLE, depth, sides },
        };
        Self { shape: self.shape, node }
    }
}

impl<'a> Not for &'a Runs {
    type Output = MaskExpr<'a>;

    fn not(self) -> MaskExpr<'a> {
        !MaskExpr::from(self)
    }
}

macro_rules! operator {
    ($trait:ident, $function:ident, $table:ident) => {
        impl<'a, R: Into<MaskExpr<'a>>> $trait<R> for MaskExpr<'a> {
            type Output = MaskExpr<'a>;

            fn $function(self, other: R) -> MaskExpr<'a> {
                self.pair($table, other.into())
            }
        }

        impl<'a, R: Into<MaskExpr<'a>>> $trait<R> for &'a Runs {
            type Output = MaskExpr<'a>;

            fn $function(self, other: R) -> MaskExpr<'a> {
                MaskExpr::from(self).pair($table, other.into())
            }
        }
    };
}

operator!(BitAnd, bitand, AND);
operator!(BitOr, bitor, OR);
operator!(Sub, sub, MINUS);
operator!(BitXor, bitxor, XOR);

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test arithmetic may panic")]
mod tests;
