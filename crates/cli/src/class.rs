//! `sightline class`

use anyhow::{Context, Result};
use sightline_app::{Store, find_part};
use sightline_core::DefectClass;

use crate::Outcome;
use crate::arguments::{AddClass, Class, ClassCommand, ListClasses, RuleOfClass};
use crate::label::store_of;
use crate::progress::print_json;

pub(crate) fn run(arguments: &Class) -> Result<Outcome> {
    match &arguments.command {
        ClassCommand::Add(arguments) => add(arguments),
        ClassCommand::List(arguments) => list(arguments),
        ClassCommand::Rule(arguments) => rule(arguments),
    }?;
    Ok(Outcome::Fine)
}

fn add(arguments: &AddClass) -> Result<()> {
    let class = store_of(&arguments.line)?.add_class(&arguments.name, arguments.key, &arguments.rule)?;
    let key = class.key.map_or_else(|| "none".to_owned(), |key| key.to_string());
    println!("class {} is number {}, key {key}, colour {}", class.name, class.id.0, class.colour.hex());
    Ok(())
}

fn list(arguments: &ListClasses) -> Result<()> {
    let classes = store_of(&arguments.line)?.classes()?;
    if arguments.json {
        let rows = classes.iter().map(|class| {
            serde_json::json!({
                "id": class.id.0,
                "name": class.name,
                "colour": class.colour.hex(),
                "key": class.key,
                "rule": class.rule,
                "example": class.example,
            })
        });
        print_json(&rows.collect::<Vec<_>>());
    } else {
        for class in &classes {
            let key = class.key.map_or_else(|| "-".to_owned(), |key| key.to_string());
            println!("{key}  {}  {}  {}", class.colour.hex(), class.name, class.rule);
        }
    }
    Ok(())
}

fn rule(arguments: &RuleOfClass) -> Result<()> {
    let store = store_of(&arguments.line)?;
    let mut class = class_named(&store, &arguments.name)?;
    class.rule.clone_from(&arguments.rule);
    if let Some(example) = &arguments.example {
        class.example = Some(find_part(&store, example)?);
    }
    store.change_class(&class)?;
    println!("the rule of {} is written down", class.name);
    Ok(())
}

/// The class with this name, whatever its case.
pub(crate) fn class_named(store: &Store, name: &str) -> Result<DefectClass> {
    let classes = store.classes()?;
    let found = classes.into_iter().find(|class| DefectClass::same_name(&class.name, name));
    found.with_context(|| format!("there is no class \"{name}\"; make it with `sightline class add`"))
}
