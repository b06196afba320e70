//! What the labels of images are known to be.

use std::collections::HashMap;

use vesalius::{AttributeType, Error, Image, Snapshot, Value};

use crate::{Failure, Result};

/// Labels from an attribute: the text itself, or its index.
pub(super) struct Truth<'s> {
    name: &'s str,
    places: HashMap<&'s str, usize>,
    count: usize,
}

/// What is known of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The place of its label among the texts.
    Label(usize),
    /// Its attribute names no text.
    Other(String),
    /// It has no value.
    Nothing,
}

impl<'s> Truth<'s> {
    /// Labels from the attribute of a name.
    pub(super) fn of(snapshot: &'s Snapshot, name: &str, texts: &[&'s str]) -> Result<Self> {
        let Some(attribute) = snapshot.schema().attribute(name) else {
            let known = snapshot.schema().attributes.iter().map(|a| a.name.clone()).collect();
            return Err(Error::NoSuch { what: "attribute", name: name.to_owned(), known }.into());
        };
        if attribute.kind == AttributeType::F64 {
            let text = format!(
                "attribute {name:?} has numbers with a fraction; --truth needs a text, or an index"
            );
            return Err(Failure::Message(text));
        }
        let mut places = HashMap::new();
        for (place, text) in texts.iter().enumerate() {
            places.entry(*text).or_insert(place);
        }
        Ok(Self { name: &attribute.name, places, count: texts.len() })
    }

    /// What is known of an image.
    pub(super) fn known(&self, image: &Image<'_>) -> Result<Known> {
        let place = match image.attribute(self.name)? {
            None => return Ok(Known::Nothing),
            Some(Value::Text(text)) => match self.places.get(text.as_str()) {
                Some(place) => Ok(*place),
                None => Err(text),
            },
            Some(Value::I64(index)) => usize::try_from(index).map_err(|_| index.to_string()),
            Some(Value::Bool(value)) => Ok(usize::from(value)),
            Some(other) => Err(other.to_string()),
        };
        Ok(match place {
            Ok(place) if place < self.count => Known::Label(place),
            Ok(place) => Known::Other(place.to_string()),
            Err(text) => Known::Other(text),
        })
    }
}
