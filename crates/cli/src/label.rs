//! `sightline label`

use anyhow::{Result, bail};
use sightline_app::{
    ImportOptions, LabelWriteOptions, LabelledPart, Line, Store, export_labels, find_part, import_labels, person,
};
use sightline_core::{DefectClass, Mark, PartLabel, Tag};

use crate::Outcome;
use crate::arguments::{ExportLabels, ImportLabels, Label, LabelCommand, ListLabels, SetLabel, UndoLabel};
use crate::class::class_named;
use crate::progress::print_json;

pub(crate) fn run(arguments: &Label) -> Result<Outcome> {
    match &arguments.command {
        LabelCommand::Import(arguments) => import(arguments),
        LabelCommand::Export(arguments) => export(arguments),
        LabelCommand::List(arguments) => list(arguments),
        LabelCommand::Set(arguments) => set(arguments),
        LabelCommand::Undo(arguments) => undo(arguments),
    }?;
    Ok(Outcome::Fine)
}

fn import(arguments: &ImportLabels) -> Result<()> {
    let store = store_of(&arguments.line)?;
    let options = ImportOptions { skip_unknown: arguments.skip_unknown, keep: arguments.keep };
    let imported = import_labels(&store, arguments.format.into(), &arguments.path, options, &person())?;
    if arguments.json {
        print_json(&serde_json::json!({
            "parts": imported.parts,
            "marks": imported.marks,
            "new_classes": imported.classes,
            "kept": imported.kept,
            "unknown": imported.unknown,
        }));
        return Ok(());
    }
    println!(
        "{} parts labelled with {} marks, {} new classes, {} labels kept",
        imported.parts, imported.marks, imported.classes, imported.kept
    );
    if !imported.unknown.is_empty() {
        println!(
            "{} pictures are not known on this line, the first is {}",
            imported.unknown.len(),
            imported.unknown[0]
        );
    }
    Ok(())
}

fn export(arguments: &ExportLabels) -> Result<()> {
    let store = store_of(&arguments.line)?;
    let options = LabelWriteOptions { allow_loss: arguments.allow_loss, plain_counts: arguments.plain_counts };
    let exported = export_labels(&store, arguments.format.into(), &arguments.path, options)?;
    if arguments.json {
        print_json(&serde_json::json!({ "pictures": exported.pictures, "marks": exported.marks }));
    } else {
        println!(
            "{} pictures with {} marks written to {}",
            exported.pictures,
            exported.marks,
            arguments.path.display()
        );
    }
    Ok(())
}

fn list(arguments: &ListLabels) -> Result<()> {
    let store = store_of(&arguments.line)?;
    let classes = store.classes()?;
    for LabelledPart { record, label, used } in store.labelled(None)? {
        let names: Vec<&str> = label.classes().into_iter().filter_map(|id| name_of(&classes, id)).collect();
        // With its folder: two lots may each have a part of one name.
        let name = record.judged.arrival.key.relative_path.to_string_lossy().into_owned();
        let used = format!("{used:?}").to_lowercase();
        if arguments.json {
            print_json(&serde_json::json!({
                "part": record.id,
                "file": name,
                "tag": tag_word(&label),
                "classes": names,
                "marks": label.marks.len(),
                "note": label.note,
                "checked": label.checked,
                "use": used,
            }));
        } else {
            let marks = label.marks.iter().filter(|mark| Mark::is_defect(mark)).count();
            let classes = names.join(", ");
            println!("{:<8} {:<7} {marks:>3} marked  {used:<12} {name}  {classes}", record.id, tag_word(&label));
        }
    }
    Ok(())
}

fn set(arguments: &SetLabel) -> Result<()> {
    let store = store_of(&arguments.line)?;
    let part = find_part(&store, &arguments.part)?;
    let mut label = store.label(part)?.map_or_else(PartLabel::default, |kept| kept.label);
    if arguments.good {
        label.tag = Some(Tag::Good);
        label.marks.retain(|mark| !mark.is_defect());
    } else if let Some(class) = &arguments.class {
        label.tag = Some(Tag::Defect(Some(class_named(&store, class)?.id)));
    } else if arguments.defect {
        label.tag = Some(Tag::Defect(None));
    } else if arguments.note.is_none() {
        bail!("say what the part is: --good, --defect, --class or --note");
    }
    if let Some(note) = &arguments.note {
        label.note.clone_from(note);
    }
    let kept = store.set_label(part, &label, &person())?;
    println!("part {part}: {}, used for {}", tag_word(&kept.label), format!("{:?}", kept.used).to_lowercase());
    Ok(())
}

fn undo(arguments: &UndoLabel) -> Result<()> {
    let store = store_of(&arguments.line)?;
    let part = find_part(&store, &arguments.part)?;
    match store.undo_label(part, &person())? {
        Some(kept) => println!("part {part}: {}, {} marks", tag_word(&kept.label), kept.label.marks.len()),
        None => bail!("there is nothing to take back on part {part}"),
    }
    Ok(())
}

pub(crate) fn store_of(line: &std::path::Path) -> Result<Store> {
    Ok(Store::open(&Line::open(line)?.folder)?)
}

fn name_of(classes: &[DefectClass], id: sightline_core::ClassId) -> Option<&str> {
    classes.iter().find(|class| class.id == id).map(|class| class.name.as_str())
}

fn tag_word(label: &PartLabel) -> &'static str {
    match label.tag {
        Some(Tag::Good) => "good",
        Some(Tag::Defect(_)) => "defect",
        None => "-",
    }
}
