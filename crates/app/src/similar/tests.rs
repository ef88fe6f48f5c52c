//! The same plate is found whole, and the same spot where it lies.

use super::*;
use crate::testing::{aligned_model, config, write_laid, write_plate, write_ppm};
use crate::{Line, LineSettings, Store, choose_device, learn_line, load_live_model};

/// A plate with a dark spot at a place.
fn write_spot(path: &Path, number: u32, (left, top): (u32, u32)) {
    write_ppm(path, (64, 64), |x, y| {
        let grain = ((y * 7 + number * 13) % 31) as u8;
        let in_spot = (left..left + 16).contains(&x) && (top..top + 16).contains(&y);
        if in_spot { [((x + y) % 2) as u8 * 20; 3] } else { [110 + grain; 3] }
    });
}

#[test]
fn alike_parts_and_regions_are_found_and_never_the_picture_itself() {
    let dir = tempfile::tempdir().unwrap();
    let folders = ["good", "watched", "line"].map(|name| dir.path().join(name));
    folders.iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    let [good, watched, folder] = folders;
    (0..24).for_each(|number| write_plate(&good.join(format!("{number}.ppm")), number));
    let settings = LineSettings { device: Some("cpu".to_owned()), ..LineSettings::new("Plate", &good, &watched) };
    let line = Line::init(&folder, LineSettings { judged_side: 64, ..settings }).unwrap();
    learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    let device = choose_device(Some("cpu")).unwrap();
    let model = load_live_model(&Store::open(&folder).unwrap(), &folder, &device).unwrap();

    (0..5).for_each(|number| write_plate(&watched.join(format!("plate-{number}.ppm")), number + 30));
    write_spot(&watched.join("spot-a.ppm"), 3, (8, 40));
    write_spot(&watched.join("spot-b.ppm"), 9, (40, 16));
    std::fs::write(watched.join("broken.png"), b"no picture").unwrap();
    let mut done = Vec::new();
    let mut find = |picture: &str, region| {
        find_similar(&model, &watched.join(picture), region, &watched, 3, &mut |at, of| {
            done.push((at, of));
            ControlFlow::Continue(())
        })
    };
    let spot = PixelRegion { x: 8, y: 40, width: 16, height: 16 };
    let found = find("spot-a.ppm", Some(spot)).unwrap();
    assert_eq!((found.found.len(), found.unreadable.len(), &found.model), (3, 1, &model.id));
    assert_eq!(found.found[0].path, watched.join("spot-b.ppm"));
    // Within a cell: what lies around a spot is seen with it, and here it is other grain.
    let PixelRegion { x, y, width, height } = found.found[0].region.unwrap();
    assert!(x.abs_diff(40) <= 8 && y.abs_diff(16) <= 8 && (width, height) == (16, 16), "{found:?}");
    assert!(found.found[0].cosine > 0.9 && found.found[0].cosine > found.found[1].cosine, "{found:?}");

    // A copy is the picture itself.
    std::fs::copy(watched.join("plate-2.ppm"), watched.join("copy.ppm")).unwrap();
    let whole = find("plate-2.ppm", None).unwrap();
    let names: Vec<_> = whole.found.iter().map(|part| part.path.file_name().unwrap().to_str().unwrap()).collect();
    assert!(names.len() == 3 && names[0].starts_with("plate"), "{names:?}");
    assert!(!names.contains(&"plate-2.ppm") && !names.contains(&"copy.ppm"), "{names:?}");
    assert!(whole.found.iter().all(|part| part.region.is_none()) && whole.dimensions > 0);

    let beside = PixelRegion { x: 64, ..spot };
    assert!(find("spot-a.ppm", Some(beside)).unwrap_err().to_string().contains("64 × 64 pixels"));
    assert!(matches!(find("broken.png", None), Err(AppError::Picture { .. })));
    assert_eq!((done[0], done.last()), ((1, 8), Some(&(9, 9))));
    let cancelled =
        find_similar(&model, &watched.join("plate-1.ppm"), None, &watched, 3, &mut |_, _| ControlFlow::Break(()));
    assert!(cancelled.unwrap_err().is_cancel());
}

#[test]
fn on_parts_that_are_aligned_a_region_is_meant_and_told_as_the_part_lies() {
    let dir = tempfile::tempdir().unwrap();
    let (model, watched) = aligned_model(dir.path());
    // Eight pixels are a whole cell: taken as it is seen, the region would show half a spot, and be told elsewhere.
    write_laid(&watched.join("spot-a.ppm"), 3, (-8, 0), true);
    write_laid(&watched.join("spot-b.ppm"), 9, (8, 4), true);
    (0..3).for_each(|number| write_laid(&watched.join(format!("{number}.ppm")), number + 30, (4, -4), false));
    let spot = PixelRegion { x: 12, y: 24, width: 8, height: 8 };
    let found = find_similar(&model, &watched.join("spot-a.ppm"), Some(spot), &watched, 3, &mut |_, _| {
        ControlFlow::Continue(())
    });
    let found = found.unwrap();
    assert_eq!(found.found[0].path, watched.join("spot-b.ppm"), "{found:?}");
    let PixelRegion { x, y, .. } = found.found[0].region.unwrap();
    assert!(x.abs_diff(28) <= 5 && y.abs_diff(28) <= 5, "{found:?}");
}
