//! Damage in an index that is larger than a block of checksums.

use super::*;

#[test]
fn damage_anywhere_in_lists_is_found_before_it_is_used() {
    let mut store = Store::new();
    store.put(0..6000);
    let lists = IndexOptions::approximate().lists(40);
    store.db.build_index("global", &lists, &mut |_, _| true).unwrap();
    let query = store.random.features(1, DIM);
    let extent = {
        let snapshot = store.db.snapshot().unwrap();
        let indexes: Vec<Arc<Index>> = (*snapshot.state().indexes).clone();
        indexes.iter().map(|index| index.desc().data).max_by_key(|data| data.len).unwrap()
    };
    assert!(extent.blocks() > 3, "{extent:?}");
    let efforts = [Effort::All, Effort::Lists(2), Effort::Recall(0.9)];
    let search = |db: &Database, effort| {
        let options = SearchOptions::new(5).approximate(effort);
        db.snapshot().unwrap().search_vector("global", &query, &options)
    };
    let want = efforts.map(|effort| search(&store.db, effort).unwrap());
    store.db.clone().close().unwrap();
    let bytes = store.medium.snapshot_bytes();
    let mut passed = 0;
    for step in 0..60 {
        let mut bytes = bytes.clone();
        let at = usize::try_from(extent.offset() + extent.len * step / 60).unwrap();
        bytes[at] ^= 1 << (step % 8);
        for (effort, want) in efforts.into_iter().zip(&want) {
            // Opened for each, so that nothing is verified yet.
            let db = Database::from_bytes(bytes.clone()).unwrap();
            match search(&db, effort) {
                Err(Error::Corrupt(_)) => {}
                Ok(found) => {
                    assert!(effort != Effort::All, "byte {at} was used, damaged");
                    assert_eq!(&found, want);
                    passed += 1;
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert!(passed > 0, "searches verify what they do not use");
}
