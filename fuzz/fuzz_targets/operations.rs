//! A seeded workload with a fault at an arbitrary operation: the container recovers to an allowed state.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius::storage::sim::{CrashMode, Fault, SimDisk};
use vesalius_tests::crash::{open_and_read, run};

fuzz_target!(|input: (u64, u16, u8, u64)| {
    let (seed, operation, fault, image) = input;
    let fault = match fault % 4 {
        0 => Fault::Eio,
        1 => Fault::Enospc,
        2 => Fault::ShortWrite(usize::from(fault / 4)),
        _ => Fault::PowerCut,
    };
    let disk = SimDisk::new();
    let history = run(&disk, seed, 16, |disk| disk.set_trigger(u64::from(operation % 400), fault));
    let image = disk.crash_image(image, CrashMode::RandomReordered);
    let (model, _) =
        open_and_read(&SimDisk::from_image(image)).expect("a container opens after a cut");
    assert!(history.allowed().contains(&model), "a state that never was");
});
