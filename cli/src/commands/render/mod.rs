//! `vesalius render`: a slice of an image with its segments in colour.

mod shown;
mod under;
mod view;

use std::path::{Path, PathBuf};

use clap::ValueHint;
use serde_json::{Value, json};
use vesalius::{FieldDef, Image, SegmentKey, SegmentRef, Snapshot};
use vesalius_convert::picture::{PictureError, SegmentStyle, Slice, segments_picture, write_png};

use super::feature::write_whole;
use super::segments::{field, full_name, name_json, of_image};
use super::{heatmap, open};
use crate::output::{Out, count};
use crate::{Failure, Outcome, Result};
use shown::Shown;
use under::Under;
use view::{Cut, View};

/// Draw a slice with its segments in colour
///
/// Each segment is filled with its colour, with a line along its border and an entry in the legend: its name and
/// its volume in the image. Of segments that overlap, the one of the higher priority is drawn last, of equals the
/// smaller one. Slices are shown as physicians look at them: the head or the front up, the patient's left at the
/// right.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius render cases.vsl case-1 --out case-1.png\n  \
    vesalius render cases.vsl case-1 --slice z=40 --over ct.nii.gz --window=-160,240 --out liver.png\n  \
    vesalius render cases.vsl case-1 --slice x --segments liver,lesions/a --no-legend --out x.png")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image
    image: String,
    /// The masks field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// The slice, as `z=40`, from 0; of an axis alone the slice with the most voxels of segments
    #[arg(long, value_name = "AXIS=N", default_value = "z", value_parser = view::cut)]
    slice: Cut,
    /// The frame in time
    #[arg(long, value_name = "T", default_value_t = 0)]
    frame: u64,
    /// Only segments of this group; '' for those without one
    #[arg(long)]
    group: Option<String>,
    /// Only these segments, as `name` or `group/name`
    #[arg(long, value_name = "A,B", value_delimiter = ',', conflicts_with = "group")]
    segments: Vec<String>,
    /// Draw over a volume in the space of the image, or over a picture of the slice with a pixel for each voxel
    #[arg(long, value_name = "X.nii.gz|X.png", value_hint = ValueHint::FilePath)]
    over: Option<PathBuf>,
    /// Values of what is drawn over that are black and white; else those that 1 % are below and above
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true, requires = "over",
        value_parser = heatmap::range)]
    window: Option<(f32, f32)>,
    /// Leave the legend out
    #[arg(long)]
    no_legend: bool,
    /// The picture to write
    #[arg(long, value_name = "X.png", value_hint = ValueHint::FilePath)]
    out: PathBuf,
}

impl Args {
    /// All segments of an image of one slice, over its picture.
    pub(super) fn over_picture(file: &Path, image: &str, over: &Path, out: &Path) -> Self {
        Self {
            file: file.to_owned(),
            image: image.to_owned(),
            field: None,
            slice: Cut::default(),
            frame: 0,
            group: None,
            segments: Vec::new(),
            over: Some(over.to_owned()),
            window: None,
            no_legend: false,
            out: out.to_owned(),
        }
    }
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let drawn = draw(args, &snapshot)?;
    if out.is_json() {
        out.json(&drawn.as_json(args))?;
    } else {
        drawn.tell(args, out)?;
    }
    Ok(Outcome::Done)
}

/// What was drawn.
pub(super) struct Drawn<'s> {
    field: &'s FieldDef,
    view: View,
    shown: Vec<Shown<'s>>,
}

/// Writes the picture.
pub(super) fn draw<'s>(args: &Args, snapshot: &'s Snapshot) -> Result<Drawn<'s>> {
    if !heatmap::ends(&args.out, &["png"]) {
        let text = format!("{}: the name must end in .png", args.out.display());
        return Err(Failure::Message(text));
    }
    let field = field(snapshot, args.field.as_deref())?;
    let image = snapshot.image(&args.image)?;
    let chosen = chosen(args, &image, field)?;
    let space = image.space()?;
    if !space.is_known() {
        let text =
            format!("image {:?} has no segments, and nothing is known of its space", args.image);
        return Err(Failure::Message(text));
    }
    let (view, shown) = shown::on_slice(chosen, space, args.slice, args.frame)?;
    let under = args.over.as_deref().map(|path| Under::read(path, space, &view)).transpose()?;
    let [height, width] = view.size()?;
    let slice = Slice {
        height,
        width,
        spacing: view.spacing(space),
        flip: view.flip(space),
        background: under.as_ref().map(|under| &under.values[..]),
    };
    let style = SegmentStyle {
        window: args.window.or(under.as_ref().and_then(|under| under.window)),
        legend: !args.no_legend,
        title: Some(heatmap::ascii(&view.title(&args.image))),
        ..SegmentStyle::default()
    };
    let segments: Vec<_> = shown.iter().map(Shown::drawn).collect();
    let failed = |error: PictureError| Failure::Message(format!("{}: {error}", args.out.display()));
    let picture = segments_picture(&slice, &segments, &style).map_err(failed)?;
    write_whole(&args.out, |part| write_png(part, &(&picture).into()).map_err(failed))?;
    Ok(Drawn { field, view, shown })
}

/// The segments that the user wants to see.
fn chosen<'s>(args: &Args, image: &Image<'s>, field: &FieldDef) -> Result<Vec<SegmentRef<'s>>> {
    if args.segments.is_empty() {
        return of_image(image, field, args.group.as_deref());
    }
    let find = |name: &String| Ok(image.segment(&field.name, SegmentKey::parse(name))?);
    args.segments.iter().map(find).collect()
}

impl Drawn<'_> {
    fn as_json(&self, args: &Args) -> Value {
        let segment = |shown: &Shown<'_>| {
            let mut entry = name_json(&shown.segment);
            if let Some(entry) = entry.as_object_mut() {
                entry.insert("pixels".into(), shown.runs.voxels().into());
            }
            entry
        };
        json!({
            "image": args.image, "field": self.field.name,
            "axis": self.view.axis_name(), "slice": self.view.at, "frame": self.view.frame,
            "segments": self.shown.iter().map(segment).collect::<Vec<_>>(),
            "out": args.out.display().to_string(),
        })
    }

    fn tell(&self, args: &Args, out: &mut Out) -> Result<()> {
        out.line(&format!("slice     {}", self.view))?;
        let names = self.shown.iter().map(|s| full_name(s.segment.group(), s.segment.name()));
        let names: Vec<String> = names.collect();
        let listed = if names.is_empty() || names.len() > 8 {
            String::new()
        } else {
            format!(": {}", names.join(", "))
        };
        out.line(&format!("segments  {}{listed}", count(names.len() as u64)))?;
        out.line(&format!("written   {}", args.out.display()))
    }
}
