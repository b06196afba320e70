//! The class of images by the votes of their neighbours.

use serde_json::json;
use vesalius::{Accuracy, AttributeClasses, FieldKind, Predicted, Value};

use super::Args;
use super::tally::share;
use crate::commands::{names, open, rows};
use crate::output::progress::{Progress, Unit};
use crate::output::{Cell, Out, Table, count, json as numbers, percent, print_note};
use crate::{Outcome, Result};

/// What the neighbours say.
struct Answer {
    classes: AttributeClasses,
    accuracy: Accuracy,
    /// Of images without a value.
    predicted: Vec<Predicted>,
}

impl Answer {
    fn name(&self, class: u32) -> String {
        self.classes.values.get(class as usize).map(Value::to_string).unwrap_or_default()
    }

    /// The wrong class that images of a class get most often, and how often.
    fn mistaken_for(&self, class: u32) -> Option<(u32, u64)> {
        let wrong =
            self.accuracy.confusion.iter().filter(|((is, said), _)| *is == class && *said != class);
        let most = wrong.max_by_key(|((_, said), count)| (**count, std::cmp::Reverse(*said)));
        most.map(|((_, said), count)| (*said, *count))
    }
}

/// Asks the neighbours of every image: of those with a value how often they are right, of the others the value.
pub(super) fn run(args: &Args, by: &str, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let kinds = [FieldKind::Vector, FieldKind::Regions];
    let field = names::field(&snapshot, args.field.as_deref(), &kinds)?;
    let filter = match &args.predicate {
        Some(source) => Some(rows::selected(&snapshot, Some(source))?),
        None => None,
    };
    let region = args.region.as_deref().map(|region| names::region(field, region)).transpose()?;
    let mut options = vesalius::AnalysisOptions::new().threads(args.threads);
    (options.region, options.filter) = (region, filter.as_ref());
    let classes = snapshot.attribute_classes(by)?;
    let bar = Progress::new("neighbours", Unit::Items);
    let (name, k) = (&field.name, (args.neighbours, None));
    let mut told = bar.callback();
    let accuracy = snapshot.neighbour_accuracy(name, &classes.classes, k, &options, &mut told)?;
    let predicted = snapshot.neighbour_classes(name, &classes.classes, k, &options, &mut told)?;
    drop(told);
    drop(bar);
    let answer = Answer { classes, accuracy, predicted };
    if out.is_json() {
        let mut list = Vec::with_capacity(answer.predicted.len());
        for one in &answer.predicted {
            let image = rows::image(&snapshot, one.row)?;
            let (label, share) = (answer.name(one.class), numbers::float(one.share));
            list.push(json!({ "image": image.key()?, "label": label, "share": share }));
        }
        out.json(&as_json(args, by, name, &answer, &list))?;
        return Ok(Outcome::Done);
    }
    as_text(&answer, out)?;
    if !answer.predicted.is_empty() {
        out.line("")?;
        let head = [Cell::text("image"), Cell::text("label"), Cell::number("share")];
        let mut table = Table::new(head);
        for one in &answer.predicted {
            let key = Cell::text(rows::image(&snapshot, one.row)?.key()?);
            let label = Cell::text(answer.name(one.class));
            table.row(out, [key, label, Cell::number(percent(f64::from(one.share)))])?;
        }
        table.end(out)?;
    }
    Ok(Outcome::Done)
}

fn as_json(
    args: &Args,
    by: &str,
    field: &str,
    answer: &Answer,
    images: &[serde_json::Value],
) -> serde_json::Value {
    let accuracy = &answer.accuracy;
    let labels = (0_u32..).zip(&answer.classes.values).map(|(class, value)| {
        let (images, labelled, right) = accuracy.of_class(class);
        json!({
            "label": value.to_json(), "images": images, "labelled": labelled, "right": right,
            "recall": share(right, images), "precision": share(right, labelled),
        })
    });
    let confusion = accuracy.confusion.iter().map(|((is, said), count)| {
        json!({ "truth": answer.name(*is), "label": answer.name(*said), "count": count })
    });
    json!({
        "field": field, "attribute": by, "neighbours": args.neighbours,
        "images_with_value": accuracy.images, "right": accuracy.right, "alone": accuracy.alone,
        "accuracy": accuracy.share(), "labels": labels.collect::<Vec<_>>(),
        "confusion": confusion.collect::<Vec<_>>(), "images": images,
    })
}

fn as_text(answer: &Answer, out: &mut Out) -> Result<()> {
    let rate = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), percent);
    let accuracy = &answer.accuracy;
    let (right, images) = (count(accuracy.right), count(accuracy.images));
    out.line(&format!("accuracy  {}: {right} of {images} images", rate(accuracy.share())))?;
    if accuracy.alone > 0 {
        print_note(&format!("{} images have no neighbour with a value", count(accuracy.alone)));
    }
    let head = [Cell::text("label"), Cell::number("images"), Cell::number("right")];
    let head = head.into_iter().chain([Cell::number("recall"), Cell::number("precision")]);
    let mut table = Table::new(head.chain([Cell::text("mistaken for")]));
    for (class, value) in (0_u32..).zip(&answer.classes.values) {
        let (images, labelled, right) = accuracy.of_class(class);
        let mistaken = answer.mistaken_for(class);
        let mistaken = mistaken
            .map(|(said, times)| format!("{} ({})", answer.name(said), count(times)))
            .unwrap_or_default();
        let cells = [
            Cell::text(value.to_string()),
            Cell::number(count(images)),
            Cell::number(count(right)),
            Cell::number(rate(share(right, images))),
            Cell::number(rate(share(right, labelled))),
            Cell::text(mistaken),
        ];
        table.row(out, cells)?;
    }
    table.end(out)
}
