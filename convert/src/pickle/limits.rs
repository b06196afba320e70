/// Bounds on what one pickle may cost. All are checked before the memory is taken.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of input.
    pub input: u64,
    /// Objects alive at once.
    pub nodes: u32,
    /// Bytes of objects, child lists, decoded text and stack alive at once. Payloads are not counted:
    /// they stay in the input.
    pub memory: u64,
    /// Objects on the stack.
    pub stack: usize,
    /// Open marks.
    pub marks: usize,
    /// Memo entries that the pickle fetches again.
    pub memo: usize,
    /// Bytes of one line of the text protocols (0 and 1).
    pub line: usize,
}

impl Limits {
    /// For input whose worth is a few kB: tests and fuzzing.
    pub fn small() -> Self {
        Self {
            input: 1 << 24,
            nodes: 1 << 18,
            memory: 1 << 23,
            stack: 1 << 17,
            marks: 1 << 12,
            memo: 1 << 14,
            line: 1 << 16,
        }
    }
}

impl Default for Limits {
    /// 256 TiB of input, 2 GiB of memory, 2^31 nodes.
    fn default() -> Self {
        Self {
            input: 1 << 48,
            nodes: 1 << 31,
            memory: 1 << 31,
            stack: 1 << 24,
            marks: 1 << 20,
            memo: 1 << 26,
            line: 1 << 30,
        }
    }
}
