//! Label files of other tools: the first line says of which format, the rest is the file. It is refused or read, and
//! what is read is a label that the database would take.

use std::fs;
use std::path::PathBuf;

use sightline_core::PictureSize;
use sightline_labels::{Format, Known, read};

const RING: PictureSize = PictureSize { width: 64, height: 48 };
const PLATE: PictureSize = PictureSize { width: 40, height: 30 };

/// Bytes that may be live: a mask of the known size and its decoder, and a file parsed beside itself. The smallest
/// element of a file takes some ten bytes there and a hundred or two here.
pub(crate) fn limit(input: &[u8]) -> usize {
    64 * input.len() + (4 << 20)
}

/// Reads the label file; true when it labels a picture.
pub(crate) fn run(input: &[u8]) -> bool {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return false };
    let (format, content) = (&input[..end], &input[end + 1..]);
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &[u8]| -> PathBuf {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    };
    let folder = dir.path().to_owned();
    let (format, path) = match format {
        b"coco" => (Format::Coco, put("labels.json", content)),
        b"voc" => (Format::Voc, put("ring.xml", content)),
        b"labelme" => (Format::LabelMe, put("ring.json", content)),
        b"masks" => {
            put("scratch/ring.png", content);
            (Format::Masks, folder)
        }
        b"yolo" => {
            put("classes.txt", b"scratch\npit\n");
            put("labels/ring.txt", content);
            (Format::Yolo, folder)
        }
        b"yolo-names" => {
            put("data.yaml", content);
            put("labels/ring.txt", b"1 0.5 0.5 0.25 0.25\n");
            (Format::Yolo, folder)
        }
        _ => return false,
    };
    let known = Known::new([("ring.png".to_owned(), RING), ("plate.png".to_owned(), PLATE)]);
    let Ok(set) = read(format, &path, &known) else { return false };
    for picture in &set.pictures {
        assert_eq!(picture.label.check(picture.size), Ok(()), "{}", picture.file_name);
    }
    !set.pictures.is_empty()
}
