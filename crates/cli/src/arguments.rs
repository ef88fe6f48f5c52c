//! What can be said on the command line. Each group of commands has a file of its own.

mod bank;
mod labels;
mod learn;
mod line;
mod models;
mod recipe;
mod similar;
mod teach;

use clap::{Parser, Subcommand};

pub(crate) use bank::BankArguments;
pub(crate) use labels::{
    AddClass, Class, ClassCommand, ExportLabels, ImportLabels, Label, LabelCommand, ListClasses, ListLabels,
    RuleOfClass, SetLabel, UndoLabel,
};
pub(crate) use learn::{Curve, EffortArgument, Evaluate, Learn, SplitArgument, Sweep, Views};
pub(crate) use line::{Arrivals, Check, Devices, Init, Inspect, Sample, Watch};
pub(crate) use models::{Export, FineTuning, Models, Promote, Retrain, Rollback, Saving, Shadow};
pub(crate) use recipe::{PoseArguments, PromiseArguments, RecipeArguments};
pub(crate) use similar::Similar;
pub(crate) use teach::Teach;

/// Learns good parts from pictures and flags every bad one.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 fine, 1 failure, 2 usage, 3 a part was rejected or unreadable (inspect), or a known part came out wrong (check)."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a line: where good parts are, where the camera writes.
    Init(Init),
    /// Learn from the line's good parts and let the result judge.
    Learn(Learn),
    /// Judge what arrives in the watched folder until Ctrl-C.
    Watch(Watch),
    /// Judge one picture or all pictures of a folder.
    Inspect(Inspect),
    /// Show what the names of the files in the watched folder tell, and set how they are read.
    Arrivals(Arrivals),
    /// Judge known good and bad parts and say whether all came out right.
    Check(Check),
    /// Let another model of the line judge beside the live one, and compare the two.
    Shadow(Shadow),
    /// Find the pictures that look most like a picture, or like a region of it.
    Similar(Similar),
    /// Say which parts to label next, which labels to check, and which labelled pictures are as good as the same.
    Teach(Teach),
    /// Learn on a labelled data set and measure how good the result is.
    Evaluate(Evaluate),
    /// Measure on a labelled data set what labels are worth: detection against the number of labelled defects.
    LabelCurve(Box<Curve>),
    /// Try temperatures and strengths of augmentation, by how well drawn defects are told on held-out good parts.
    Sweep(Sweep),
    /// Draw a contact sheet: good parts as learning may show them to the network, and defects drawn onto them.
    Views(Views),
    /// Write a model as a bundle for another line, or its network as an ONNX file for other programs.
    Export(Export),
    /// Labels: say what parts are, take over and write label files.
    Label(Label),
    /// Kinds of defects and their rules.
    Class(Class),
    /// Learn from the line's labels; the result judges when it is no worse than the live model on held-out parts.
    Retrain(Retrain),
    /// Measure on the line's own labels how many of them pretraining saves; Train shows the outcome.
    LabelSaving(Saving),
    /// List the line's models: which one judges, which did not pass its trial. Or take one over from a bundle.
    Models(Models),
    /// Let another model of the line judge; one that did not pass its trial is refused.
    Promote(Promote),
    /// Let the model judge again that judged before.
    Rollback(Rollback),
    /// List the devices that can learn and judge.
    Devices(Devices),
    /// The sample line: generated parts, a feeder that stands for the camera.
    Sample(Sample),
}
