//! Peers in Python: scripts that come with this program.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Result;
use crate::child::{Report, watch};

/// A script.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    source: &'static str,
    /// Modules that it needs, with the names under which pip has them.
    needs: &'static [(&'static str, &'static str)],
}

/// Loads a pickle, once.
pub(crate) const UNPICKLE: Script =
    Script { source: include_str!("../../peers/unpickle.py"), needs: &[("numpy", "numpy")] };
/// Searches a matrix with FAISS, whenever asked.
pub(crate) const FAISS_FLAT: Script = Script {
    source: include_str!("../../peers/faiss_flat.py"),
    needs: &[("numpy", "numpy"), ("faiss", "faiss-cpu")],
};
/// Searches a dictionary of regions with NumPy, whenever asked.
pub(crate) const NUMPY_REGIONS: Script =
    Script { source: include_str!("../../peers/numpy_regions.py"), needs: &[("numpy", "numpy")] };

/// Keeps token tensors with h5py.
pub(crate) const H5_TOKENS: Script = Script {
    source: include_str!("../../peers/h5_tokens.py"),
    needs: &[("numpy", "numpy"), ("h5py", "h5py")],
};

/// Answers questions across text, image and token with NumPy, whenever asked.
pub(crate) const NUMPY_CONCEPTS: Script =
    Script { source: include_str!("../../peers/numpy_concepts.py"), needs: &[("numpy", "numpy")] };
/// Writes and reads feature stores with h5py, once.
pub(crate) const H5_STORE: Script = Script {
    source: include_str!("../../peers/h5_store.py"),
    needs: &[("numpy", "numpy"), ("h5py", "h5py")],
};
/// Answers questions about label maps with crackle, MedMask, pycocotools, nibabel and NumPy, whenever asked.
pub(crate) const MASKS: Script = Script {
    source: include_str!("../../peers/masks.py"),
    needs: &[
        ("numpy", "numpy"),
        ("crackle", "crackle-codec"),
        ("medmask", "medmask"),
        ("pycocotools", "pycocotools"),
        ("nibabel", "nibabel"),
        ("zstandard", "zstandard"),
    ],
};

/// Searches vectors with FAISS, usearch, hnswlib and others, whenever asked; all but NumPy may be missing.
pub(crate) const VECTORS: Script =
    Script { source: include_str!("../../peers/vectors.py"), needs: &[("numpy", "numpy")] };

impl Script {
    /// Why it cannot run here, if it cannot.
    pub(crate) fn absent(&self) -> Option<String> {
        let missing = |module: &str| {
            let import = format!("import {module}");
            let mut python = interpreter();
            let probe = python.arg("-c").arg(import).stderr(Stdio::null()).stdout(Stdio::null());
            !probe.status().is_ok_and(|status| status.success())
        };
        let packages: Vec<&str> = self
            .needs
            .iter()
            .filter(|(module, _)| missing(module))
            .map(|(_, package)| *package)
            .collect();
        (!packages.is_empty()).then(|| format!("peer absent: pip install {}", packages.join(" ")))
    }

    fn command(&self, arguments: &[&Path]) -> Command {
        let mut command = interpreter();
        command.arg("-c").arg(self.source).args(arguments);
        // A peer that is compared with one thread has one; spinning threads would disturb ours.
        for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(name, "1");
        }
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&Path]) -> Result<Report> {
        watch(&mut self.command(arguments))
    }

    /// Starts it, and waits until it is ready to be asked.
    pub(crate) fn serve(&self, arguments: &[&Path]) -> Result<Server> {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = output.ok_or("a peer has no output")?;
        let mut server = Server { child, input, output: BufReader::new(output) };
        match server.line()?.as_str() {
            "ready" => Ok(server),
            other => Err(format!("a peer said {other:?}").into()),
        }
    }
}

fn interpreter() -> Command {
    Command::new(std::env::var_os("VESALIUS_PYTHON").unwrap_or_else(|| "python3".into()))
}

/// A running script that works when asked, so that rounds can take turns.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Server {
    /// Asks for one round; the answer is the seconds that it took and what was found.
    pub(crate) fn ask(&mut self, question: &str) -> Result<(f64, Vec<u64>)> {
        let input = self.input.as_mut().ok_or("a peer has no input")?;
        writeln!(input, "{question}")?;
        input.flush()?;
        let line = self.line()?;
        if let Some(why) = line.strip_prefix("error ") {
            return Err(why.into());
        }
        let mut words = line.split(' ');
        let seconds = words.next().unwrap_or_default().parse()?;
        let found = words.map(str::parse).collect::<std::result::Result<_, _>>()?;
        Ok((seconds, found))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("a peer ended early".into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.input.take());
        drop(self.child.wait());
    }
}
