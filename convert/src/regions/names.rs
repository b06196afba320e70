use std::collections::BTreeMap;

/// The 29 regions of a chest radiograph that `xray_moe` detects, by index. Its box labels and the keys of
/// its text features count from 1.
pub const CHEST_REGIONS: [&str; 29] = [
    "left hemidiaphragm",
    "right atrium",
    "right hilar structures",
    "cardiac silhouette",
    "abdomen",
    "trachea",
    "right apical zone",
    "right lung",
    "right upper lung zone",
    "right costophrenic angle",
    "svc",
    "left lung",
    "right mid lung zone",
    "cavoatrial junction",
    "left costophrenic angle",
    "left hilar structures",
    "mediastinum",
    "right lower lung zone",
    "left mid lung zone",
    "spine",
    "left upper lung zone",
    "right hemidiaphragm",
    "left clavicle",
    "aortic arch",
    "right clavicle",
    "left apical zone",
    "left lower lung zone",
    "carina",
    "upper mediastinum",
];

/// Largest region index that is believed.
pub(super) const MAX_REGION: u32 = u16::MAX as u32;

/// Collects the names that a source gives to its regions.
#[derive(Default)]
pub(super) struct Names {
    given: BTreeMap<u32, String>,
    highest: Option<u32>,
    quarrels: BTreeMap<u32, String>,
}

impl Names {
    /// Notes that region `index`, at most [`MAX_REGION`], occurs, with the name it has there.
    pub(super) fn note(&mut self, index: u32, name: Option<&str>) {
        self.highest = self.highest.max(Some(index));
        let Some(name) = name else { return };
        match self.given.get(&index) {
            None => {
                self.given.insert(index, name.to_owned());
            }
            Some(first) if first != name => {
                self.quarrels.entry(index).or_insert_with(|| name.to_owned());
            }
            Some(_) => {}
        }
    }

    /// Names by index, and warnings where the source contradicts itself. Regions without a name get that of
    /// [`CHEST_REGIONS`] if all others agree with it, else `region_<index>`.
    pub(super) fn finish(self) -> (Vec<String>, Vec<String>) {
        let chest = |i: u32| usize::try_from(i).ok().and_then(|i| CHEST_REGIONS.get(i)).copied();
        let is_chest = self.highest.is_some_and(|h| chest(h).is_some())
            && self.given.iter().all(|(i, name)| chest(*i) == Some(name));
        let last = if is_chest { Some(28) } else { self.highest };
        let fallback = |i| match chest(i) {
            Some(name) if is_chest => name.to_owned(),
            _ => format!("region_{i}"),
        };
        let name = |i: u32| self.given.get(&i).cloned().unwrap_or_else(|| fallback(i));
        let names = last.map(|last| (0..=last).map(name).collect()).unwrap_or_default();
        let quarrel = |(index, other): (&u32, &String)| {
            let first = self.given.get(index).map_or("", String::as_str);
            format!("region {index} is called {first:?} and {other:?}; {first:?} is used")
        };
        let warnings = self.quarrels.iter().map(quarrel).collect();
        (names, warnings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_from_the_known_list_only_if_it_fits() {
        let mut names = Names::default();
        names.note(5, Some("trachea"));
        names.note(3, None);
        let (all, warnings) = names.finish();
        assert_eq!((all, warnings.len()), (CHEST_REGIONS.map(str::to_owned).to_vec(), 0));

        let mut names = Names::default();
        names.note(1, Some("liver"));
        names.note(2, None);
        names.note(1, Some("spleen"));
        let (all, warnings) = names.finish();
        assert_eq!(all, ["region_0", "liver", "region_2"]);
        assert_eq!(warnings, ["region 1 is called \"liver\" and \"spleen\"; \"liver\" is used"]);
    }
}
