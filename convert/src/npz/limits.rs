//! What an archive may cost.

use super::error::NpzErrorKind;
use super::member::Member;

/// Deflate cannot do better than 1032 to 1; the rest is room for small members.
const RATIO_CEILING: u64 = 1100;
const SMALL_MEMBER: u64 = 1 << 16;

/// Limits of one archive. The default suits files that the user chose: up to 64 GiB inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Members of the archive.
    pub max_members: u64,
    /// Inflated bytes of one member.
    pub max_member_bytes: u64,
    /// Bytes inflated from one [`Archive`](super::Archive) in total; they need as much room among the
    /// temporary files.
    pub max_total_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_members: 100_000, max_member_bytes: 64 << 30, max_total_bytes: 64 << 30 }
    }
}

impl Limits {
    /// Whether a member of these sizes may be inflated after `spent` bytes of others.
    pub(super) fn admit(&self, member: &Member, spent: u64) -> Result<(), NpzErrorKind> {
        let honest = member.stored_bytes.saturating_mul(RATIO_CEILING).saturating_add(SMALL_MEMBER);
        if member.bytes > honest {
            return Err(NpzErrorKind::Ratio { stored: member.stored_bytes, claimed: member.bytes });
        }
        if member.bytes > self.max_member_bytes {
            let limit = self.max_member_bytes;
            return Err(NpzErrorKind::MemberTooLarge { bytes: member.bytes, limit });
        }
        let total = spent.saturating_add(member.bytes);
        if total > self.max_total_bytes {
            return Err(NpzErrorKind::TotalTooLarge { bytes: total, limit: self.max_total_bytes });
        }
        Ok(())
    }
}
