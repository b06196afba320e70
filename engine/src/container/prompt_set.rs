//! A prompt set of a state.

use std::sync::Arc;

use super::group::Group;
use super::view::PromptsView;
use crate::error::Result;
use crate::format::Rule;
use crate::format::prompts::PromptSetDef;
use crate::format::schema::Dtype;
use crate::storage::Storage;

/// A prompt set: what the manifest says of it, and its data, read at first use.
#[derive(Debug)]
pub struct PromptSet {
    def: PromptSetDef,
    group: Group,
}

impl PromptSet {
    /// A prompt set whose data lies on `storage`. Reads nothing.
    pub fn new(def: PromptSetDef, storage: &Arc<dyn Storage>) -> Self {
        let group = Group::in_extent(def.describe(), storage);
        Self { def, group }
    }

    /// What the manifest says of it.
    pub fn def(&self) -> &PromptSetDef {
        &self.def
    }

    /// Its data.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Texts and features. Checks the header, once.
    pub fn view(&self) -> Result<PromptsView<'_>> {
        let header = self.group.header()?;
        if (header.dim, header.dtype) != (self.def.dim, u32::from(Dtype::F32.code())) {
            let text = "dimension or type are not those of its prompt set";
            return Err(self.group.damage(Rule::GroupHeader, text));
        }
        Ok(PromptsView::new(&self.group))
    }
}
