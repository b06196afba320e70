//! Everything that a reader can see, as one number.

use std::sync::Arc;

use crate::container::group::Group;
use crate::container::open::load;
use crate::container::prompt_set::PromptSet;
use crate::container::state::State;
use crate::container::view::{
    KeysView, MasksView, MetadataView, RegionsView, TextView, TokensView, VectorView, values,
};
use crate::error::Result;
use crate::format::extent::Extent;
use crate::format::group::Layout;
use crate::format::prompts::PromptSetDef;
use crate::storage::Storage;

/// Opens a container and reads all of it.
pub(super) fn read_all(storage: &Arc<dyn Storage>) -> Result<u32> {
    let state = load(storage)?.state;
    let mut sum = Sum(crc32fast::Hasher::new());
    sum.add(&state.uuid);
    sum.add(state.metadata.as_bytes());
    sum.add(format!("{:?}{:?}{:?}", state.schema, state.spaces, state.cursors).as_bytes());
    sum.number(state.next_row);
    sum.number(state.images());
    for (&number, column) in &state.columns {
        sum.number(u64::from(number));
        for group in column.groups() {
            let rows = group.group().rows()?;
            for (position, row) in rows.iter().enumerate() {
                if group.is_live(position)? {
                    sum.number(row);
                    value(&state, group.group(), position, row, &mut sum)?;
                }
            }
        }
    }
    for set in state.prompt_sets.values() {
        prompts(set, &mut sum)?;
    }
    Ok(sum.0.finalize())
}

fn prompts(set: &PromptSet, sum: &mut Sum) -> Result<()> {
    let (def, view) = (set.def(), set.view()?);
    let def = PromptSetDef { data: Extent::default(), ..def.clone() };
    sum.add(format!("{def:?}").as_bytes());
    let features = view.features()?;
    for place in 0..def.count as usize {
        sum.add(view.text(place)?.as_bytes());
        sum.add(features.row_bytes(place).unwrap_or(&[]));
        let tokens = view.tokens(place)?;
        (0..def.tokens as usize).for_each(|n| sum.add(tokens.row_bytes(n).unwrap_or(&[])));
    }
    Ok(())
}

struct Sum(crc32fast::Hasher);

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn number(&mut self, number: u64) {
        self.add(&number.to_le_bytes());
    }
}

fn value(state: &State, group: &Group, at: usize, row: u64, sum: &mut Sum) -> Result<()> {
    let field = state.schema.fields.iter().find(|f| f.column == group.desc().column);
    match (group.desc().layout, field) {
        (Layout::Keys, _) => {
            let key = KeysView::new(group).key(at)?;
            sum.add(key.as_bytes());
            sum.number(u64::from(KeysView::new(group).space(at)?));
            assert_eq!(state.row_of(key)?, Some(row), "the index finds the key");
        }
        (Layout::I64, _) => sum.add(&values::<i64>(group)?[at].to_le_bytes()),
        (Layout::F64, _) => sum.add(&values::<f64>(group)?[at].to_le_bytes()),
        (Layout::Bool, _) => sum.add(&values::<u8>(group)?[at..=at]),
        (Layout::Text, _) => sum.add(TextView::new(group)?.get(at)?.as_bytes()),
        (Layout::Metadata, _) => sum.add(MetadataView::new(group).text(at)?.as_bytes()),
        (Layout::Vector, Some(field)) => {
            let feature = VectorView::new(group, field).get(at)?;
            sum.add(feature.row_bytes(0).unwrap_or(&[]));
        }
        (Layout::Regions, Some(field)) => {
            let view = RegionsView::new(group, field);
            let (regions, entries) = view.of_image(at)?;
            for (&region, &entry) in regions.iter().zip(entries) {
                let found = view.get(region, entry)?;
                sum.number(u64::from(region));
                sum.add(found.feature.row_bytes(0).unwrap_or(&[]));
                sum.add(format!("{:?}{:?}", found.bbox, found.score).as_bytes());
            }
        }
        (Layout::Tokens, Some(field)) => {
            let view = TokensView::new(group, field);
            sum.add(format!("{:?}", view.mapping(at)?).as_bytes());
            let count = view.count(at)?;
            sum.number(count as u64);
            let tokens = view.features(at, 0, count)?;
            (0..count).for_each(|n| sum.add(tokens.row_bytes(n).unwrap_or(&[])));
        }
        (Layout::Masks, _) => {
            let view = MasksView::new(group);
            let record = view.record(at)?;
            sum.add(format!("{:?}{}", view.name(at)?, view.label(at)?).as_bytes());
            // Where the block is may change when row groups are merged.
            sum.add(
                format!("{:?}", record.voxels.as_ref().map(|(b, f)| (b.len, b.part, f))).as_bytes(),
            );
            sum.add(format!("{:?}{:?}", record.priority, record.colour).as_bytes());
            sum.add(format!("{:?}{}", record.codes, record.json).as_bytes());
            if let Some((block, _)) = &record.voxels {
                sum.add(view.block(block)?);
            }
        }
        (layout, _) => panic!("layout {layout:?} is not in this container"),
    }
    Ok(())
}
