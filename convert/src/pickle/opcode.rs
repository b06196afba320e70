//! The instruction stream: bytes to [`Instruction`]s, nothing more.

use super::error::PickleError;
use super::node::Span;
use super::text;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Instruction {
    Proto(u8),
    Frame,
    Stop,
    Mark,
    Pop,
    PopMark,
    Dup,
    None,
    Bool(bool),
    Int(i64),
    BigInt(Span),
    BigDecimal(Span),
    Float(f64),
    Text(Span),
    /// Protocol 0 text with `\uXXXX` escapes, other bytes Latin-1.
    EscapedText(Span),
    Bytes(Span),
    /// Protocol 0 Python string literal.
    QuotedBytes(Span),
    Tuple,
    TupleOf(usize),
    List,
    EmptyList,
    Append,
    Appends,
    Dict,
    EmptyDict,
    SetItem,
    SetItems,
    EmptySet,
    AddItems,
    FrozenSet,
    Put(u32),
    Memoize,
    Get(u32),
    Global {
        module: Span,
        name: Span,
    },
    StackGlobal,
    Reduce,
    Build,
}

type Result<T> = std::result::Result<T, PickleError>;

/// Walks the instructions of `input`.
pub(super) struct Cursor<'a> {
    input: &'a [u8],
    position: usize,
    at: usize,
    line_limit: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(input: &'a [u8], line_limit: usize) -> Self {
        Self { input, position: 0, at: 0, line_limit }
    }

    /// Where the current instruction begins.
    pub(super) fn offset(&self) -> u64 {
        self.at as u64
    }

    /// Where the next instruction begins.
    pub(super) fn position(&self) -> u64 {
        self.position as u64
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.input.get(self.position..).unwrap_or_default()
    }

    /// Steps over an instruction of `len` bytes that the caller has found in [`Self::rest`].
    pub(super) fn step_over(&mut self, len: usize) {
        self.at = self.position;
        self.position = self.position.saturating_add(len).min(self.input.len());
    }

    fn fail<T>(&self, what: &'static str) -> Result<T> {
        Err(PickleError::malformed(self.offset(), what))
    }

    fn refuse<T>(&self, what: &'static str) -> Result<T> {
        let advice = "pickle plain dicts, lists and arrays with pickle.dump";
        Err(PickleError::Unsupported { offset: self.offset(), what, advice })
    }

    fn take(&mut self, len: u64) -> Result<(usize, &'a [u8])> {
        let start = self.position;
        let left = self.input.len().saturating_sub(start);
        let taken = usize::try_from(len).ok().and_then(|len| {
            let end = start.checked_add(len)?;
            Some((end, self.input.get(start..end)?))
        });
        let Some((end, bytes)) = taken else {
            let missing = len.saturating_sub(left as u64);
            return Err(PickleError::Truncated { offset: self.offset(), missing });
        };
        self.position = end;
        Ok((start, bytes))
    }

    fn little_endian<const N: usize>(&mut self) -> Result<u64> {
        let (_, bytes) = self.take(N as u64)?;
        let mut wide = [0; 8];
        for (to, from) in wide.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(u64::from_le_bytes(wide))
    }

    fn index<const N: usize>(&mut self) -> Result<u32> {
        let value = self.little_endian::<N>()?;
        u32::try_from(value).or_else(|_| self.fail("memo index too large"))
    }

    fn byte(&mut self) -> Result<u8> {
        let (_, bytes) = self.take(1)?;
        Ok(bytes.first().copied().unwrap_or_default())
    }

    fn span(&self, start: usize, len: usize) -> Result<Span> {
        Span::new(start as u64, len as u64).map_or_else(|| self.fail("length too large"), Ok)
    }

    fn span_of(&mut self, len: u64) -> Result<Span> {
        let (start, bytes) = self.take(len)?;
        self.span(start, bytes.len())
    }

    /// Span with an `N`-byte length before it; `signed` lengths may not be negative.
    fn counted<const N: usize>(&mut self, signed: bool) -> Result<Span> {
        let len = self.little_endian::<N>()?;
        if signed && len > 0x7fff_ffff {
            return self.fail("negative length");
        }
        self.span_of(len)
    }

    fn line(&mut self) -> Result<(Span, &'a [u8])> {
        let start = self.position;
        let rest = self.input.get(start..).unwrap_or_default();
        let window = rest.get(..self.line_limit).unwrap_or(rest);
        let Some(len) = window.iter().position(|b| *b == b'\n') else {
            let (offset, limit) = (self.offset(), self.line_limit as u64);
            return Err(if window.len() < rest.len() {
                PickleError::Limit { offset, what: "line", limit }
            } else {
                PickleError::Truncated { offset, missing: 1 }
            });
        };
        self.position = start.saturating_add(len).saturating_add(1);
        Ok((self.span(start, len)?, rest.get(..len).unwrap_or_default()))
    }

    fn line_index(&mut self) -> Result<u32> {
        let (_, line) = self.line()?;
        text::parse::<u32>(line).map_or_else(|| self.fail("bad memo index"), Ok)
    }

    /// Decodes the next instruction.
    pub(super) fn next(&mut self) -> Result<Instruction> {
        use Instruction as I;
        self.at = self.position;
        let opcode = self.byte()?;
        Ok(match opcode {
            b'.' => I::Stop,
            b'(' => I::Mark,
            b'0' => I::Pop,
            b'1' => I::PopMark,
            b'2' => I::Dup,
            b'N' => I::None,
            0x88 => I::Bool(true),
            0x89 => I::Bool(false),
            b')' => I::TupleOf(0),
            0x85 => I::TupleOf(1),
            0x86 => I::TupleOf(2),
            0x87 => I::TupleOf(3),
            b't' => I::Tuple,
            b'l' => I::List,
            b']' => I::EmptyList,
            b'a' => I::Append,
            b'e' => I::Appends,
            b'd' => I::Dict,
            b'}' => I::EmptyDict,
            b's' => I::SetItem,
            b'u' => I::SetItems,
            0x8f => I::EmptySet,
            0x90 => I::AddItems,
            0x91 => I::FrozenSet,
            0x94 => I::Memoize,
            0x93 => I::StackGlobal,
            b'R' | 0x81 => I::Reduce,
            b'b' => I::Build,
            _ => return self.with_operand(opcode),
        })
    }

    fn with_operand(&mut self, opcode: u8) -> Result<Instruction> {
        use Instruction as I;
        Ok(match opcode {
            0x80 => I::Proto(self.byte()?),
            0x95 => self.frame()?,
            b'K' => I::Int(self.little_endian::<1>()?.cast_signed()),
            b'M' => I::Int(self.little_endian::<2>()?.cast_signed()),
            b'J' => I::Int(sign_extend(self.little_endian::<4>()?, 4)),
            0x8a => self.long::<1>()?,
            0x8b => self.long::<4>()?,
            b'G' => I::Float(f64::from_bits(self.little_endian::<8>()?.swap_bytes())),
            b'I' => self.int_line()?,
            b'L' => self.long_line()?,
            b'F' => self.float_line()?,
            0x8c => I::Text(self.counted::<1>(false)?),
            b'X' => I::Text(self.counted::<4>(false)?),
            0x8d => I::Text(self.counted::<8>(false)?),
            b'V' => I::EscapedText(self.line()?.0),
            b'U' | b'C' => I::Bytes(self.counted::<1>(false)?),
            b'T' => I::Bytes(self.counted::<4>(true)?),
            b'B' => I::Bytes(self.counted::<4>(false)?),
            0x8e | 0x96 => I::Bytes(self.counted::<8>(false)?),
            b'S' => I::QuotedBytes(self.line()?.0),
            b'q' => I::Put(self.index::<1>()?),
            b'r' => I::Put(self.index::<4>()?),
            b'p' => I::Put(self.line_index()?),
            b'h' => I::Get(self.index::<1>()?),
            b'j' => I::Get(self.index::<4>()?),
            b'g' => I::Get(self.line_index()?),
            b'c' => I::Global { module: self.line()?.0, name: self.line()?.0 },
            b'P' | b'Q' => return self.refuse("a reference to an object outside the file"),
            b'i' | b'o' | 0x92 => return self.refuse("an instance of a Python class"),
            0x82..=0x84 => return self.refuse("an extension registry code"),
            0x97 | 0x98 => return self.refuse("an out-of-band buffer"),
            _ => return Err(PickleError::UnknownOpcode { offset: self.offset(), opcode }),
        })
    }

    fn frame(&mut self) -> Result<Instruction> {
        let len = self.little_endian::<8>()?;
        let left = self.input.len().saturating_sub(self.position) as u64;
        match len.checked_sub(left) {
            Some(missing) if missing > 0 => {
                Err(PickleError::Truncated { offset: self.offset(), missing })
            }
            _ => Ok(Instruction::Frame),
        }
    }

    fn long<const N: usize>(&mut self) -> Result<Instruction> {
        let span = self.counted::<N>(N == 4)?;
        let mut wide = [0; 8];
        let start = self.position.saturating_sub(usize::try_from(span.len()).unwrap_or_default());
        let bytes = self.input.get(start..self.position).unwrap_or_default();
        if bytes.len() > wide.len() {
            return Ok(Instruction::BigInt(span));
        }
        for (to, from) in wide.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(Instruction::Int(sign_extend(u64::from_le_bytes(wide), bytes.len())))
    }

    fn int_line(&mut self) -> Result<Instruction> {
        let (span, line) = self.line()?;
        match line {
            b"00" => Ok(Instruction::Bool(false)),
            b"01" => Ok(Instruction::Bool(true)),
            _ => self.decimal(span, line),
        }
    }

    fn long_line(&mut self) -> Result<Instruction> {
        let (span, line) = self.line()?;
        let Some(digits) = line.strip_suffix(b"L") else { return self.decimal(span, line) };
        let shorter = Span::new(span.start(), digits.len() as u64).unwrap_or(span);
        self.decimal(shorter, digits)
    }

    fn decimal(&self, span: Span, digits: &[u8]) -> Result<Instruction> {
        if let Some(value) = text::parse::<i64>(digits) {
            return Ok(Instruction::Int(value));
        }
        let unsigned = digits.strip_prefix(b"-").unwrap_or(digits);
        if unsigned.is_empty() || !unsigned.iter().all(u8::is_ascii_digit) {
            return self.fail("bad integer");
        }
        Ok(Instruction::BigDecimal(span))
    }

    fn float_line(&mut self) -> Result<Instruction> {
        let (_, line) = self.line()?;
        text::parse::<f64>(line)
            .map_or_else(|| self.fail("bad number"), |v| Ok(Instruction::Float(v)))
    }
}

/// Reads `value` as a two's complement number of `bytes` bytes (at most 8).
fn sign_extend(value: u64, bytes: usize) -> i64 {
    let spare = match bytes {
        0 => return 0,
        1..=7 => 64_usize.saturating_sub(bytes.saturating_mul(8)),
        _ => 0,
    };
    let shift = u32::try_from(spare).unwrap_or(0);
    value.wrapping_shl(shift).cast_signed().wrapping_shr(shift)
}
