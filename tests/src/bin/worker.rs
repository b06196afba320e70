//! A second process for the tests of locks and kills: `worker COMMAND FILE [N]`. Speaks by lines on stdout and
//! waits for a line on stdin where it must.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use vesalius::{Database, Durability, Result, Value};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["write", file] => write(file),
        ["append", file, count] => append(file, count.parse().unwrap_or(0)),
        ["hold", file] => hold(file),
        _ => {
            eprintln!("usage: worker write|append|hold FILE [N]");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error {error}"));
            ExitCode::FAILURE
        }
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The other side may be gone, which is its business.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

fn wait() {
    let mut line = String::new();
    drop(std::io::stdin().lock().read_line(&mut line));
}

/// Becomes the writer, and stays it until told.
fn write(file: &str) -> Result<()> {
    let db = Database::open(file)?;
    let txn = db.begin_write()?;
    say("writing");
    wait();
    drop(txn);
    db.close()
}

/// Commits one image after another and says which one is durable.
fn append(file: &str, count: u64) -> Result<()> {
    let db = Database::open(file)?;
    db.set_checkpoint_bytes(40_000)?;
    for number in 0..count {
        let mut txn = db.begin_write()?;
        let n = i64::try_from(number).unwrap_or(0);
        txn.upsert(&format!("image-{number}"))?.attribute("n", n)?.vector("v", &[1.0; 32])?;
        if number >= 8 && number % 2 == 0 {
            txn.delete(&format!("image-{}", number - 8))?;
        }
        txn.commit_with(Durability::Immediate)?;
        say(&format!("durable {number}"));
        if number % 50 == 49 {
            db.compact(vesalius::CompactOptions::new(), &mut |_, _| true)?;
        }
    }
    db.close()
}

/// Holds a snapshot until told, then reads all of it again.
fn hold(file: &str) -> Result<()> {
    let db = Database::open_read_only(file)?;
    let snapshot = db.snapshot()?;
    let before = sum(&snapshot)?;
    say(&format!("holding {} {before}", snapshot.len()));
    wait();
    say(&format!("still {} {}", snapshot.len(), sum(&snapshot)?));
    say(&format!("now {}", db.snapshot()?.len()));
    Ok(())
}

fn sum(snapshot: &vesalius::Snapshot) -> Result<i64> {
    let mut total = 0;
    for row in &snapshot.rows()? {
        let Some(image) = snapshot.image_at(row)? else { continue };
        if let Some(Value::I64(n)) = image.attribute("n")? {
            total += n;
        }
        image.vector("v")?;
    }
    Ok(total)
}
