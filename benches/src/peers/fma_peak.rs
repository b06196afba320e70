//! What the cores reach in fused multiply-adds, or 8-bit products, when they do nothing else: C programs, compiled
//! here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// Seconds that a process works, after a quarter of it to warm up: long beside the start of a process.
const SECONDS: &str = "0.2";

/// The compiled program.
#[derive(Clone, Debug)]
pub(crate) struct FmaPeak(PathBuf);

impl FmaPeak {
    /// Compiles it, with `cc -O3 -march=native`; the inner error says why there is none.
    pub(crate) fn compile(folder: &Path) -> Result<std::result::Result<Self, String>> {
        Self::of(folder, "fma_peak", include_str!("../../peers/fma_peak.c"))
    }

    /// That of 8-bit integers, on machines that have instructions for them.
    pub(crate) fn integer(folder: &Path) -> Result<std::result::Result<Self, String>> {
        Self::of(folder, "integer_peak", include_str!("../../peers/integer_peak.c"))
    }

    fn of(folder: &Path, name: &str, text: &str) -> Result<std::result::Result<Self, String>> {
        let (source, program) = (folder.join(format!("{name}.c")), folder.join(name));
        std::fs::write(&source, text)?;
        let mut cc = Command::new("cc");
        cc.args(["-O3", "-march=native", "-o"]).args([&program, &source]);
        match cc.stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => Ok(Ok(Self(program))),
            Ok(_) => Ok(Err("peer absent: cc does not compile it".into())),
            Err(_) => Ok(Err("peer absent: no C compiler called cc".into())),
        }
    }

    /// Operations a second of `cores` processes at the same time, added up.
    pub(crate) fn run(&self, cores: usize) -> Result<f64> {
        let start = || Command::new(&self.0).arg(SECONDS).stdout(Stdio::piped()).spawn();
        let started = (0..cores).map(|_| start()).collect::<std::io::Result<Vec<_>>>()?;
        let mut sum = 0.0;
        // All are waited for, also where one failed.
        let ended: Vec<_> =
            started.into_iter().map(std::process::Child::wait_with_output).collect();
        for output in ended {
            let output = output?;
            if !output.status.success() {
                return Err(
                    format!("the peak of a core was not measured: {}", output.status).into()
                );
            }
            sum += String::from_utf8(output.stdout)?.trim().parse::<f64>()?;
        }
        Ok(sum)
    }
}
