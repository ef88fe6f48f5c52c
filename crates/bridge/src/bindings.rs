//! The wire types as TypeScript.

use specta::Types;
use specta_typescript::{Error, Typescript};

use crate::{
    ArrivalsLook, ClassView, ExportFormat, Feedback, FolderView, GalleryPage, GalleryRequest, HostError,
    LabelSavingView, LabelView, LineEvent, LineView, LookingView, ModelView, SetupRequest, ShadowView, TeachingView,
    TrainingView,
};

/// The content of `ui/src/lib/bridge/bindings.ts`.
///
/// # Errors
/// When a type cannot be said in TypeScript.
pub fn typescript() -> Result<String, Error> {
    let types = Types::default()
        .register::<LineView>()
        .register::<LineEvent>()
        .register::<FolderView>()
        .register::<ArrivalsLook>()
        .register::<SetupRequest>()
        .register::<GalleryRequest>()
        .register::<GalleryPage>()
        .register::<LookingView>()
        .register::<TeachingView>()
        .register::<LabelView>()
        .register::<ClassView>()
        .register::<Feedback>()
        .register::<TrainingView>()
        .register::<LabelSavingView>()
        .register::<ModelView>()
        .register::<ShadowView>()
        .register::<ExportFormat>()
        .register::<HostError>();
    Typescript::default()
        .header("// Generated from crates/bridge by `cargo xtask bindings`. Change it there.")
        .export(&types, specta_serde::Format)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cargo xtask bindings` runs this test with the variable set, which writes the file instead of comparing it.
    #[test]
    fn bindings_equal_the_committed_file() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/lib/bridge/bindings.ts");
        let generated = typescript().unwrap();
        if std::env::var_os("SIGHTLINE_WRITE_BINDINGS").is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(generated, committed, "run `cargo xtask bindings`");
    }
}
