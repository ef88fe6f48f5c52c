//! A model's network as a file that other programs run.

use std::path::Path;

use sightline_model::Artefact;
use sightline_store::Store;

use crate::bundle::chosen;
use crate::{AppError, Line};

/// Writes the network of one of the line's models to `out` as ONNX, and gives the model's id. It is named by its id or how
/// that begins; the live one unless said.
///
/// # Errors
/// When there is no such model, its file is gone, damaged or newer, or `out` cannot be written.
pub fn export_onnx(line: &Line, id: Option<&str>, out: &Path) -> Result<String, AppError> {
    let store = Store::open(&line.folder)?;
    let row = chosen(&store, line, id)?;
    let bytes = store.read_model_file(&row.id)?;
    let onnx = Artefact::from_bytes(&bytes)
        .and_then(|artefact| artefact.to_onnx(&row.id))
        .map_err(|source| AppError::Model { path: store.model_path(&row.id), source })?;
    std::fs::write(out, onnx).map_err(|source| AppError::File { step: "writing", path: out.to_owned(), source })?;
    Ok(row.id)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::testing::{config, write_plate};
    use crate::{LineSettings, learn_line};

    #[test]
    fn a_line_with_a_model_exports_it_and_one_without_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let [folder, good, camera, out] = ["line", "good", "camera", "model.onnx"].map(|name| dir.path().join(name));
        [&good, &camera].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
        (0..24).for_each(|number| write_plate(&good.join(format!("{number:02}.ppm")), number));
        let settings = LineSettings {
            judged_side: 64,
            device: Some("cpu".to_owned()),
            ..LineSettings::new("Plate", &good, &camera)
        };
        let line = Line::init(&folder, settings).unwrap();
        assert!(matches!(export_onnx(&line, None, &out), Err(AppError::NoModel { .. })));
        assert!(!out.exists());
        let learned = learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(export_onnx(&line, Some(&learned.model[..9]), &out).unwrap(), learned.model);
        let file = std::fs::read(&out).unwrap();
        let holds = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("sightline.model") && holds(&learned.model) && holds("pictures"));
        let nowhere = dir.path().join("missing/model.onnx");
        assert!(matches!(export_onnx(&line, None, &nowhere), Err(AppError::File { step: "writing", .. })));
    }
}
