//! The examples do what they say.
#![cfg(test)]

use std::process::Command;

#[test]
fn an_encoder_that_is_killed_goes_on() {
    // Beside this test, in the folder of examples, where `cargo test` puts them.
    let this = std::env::current_exe().unwrap();
    let example = this.parent().unwrap().parent().unwrap().join("examples/resume_ingest");
    let output = if example.exists() {
        Command::new(example).output().unwrap()
    } else {
        let arguments = ["run", "--quiet", "--package", "vesalius-convert", "--example"];
        Command::new(env!("CARGO")).args(arguments).arg("resume_ingest").output().unwrap()
    };
    let (told, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}{errors}");
    assert!(told.contains("none twice, none missing"), "{told}");
    println!("{told}");
}
