//! What the manifest and the log say of a row group.

use super::layout::Layout;
use crate::format::extent::Extent;
use crate::format::limits::{GROUP_ENTRIES_MAX, RECORD_BYTES_MAX, ROWS_MAX};
use crate::format::reader::Reader;
use crate::format::segment::{image_of, segment_row};
use crate::format::writer::Writer;
use crate::format::{Damage, Rule};

/// Encoded bytes of a descriptor.
pub const GROUP_DESC_BYTES: u64 = 128;
/// Flag: the row group lies in the log record that names it, `page` is its offset in the payload.
pub const GROUP_INLINE: u16 = 1;

/// The description of a row group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDesc {
    /// Identity, unique over the life of the file.
    pub id: u64,
    /// Column that it belongs to.
    pub column: u32,
    /// Layout of its bytes.
    pub layout: Layout,
    /// Whether `data` is a place in the payload of a log record instead of an extent.
    pub inline: bool,
    /// Images.
    pub count: u64,
    /// Lowest row.
    pub first_row: u64,
    /// Highest row.
    pub last_row: u64,
    /// Entries (regions: features; otherwise images).
    pub total: u64,
    /// Its bytes. Inline: `page` is the offset in the payload.
    pub data: Extent,
    /// Bulk data beside it: none for every layout so far.
    pub bulk: Extent,
    /// Images that are deleted or superseded.
    pub dead_count: u64,
    /// Bitmap of those images, `u64[ceil(count / 64)]`, or none.
    pub dead: Extent,
}

impl GroupDesc {
    /// The highest row of an image that it is about.
    pub fn last_image(&self) -> u64 {
        match self.layout {
            Layout::Masks => image_of(self.last_row),
            _ => self.last_row,
        }
    }

    /// Appends the descriptor.
    pub fn encode(&self, w: &mut Writer) {
        w.u64(self.id);
        w.u32(self.column);
        w.u16(self.layout.code());
        w.u16(if self.inline { GROUP_INLINE } else { 0 });
        w.u64(self.count);
        w.u64(self.first_row);
        w.u64(self.last_row);
        w.u64(self.total);
        self.data.encode(w);
        self.bulk.encode(w);
        w.u64(self.dead_count);
        self.dead.encode(w);
    }

    /// Reads and checks a descriptor. `payload_len` is that of the log record it stands in, or `None` in a
    /// manifest, where nothing is inline.
    pub fn decode(
        r: &mut Reader<'_>,
        file_len: u64,
        payload_len: Option<u64>,
    ) -> Result<Self, Damage> {
        let at = r.offset();
        let bad = |what: &str| Damage::new(Rule::GroupDescriptor, at, what);
        let (id, column) = (r.u64()?, r.u32()?);
        let layout = Layout::from_code(r.u16()?).ok_or_else(|| bad("unknown layout"))?;
        let flags = r.u16()?;
        if flags & !GROUP_INLINE != 0 {
            return Err(Damage::new(Rule::Reserved, at, "unknown flags of a row group"));
        }
        let inline = flags & GROUP_INLINE != 0;
        let (count, first_row, last_row, total) = (r.u64()?, r.u64()?, r.u64()?, r.u64()?);
        let data =
            if inline { inline_place(r, payload_len)? } else { Extent::decode(r, file_len)? };
        if data.is_none() && !inline {
            return Err(Damage::new(Rule::ExtentBounds, at, "a row group has no extent"));
        }
        let bulk = Extent::decode(r, file_len)?;
        if !bulk.is_none() {
            return Err(bad("bulk data that no feature bit stands for yet"));
        }
        let dead_count = r.u64()?;
        let dead = Extent::decode(r, file_len)?;
        let span = last_row.checked_sub(first_row).and_then(|n| n.checked_add(1));
        let counts_ok = count >= 1
            && count.max(total) <= GROUP_ENTRIES_MAX
            && span.is_some_and(|span| span >= count)
            && last_row < rows_max(layout)
            && !data.is_none();
        let bitmap_bytes = count.div_ceil(64).saturating_mul(8);
        let dead_len = if dead_count == 0 { 0 } else { bitmap_bytes };
        let dead_ok = dead_count <= count && dead.len == dead_len;
        if !counts_ok {
            return Err(bad("counts and rows of a row group are not possible"));
        }
        if payload_len.is_some() && dead_count > 0 {
            return Err(bad("a new row group has deleted entries"));
        }
        if !dead_ok {
            return Err(Damage::new(Rule::DeadBitmap, at, "the bitmap does not fit its counts"));
        }
        Ok(Self {
            id,
            column,
            layout,
            inline,
            count,
            first_row,
            last_row,
            total,
            data,
            bulk,
            dead_count,
            dead,
        })
    }
}

/// Rows of a layout are below this.
const fn rows_max(layout: Layout) -> u64 {
    match layout {
        Layout::Masks => segment_row(ROWS_MAX, 0),
        _ => ROWS_MAX,
    }
}

fn inline_place(r: &mut Reader<'_>, payload_len: Option<u64>) -> Result<Extent, Damage> {
    let at = r.offset();
    let place = Extent { page: r.u64()?, len: r.u64()?, crc: r.u32()? };
    r.zeros(4)?;
    let end = place.page.checked_add(place.len);
    let inside = payload_len.is_some_and(|limit| end.is_some_and(|end| end <= limit));
    let aligned = place.page.is_multiple_of(64) && place.crc == 0;
    if inside && aligned && place.len <= RECORD_BYTES_MAX {
        return Ok(place);
    }
    Err(Damage::new(Rule::GroupDescriptor, at, "an inline row group is outside its record"))
}
