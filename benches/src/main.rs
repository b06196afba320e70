//! What the engine must reach, measured with its peers beside it in the same run.
//!
//! ```text
//! cargo run --release -p vesalius-benches -- NAME ... [--scale S] [--dir DIR] [--rounds N] [--data DIR]
//!     [--rows N] [--only PART,...]
//! ```

mod child;
mod cohort;
mod commit;
mod concepts;
mod hdf5;
mod import;
mod machine;
mod masks;
mod measure;
mod noise;
mod open;
mod options;
mod peers;
mod random;
mod regions;
mod scan;
mod table;
mod tokens;
mod vectors;

use std::process::ExitCode;

use options::{Bench, Command, Options};
use table::Table;

/// A measurement fails with whatever failed in it.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let outcome = match options::parse(std::env::args().skip(1)) {
        Ok(Command::Child(arguments)) => child::run(&arguments),
        Ok(Command::Measure(options)) => measure_all(&options),
        Ok(Command::Help) => {
            println!("{}", options::USAGE);
            Ok(())
        }
        Err(error) => {
            eprintln!("{error}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure_all(options: &Options) -> Result<()> {
    machine::print(options);
    for bench in &options.benches {
        eprintln!("{} ...", bench.name());
        let mut table = Table::new(bench.name());
        match bench {
            Bench::Open => open::measure(options, &mut table)?,
            Bench::Import => import::measure(options, &mut table)?,
            Bench::Commit => commit::measure(options, &mut table)?,
            Bench::Scan => scan::measure(options, &mut table)?,
            Bench::Regions => regions::measure(options, &mut table)?,
            Bench::Random => random::measure(options, &mut table)?,
            Bench::Tokens => tokens::measure(options, &mut table)?,
            Bench::Concepts => concepts::measure(options, &mut table)?,
            Bench::Hdf5 => hdf5::measure(options, &mut table)?,
            Bench::Masks => masks::measure(options, &mut table)?,
            Bench::Vectors => vectors::measure(options, &mut table)?,
        }
        println!("{table}");
    }
    Ok(())
}
