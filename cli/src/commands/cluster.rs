//! `vesalius cluster`: k-means.

use serde_json::json;
use vesalius::{AttributeType, ClusterParams, Clustering, Value};

use super::analysis::{Chosen, Column, attributes};
use crate::output::progress::{Progress, Unit};
use crate::output::{Cell, Out, Table, count, decimal};
use crate::{Outcome, Result};

/// Cluster images by their features, with k-means
///
/// By cosine, features are brought to length 1 first. The outcome is the same each time.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius cluster cases.vsl --field clip -k 10 --write cluster")]
pub(crate) struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Clusters
    #[arg(short, value_name = "K", default_value_t = 10)]
    k: usize,
    /// Most rounds
    #[arg(long, value_name = "N", default_value_t = 50)]
    rounds: usize,
    /// Where the random numbers start
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write the cluster of each image to this attribute
    #[arg(long, value_name = "ATTRIBUTE")]
    write: Option<String>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let opened = args.chosen.open()?;
    let (field, options) = args.chosen.resolve(&opened)?;
    let params = ClusterParams::new(args.k).rounds(args.rounds).seed(args.seed);
    let bar = Progress::new("clustering", Unit::Items);
    let made = opened.snapshot.cluster(&field.name, &params, &options, &mut bar.callback())?;
    drop(bar);
    if let Some(name) = &args.write {
        let values = made.assignment.iter().map(|cluster| Value::I64(i64::from(*cluster)));
        let column =
            Column { name: name.clone(), kind: AttributeType::I64, values: values.collect() };
        attributes(&args.chosen.file, &opened.snapshot, &made.rows, &[column])?;
    }
    if out.is_json() {
        out.json(&json!({
            "field": field.name, "images": made.rows.len(), "clusters": clusters(&made),
            "inertia": made.inertia, "rounds": made.rounds, "sampled": made.sampled,
            "attribute": args.write,
        }))?;
        return Ok(Outcome::Done);
    }
    let (images, rounds) = (count(made.rows.len() as u64), made.rounds);
    let inertia = decimal(made.inertia);
    out.line(&format!("{images} images, inertia {inertia} after {rounds} rounds"))?;
    let head = [Cell::number("cluster"), Cell::number("images"), Cell::number("inertia")];
    let mut table = Table::new(head);
    for (number, (size, inertia)) in parts(&made).into_iter().enumerate() {
        let cells = [number.to_string(), count(size), decimal(inertia)];
        table.row(out, cells.map(Cell::number))?;
    }
    table.end(out)?;
    if let Some(name) = &args.write {
        out.line(&format!("the clusters are in attribute {name:?}"))?;
    }
    Ok(Outcome::Done)
}

/// Size and inertia of each cluster.
fn parts(made: &Clustering) -> Vec<(u64, f64)> {
    let mut parts: Vec<(u64, f64)> = made.sizes.iter().map(|size| (*size, 0.0)).collect();
    for (cluster, squared) in made.assignment.iter().zip(&made.squared) {
        if let Some((_, inertia)) = parts.get_mut(*cluster as usize) {
            *inertia += f64::from(*squared);
        }
    }
    parts
}

fn clusters(made: &Clustering) -> Vec<serde_json::Value> {
    let parts = parts(made).into_iter().enumerate();
    parts
        .map(|(number, (size, inertia))| {
            json!({ "cluster": number, "images": size, "inertia": inertia })
        })
        .collect()
}
