//! Numbers at fixed places of a header, in either byte order.

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// A header block. What lies outside it reads as zero.
pub(super) struct Fields<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) order: Order,
}

impl Fields<'_> {
    /// The `N` bytes at `at`, least significant first.
    fn number<const N: usize>(&self, at: usize) -> [u8; N] {
        let found = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
        let mut bytes = found.copied().unwrap_or([0; N]);
        if self.order == Order::Big {
            bytes.reverse();
        }
        bytes
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        let [byte] = self.number(at);
        byte
    }

    pub(super) fn i16(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.number(at))
    }

    pub(super) fn i32(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.number(at))
    }

    pub(super) fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.number(at))
    }

    pub(super) fn f32(&self, at: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.number(at)))
    }

    pub(super) fn f64(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.number(at))
    }

    /// `N` numbers from `at` on, each read by `read` and `step` bytes apart.
    pub(super) fn list<T, const N: usize>(
        &self,
        at: usize,
        step: usize,
        read: fn(&Self, usize) -> T,
    ) -> [T; N] {
        std::array::from_fn(|i| read(self, at.saturating_add(step.saturating_mul(i))))
    }

    /// The printable ASCII up to the first NUL of a field of `length` bytes.
    pub(super) fn text(&self, at: usize, length: usize) -> String {
        let field = self.bytes.iter().skip(at).take(length);
        let text = field.take_while(|byte| **byte != 0).map(|byte| char::from(*byte));
        text.filter(|c| c.is_ascii_graphic() || *c == ' ').collect()
    }
}
