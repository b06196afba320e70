//! A container of vectors.

use std::path::Path;

use vesalius::{AttributeType, Database, Definition, Field};
use vesalius_convert::npy::{NpyWriter, Scalar};

/// Dimension of [`store`].
pub const DIM: usize = 8;
/// Images of [`store`].
pub const IMAGES: usize = 400;

/// The vector of an image: 100 different ones, each four times, a little longer each time.
pub fn vector(number: usize) -> Vec<f32> {
    let mut state = ((number % 100 + 1) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    let unit: Vec<f32> = (0..DIM).map(|_| next()).collect();
    unit.iter().map(|value| value * (1.0 + (number / 100) as f32)).collect()
}

/// A container with a vector field `clip` and a regions field `regions` of the regions `a` and `b`, which have the
/// vector of the image and of the next one. Keys are numbers; `split` is train, of every fourth image test; all have an
/// `image_path`.
pub fn store(path: &Path) -> String {
    let definition = Definition::new()
        .attribute("split", AttributeType::Text)
        .attribute("image_path", AttributeType::Text)
        .field(Field::vector("clip", DIM))
        .field(Field::regions("regions", DIM, ["a", "b"]));
    let db = Database::create(path, definition).unwrap();
    let mut txn = db.begin_write().unwrap();
    for number in 0..IMAGES {
        let split = if number % 4 == 0 { "test" } else { "train" };
        let image = txn.put(&number.to_string()).unwrap().attribute("split", split).unwrap();
        let image = image.attribute("image_path", format!("{number}.png")).unwrap();
        let (a, b) = (vector(number), vector(number + 1));
        let image = image.vector("clip", &a).unwrap();
        let regions = [vesalius::RegionValue::new("a", &a), vesalius::RegionValue::new("b", &b)];
        image.regions("regions", &regions).unwrap();
    }
    txn.commit().unwrap();
    db.close().unwrap();
    super::text(path)
}

/// Writes the vectors of these images as an array.
pub fn queries(path: &Path, numbers: &[usize]) -> String {
    let values: Vec<f32> = numbers.iter().flat_map(|number| vector(*number)).collect();
    let shape = [numbers.len() as u64, DIM as u64];
    let mut writer = NpyWriter::create(path, Scalar::F32, &shape).unwrap();
    writer.write(&values).unwrap();
    writer.finish().unwrap();
    super::text(path)
}
