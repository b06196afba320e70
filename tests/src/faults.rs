//! EIO, ENOSPC and short writes at every operation of a workload.

use vesalius::storage::sim::{CrashMode, Fault, SimDisk};

use crate::crash::{Tally, open_and_read, operations, run};

/// Lets one operation after another fail, once and from then on. Afterwards, in a new process as it were,
/// the container must open in an allowed state; and so must what a power cut then leaves.
pub fn io_errors(seed: u64, steps: usize) -> Tally {
    let mut tally = Tally::default();
    for at in operations(seed, steps) {
        for (number, fault) in
            [Fault::Eio, Fault::Enospc, Fault::ShortWrite(1)].into_iter().enumerate()
        {
            let persistent = (at + number as u64).is_multiple_of(2);
            let disk = SimDisk::new();
            let history = run(&disk, seed, steps, |disk| {
                if persistent {
                    disk.set_persistent_trigger(at, fault);
                } else {
                    disk.set_trigger(at, fault);
                }
            });
            disk.clear_triggers();
            tally.operations += 1;
            let after_cut = SimDisk::from_image(disk.crash_image(at, CrashMode::RandomReordered));
            for (what, disk) in [("reopened", disk), ("reopened after a power cut", after_cut)] {
                tally.states += 1;
                let place = format!("VESALIUS_SEED={seed} operation {at} {fault:?} {what}");
                match open_and_read(&disk) {
                    Ok((model, indexed)) if history.allowed().contains(&model) => {
                        tally.indexed += u64::from(indexed);
                    }
                    Ok(_) => {
                        tally.wrong += 1;
                        eprintln!("{place}: the state is none of the allowed ones");
                    }
                    Err(error) => {
                        tally.unopened += 1;
                        eprintln!("{place}: {error}");
                    }
                }
            }
        }
    }
    tally
}
