//! Import through the command, of real files.

#[cfg(test)]
mod support;

use support::{column, shared_data, text, vesalius};

#[test]
fn every_region_database_comes_in() {
    let Some(data) = shared_data() else { return };
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "anatomical_database.npz",
        "anatomical_database.p2.np1.pkl",
        "anatomical_database.p3.np1.pkl",
        "anatomical_database.p4.np2.pkl",
        "anatomical_database.p5.np2.pkl",
        "anatomical_database.pkl",
        "anatomical_parts",
        "ct_organs.npz",
        "ct_organs.pkl",
        "region_text_embeddings.pkl",
    ] {
        let (source, file) =
            (data.join("regions").join(name), dir.path().join(format!("{name}.vsl")));
        let (source, file) = (text(&source), text(&file));
        let report = vesalius(&["import", &source, &file, "--json"]).json();
        let images = if name.starts_with("ct") { 28 } else { 6 };
        assert_eq!(report["images"], images, "{name}");
        assert_eq!(report["verified"], true, "{name}");
        let info = vesalius(&["info", &file, "--json"]).json();
        assert_eq!(info["images"], images, "{name}");
        assert_eq!(info["fields"][0]["name"], "regions");
        let again = vesalius(&["import", &source, &file]);
        assert!(again.stdout.contains("all of them there already"), "{name}: {}", again.stdout);
    }
}

#[test]
fn a_slice_of_the_liver_finds_its_neighbours() {
    let Some(data) = shared_data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = text(&dir.path().join("ct.vsl"));
    let source = text(&data.join("regions/ct_organs.pkl"));
    assert_eq!(vesalius(&["import", &source, &file]).code, 0);
    let like = "ct-axial-088";
    let args = [
        "search", &file, "--field", "regions", "--like", like, "--region", "liver", "-k", "4",
        "--json",
    ];
    let hits = column(&vesalius(&args).json()["hits"], "image");
    assert_eq!(hits.len(), 4);
    for neighbour in ["ct-axial-084", "ct-axial-092"] {
        assert!(hits[..2].contains(&neighbour.to_owned()), "{hits:?}");
    }
}

#[test]
fn a_matrix_becomes_a_vector_field() {
    let Some(data) = shared_data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = text(&dir.path().join("matrix.vsl"));
    let source = text(&data.join("npy/f16.npy"));
    let report = vesalius(&["import", &source, &file, "--json"]).json();
    assert_eq!(report["images"], 64);
    let info = vesalius(&["info", &file, "--json"]).json();
    assert_eq!(info["fields"][0]["name"], "features");
    assert_eq!(info["fields"][0]["dtype"], "f16");
}

#[test]
fn a_source_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("x.pkl"), dir.path().join("x.vsl"));
    // cos\nsystem\n(S'true'\ntR. : a pickle that wants to run something.
    std::fs::write(&source, b"cos\nsystem\n(S'true'\ntR.").unwrap();
    let ran = vesalius(&["import", &text(&source), &text(&file)]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("\"os\".\"system\""), "{}", ran.stderr);
    assert!(!file.exists());
}
