//! The examples do what they say.
#![cfg(test)]

use std::process::Command;

/// Runs an example; what it told.
fn told(name: &str) -> String {
    // Beside this test, in the folder of examples, where `cargo test` puts them.
    let this = std::env::current_exe().unwrap();
    let example = this.parent().unwrap().parent().unwrap().join("examples").join(name);
    let output = if example.exists() {
        Command::new(example).output().unwrap()
    } else {
        let arguments = ["run", "--quiet", "--package", "vesalius-convert", "--example", name];
        Command::new(env!("CARGO")).args(arguments).output().unwrap()
    };
    let (told, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}{errors}");
    println!("{told}");
    told.into_owned()
}

#[test]
fn an_encoder_that_is_killed_goes_on() {
    assert!(told("resume_ingest").contains("none twice, none missing"));
}

#[test]
fn a_vector_database_is_brought_asked_and_written() {
    let told = told("image_store");
    let wanted = "  3 1.0000 Some(Text(\"tiles/3.png\"))\n  2 0.8000";
    assert!(told.contains("verified: true") && told.contains(wanted), "{told}");
    assert!(told.contains("most like \"adipose\"") && told.contains("without image 3"), "{told}");
    assert!(told.contains("FaissFile(IndexIDMap2 of IndexFlatIP, 2 x 2)"), "{told}");
}
