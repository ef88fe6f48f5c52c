//! The `frames` protocol: pictures by number, never by path. Work is done off the window's thread.

use sightline_app::{Desk, part_heat, part_picture, part_thumb, sample_picture};
use tauri::http::{Request, Response, StatusCode};
use tauri::{Manager, Runtime, UriSchemeContext, UriSchemeResponder};

use crate::opening::Opened;

/// Longest side when the window does not say how large it shows a picture.
const DEFAULT_SIDE: u32 = 1280;

/// Answers one request.
pub(crate) fn answer<R: Runtime>(
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let app = context.app_handle().clone();
    tauri::async_runtime::spawn_blocking(move || {
        let picture = app
            .try_state::<Opened>()
            .and_then(|opened| picture(&opened.if_open()?, request.uri().path(), request.uri().query()));
        responder.respond(response(picture));
    });
}

/// A part's pictures never change, a folder's samples do.
struct Picture {
    bytes: Vec<u8>,
    kind: &'static str,
    keep: bool,
}

fn picture(desk: &Desk, path: &str, query: Option<&str>) -> Option<Picture> {
    let asked: Option<u32> = query
        .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("w=")))
        .and_then(|width| width.parse().ok());
    let side = asked.unwrap_or(DEFAULT_SIDE);
    let jpeg = |bytes, keep| Picture { bytes, kind: "image/jpeg", keep };
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["part", id, "picture"] => part_picture(desk.store(), id.parse().ok()?, side).map(|bytes| jpeg(bytes, true)),
        ["part", id, "thumb"] => part_thumb(desk.store(), id.parse().ok()?).map(|bytes| jpeg(bytes, true)),
        ["part", id, "heat"] => {
            let bytes = part_heat(desk.store(), id.parse().ok()?, DEFAULT_SIDE)?;
            Some(Picture { bytes, kind: "image/png", keep: true })
        }
        ["learning"] => desk.glances().map(|bytes| Picture { bytes, kind: "image/png", keep: false }),
        ["setup", index] => sample_picture(&desk.sample(index.parse().ok()?)?, asked).map(|bytes| jpeg(bytes, false)),
        _ => None,
    }
}

fn response(picture: Option<Picture>) -> Response<Vec<u8>> {
    let built = match picture {
        Some(Picture { bytes, kind, keep }) => Response::builder()
            .header("Content-Type", kind)
            .header("Cache-Control", if keep { "max-age=86400, immutable" } else { "no-store" })
            .body(bytes),
        None => Response::builder().status(StatusCode::NOT_FOUND).body(Vec::new()),
    };
    built.unwrap_or_else(|_| Response::new(Vec::new()))
}
