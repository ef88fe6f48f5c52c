//! What a person does with Sightline: set a line up, learn, watch, inspect, label, evaluate. Joins the stages; each stage is
//! a crate of its own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arrivals;
mod bundle;
mod capture;
mod child;
mod dataset;
mod desk;
mod error;
mod evaluation;
mod export;
mod folder;
mod inspect;
mod label_curve;
mod label_saving;
mod labelled;
mod labels;
mod learning;
mod leave;
mod line;
mod line_check;
pub mod live;
mod models;
mod recipe;
mod retrain;
mod screen;
mod settings;
mod similar;
mod sweep;
mod teaching;
#[cfg(test)]
mod testing;
mod training;
mod views;
mod worker;

pub use arrivals::{ArrivalsLook, ArrivalsSeen, look_at_arrivals};
pub use bundle::{export_bundle, import_bundle};
pub use child::LearnChild;
pub use dataset::{Dataset, DatasetSplit};
pub use desk::{Desk, DeskView, MeasuringFacts, ModelFacts, Totals};
pub use error::{AppError, in_words};
pub use evaluation::{
    AlikeFigures, EvaluationProgress, EvaluationReport, EvaluationSettings, RetrievalFigures, evaluate_dataset,
    verdict_name,
};
pub use export::export_onnx;
pub use folder::{FolderLook, FolderSource, look_at_folder, pictures_in};
pub use inspect::{Inspected, inspect_file};
pub use label_curve::{LabelCurve, LabelCurveProgress, LabelCurveSettings, LabelPoint, label_curve};
pub use label_saving::{KnownSaving, LabelSaving, SavingPoint, label_saving_of, measure_label_saving};
pub use labels::{
    Exported, ImportOptions, Imported, export_labels, find_part, give_feedback, import_labels, magic_wand, person,
    propose_mask, refine_area,
};
pub use learning::{
    LearnedLine, LoadedModel, LostDevice, forget_checkpoints, learn_line, load_live_model, propose_recipe,
};
pub use leave::leave;
pub use line::{LearningSettings, Line, LineSettings};
pub use line_check::{CheckedPart, KnownPart, check_line, release_line};
pub use models::{LineModel, ShadowReport, line_models, shadow_report, start_shadow};
pub use recipe::{Corners, RecipeSettings};
pub use retrain::{
    ComparedReport, LeftOutReport, RetrainOutcome, Retrained, TrialReport, models_of, not_left_out_name, promote_model,
    refusal_name, retrain_line, roll_back,
};
pub use screen::{part_heat, part_picture, part_thumb, sample_picture};
pub use settings::{ArrivalSettings, CheckSettings, HealthSettings, KeepSettings, PatternField, WrongPattern};
pub use similar::{PixelRegion, SimilarPart, SimilarReport, find_similar};
pub use sweep::{SweepPoint, SweepProgress, SweepReport, SweepSettings, sweep};
pub use teaching::{Looks, Teaching, teach};
pub use training::{LabelledParts, Missing, Training, training_of};
pub use views::{write_line_sheet, write_sheets};
pub use worker::{
    HealthMessage, RETRAIN_ARGUMENT, WORKER_ARGUMENT, WarningMessage, WorkerMessage, WorkerTask, run_worker,
};

// What callers need of the stages, so that the edges (command, shell) know this crate alone.
pub use sightline_labels::{Format as LabelFormat, WriteOptions as LabelWriteOptions};
pub use sightline_model::{
    DeviceInfo, ModelError, RegionCard, available as available_devices, choose as choose_device,
};
pub use sightline_store::{
    Compared, GalleryFilter, GalleryRow, KeptLabel, KnownModel, LabelFilter, LabelledPart, LineCheck, Promotion,
    Restored, Store, StoreError,
};
pub use sightline_train::{
    BankKind, BankWhiten, Effort, EncoderKind, Figures, FineTuneConfig, LearnConfig, Method, Precision, Stage,
    use_threads,
};
pub use sightline_watch::{NamePattern, PatternError, preview as preview_arrivals};
