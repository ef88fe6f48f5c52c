//! What can be said about labels and classes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sightline_app::LabelFormat;

#[derive(Debug, Args)]
pub(crate) struct Label {
    #[command(subcommand)]
    pub(crate) command: LabelCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabelCommand {
    /// Take over labels of another tool: all of a file or folder, or none.
    Import(ImportLabels),
    /// Write the line's labels for another tool.
    Export(ExportLabels),
    /// List labelled parts.
    List(ListLabels),
    /// Say what a part is.
    Set(SetLabel),
    /// Take back the last change of a part's label.
    Undo(UndoLabel),
}

#[derive(Debug, Args)]
pub(crate) struct ImportLabels {
    /// COCO: the JSON file; the others: the folder.
    pub(crate) path: PathBuf,
    /// Folder of the line.
    #[arg(long)]
    pub(crate) line: PathBuf,
    /// Kind of file.
    #[arg(long, value_enum)]
    pub(crate) format: FormatArgument,
    /// Leave out labels of pictures that this line has not seen, instead of refusing all.
    #[arg(long)]
    pub(crate) skip_unknown: bool,
    /// Leave parts alone that have a label already.
    #[arg(long)]
    pub(crate) keep: bool,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExportLabels {
    /// COCO: the JSON file; the others: a new folder.
    pub(crate) path: PathBuf,
    /// Folder of the line.
    #[arg(long)]
    pub(crate) line: PathBuf,
    /// Kind of file.
    #[arg(long, value_enum)]
    pub(crate) format: FormatArgument,
    /// Write even what the format cannot say whole; without this a loss is told and nothing is written.
    #[arg(long)]
    pub(crate) allow_loss: bool,
    /// COCO: masks as lists of numbers instead of the compressed text.
    #[arg(long)]
    pub(crate) plain_counts: bool,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListLabels {
    /// Folder of the line.
    #[arg(long)]
    pub(crate) line: PathBuf,
    /// One JSON object a part.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SetLabel {
    /// Number of the part, or its picture's path below the watched folder, or its file name.
    pub(crate) part: String,
    /// Folder of the line.
    #[arg(long)]
    pub(crate) line: PathBuf,
    /// The part is good; defects that are marked on it go.
    #[arg(long, conflicts_with_all = ["defect", "class"])]
    pub(crate) good: bool,
    /// The part is defective.
    #[arg(long)]
    pub(crate) defect: bool,
    /// The part is defective, of this class.
    #[arg(long)]
    pub(crate) class: Option<String>,
    /// Free words.
    #[arg(long)]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UndoLabel {
    /// Number of the part, or its picture's path below the watched folder, or its file name.
    pub(crate) part: String,
    /// Folder of the line.
    #[arg(long)]
    pub(crate) line: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Class {
    #[command(subcommand)]
    pub(crate) command: ClassCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClassCommand {
    /// Make a class.
    Add(AddClass),
    /// List the classes with their rules.
    List(ListClasses),
    /// Write down what counts as a class, and which part shows it.
    Rule(RuleOfClass),
}

#[derive(Debug, Args)]
pub(crate) struct AddClass {
    /// Its name.
    pub(crate) name: String,
    /// Folder of the line.
    #[arg(long)]
    pub(crate) line: PathBuf,
    /// Digit that chooses it in the label editor; the next free one unless said.
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=9))]
    pub(crate) key: Option<u8>,
    /// What counts as this defect and what does not.
    #[arg(long, default_value = "")]
    pub(crate) rule: String,
}

#[derive(Debug, Args)]
pub(crate) struct ListClasses {
    /// Folder of the line.
    #[arg(long)]
    pub(crate) line: PathBuf,
    /// As a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RuleOfClass {
    /// Name of the class.
    pub(crate) name: String,
    /// What counts as this defect and what does not.
    pub(crate) rule: String,
    /// Folder of the line.
    #[arg(long)]
    pub(crate) line: PathBuf,
    /// A part that shows it: number, or its picture's path below the watched folder, or its file name.
    #[arg(long)]
    pub(crate) example: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormatArgument {
    /// One JSON file: polygons, run-length masks, boxes.
    Coco,
    /// data.yaml and a text file a picture: boxes and outlines.
    Yolo,
    /// Pascal VOC, an XML file a picture: boxes.
    Voc,
    /// A JSON file a picture, as LabelMe writes them.
    Labelme,
    /// A folder a class with mask pictures.
    Masks,
}

impl From<FormatArgument> for LabelFormat {
    fn from(format: FormatArgument) -> Self {
        match format {
            FormatArgument::Coco => Self::Coco,
            FormatArgument::Yolo => Self::Yolo,
            FormatArgument::Voc => Self::Voc,
            FormatArgument::Labelme => Self::LabelMe,
            FormatArgument::Masks => Self::Masks,
        }
    }
}
