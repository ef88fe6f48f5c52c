//! Which processor learns and judges: enumerated, never guessed, and a CPU always among them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use burn::tensor::{Device, DeviceType};

use crate::ModelError;

/// How physical GPUs are reached. On Linux Vulkan is asked for by name: listing every graphics API there opens the
/// display too, and complains where there is none.
#[cfg(target_os = "linux")]
const GPU_RUNTIME: DeviceType = DeviceType::Vulkan;
#[cfg(not(target_os = "linux"))]
const GPU_RUNTIME: DeviceType = DeviceType::Wgpu;

/// A processor that can be chosen.
#[derive(Debug, Clone)]
pub struct DeviceInfo {
    /// What a person pins it by: `cpu`, `cuda:0`, `gpu:0`.
    pub id: String,
    /// What the maker calls it.
    pub name: String,
    /// Burn's handle.
    pub device: Device,
}

/// How long looking for GPUs may take: every driver is opened, and a machine that has just been started is slow at it.
const LOOKING: Duration = Duration::from_secs(60);

/// Whether a look has found no GPUs since their drivers did not answer in time.
static DRIVERS_LATE: AtomicBool = AtomicBool::new(false);

/// Whether devices were once told without the GPUs, since the drivers did not answer in time.
pub fn drivers_were_late() -> bool {
    DRIVERS_LATE.load(Ordering::Relaxed)
}

/// All devices, best first: CUDA, then physical GPUs through wgpu, then the CPU. GPUs whose drivers do not answer are not
/// there; [`drivers_were_late`] tells of them.
pub fn available() -> Vec<DeviceInfo> {
    static LOOK: Mutex<Option<Receiver<Vec<DeviceInfo>>>> = Mutex::new(None);
    let mut found = within(LOOKING, &LOOK, gpus).unwrap_or_else(|| {
        DRIVERS_LATE.store(true, Ordering::Relaxed);
        Vec::new()
    });
    found.push(DeviceInfo { id: "cpu".to_owned(), name: cpu_name(), device: Device::flex() });
    found
}

fn gpus() -> Vec<DeviceInfo> {
    crate::kernels::keep();
    let mut found = Vec::new();
    #[cfg(feature = "cuda")]
    found.extend(listed("cuda", DeviceType::Cuda));
    if a_card_may_be_there() {
        found.extend(listed("gpu", GPU_RUNTIME));
    }
    found
}

/// What a look finds, or none when it does not come back in time. One that has not come back is left where it is, and
/// until it does nobody looks again: whatever hangs is not asked twice.
fn within<T: Send + 'static>(
    allowed: Duration,
    left_behind: &Mutex<Option<Receiver<Vec<T>>>>,
    look: impl FnOnce() -> Vec<T> + Send + 'static,
) -> Option<Vec<T>> {
    let mut left_behind = left_behind.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = left_behind.take() {
        return match before.try_recv() {
            Ok(found) => Some(found),
            Err(TryRecvError::Disconnected) => Some(Vec::new()),
            Err(TryRecvError::Empty) => {
                *left_behind = Some(before);
                None
            }
        };
    }
    let (sender, answer) = sync_channel(1);
    let looking = std::thread::Builder::new().name("looking for GPUs".to_owned()).spawn(move || sender.send(look()));
    if looking.is_err() {
        return Some(Vec::new());
    }
    match answer.recv_timeout(allowed) {
        Ok(found) => Some(found),
        Err(RecvTimeoutError::Disconnected) => Some(Vec::new()),
        Err(RecvTimeoutError::Timeout) => {
            *left_behind = Some(answer);
            None
        }
    }
}

/// The best device, or the first of those that are pinned; see [`choose_several`].
///
/// # Errors
/// When a pinned device is not there.
pub fn choose(pinned: Option<&str>) -> Result<DeviceInfo, ModelError> {
    choose_several(pinned).map(|(first, _)| first)
}

/// The best device; those that are pinned by their ids, separated by commas; or, pinned as `all`, the best one and all
/// others of its kind. The first, and those beside it.
///
/// # Errors
/// When a pinned device is not there, or named twice.
pub fn choose_several(pinned: Option<&str>) -> Result<(DeviceInfo, Vec<DeviceInfo>), ModelError> {
    // Looking for GPUs opens every driver; a person who pinned the CPU asked not to.
    let mut present = match pinned {
        Some("cpu") => vec![DeviceInfo { id: "cpu".to_owned(), name: cpu_name(), device: Device::flex() }],
        _ => available(),
    };
    match pinned {
        None => present.truncate(1),
        Some("all") => {
            let kind = |device: &DeviceInfo| device.id.split(':').next().unwrap_or_default().to_owned();
            let best = present.first().map(kind);
            present.retain(|device| Some(kind(device)) == best);
        }
        Some(pinned) => present = picked(pinned, &present)?,
    }
    let first = present.remove(0);
    Ok((first, present))
}

/// Devices by their ids, in the order in which they are named.
fn picked(ids: &str, present: &[DeviceInfo]) -> Result<Vec<DeviceInfo>, ModelError> {
    let mut picked: Vec<DeviceInfo> = Vec::new();
    for id in ids.split(',').map(str::trim) {
        let device = present.iter().find(|device| device.id == id).ok_or_else(|| {
            let present = present.iter().map(|device| device.id.as_str()).collect::<Vec<_>>().join(", ");
            let late = if drivers_were_late() { "; drivers of graphics cards did not answer in time" } else { "" };
            ModelError::NoSuchDevice { wanted: id.to_owned(), present: present + late }
        })?;
        if picked.iter().any(|device| device.id == id) {
            return Err(ModelError::DeviceTwice { device: id.to_owned() });
        }
        picked.push(device.clone());
    }
    Ok(picked)
}

/// Runs a step on a device and turns a driver's panic into an error.
///
/// # Errors
/// When the step panicked.
pub fn guarded<T>(device: &str, step: &'static str, work: impl FnOnce() -> T) -> Result<T, ModelError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|cause| {
        let detail = cause
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "no message".to_owned());
        ModelError::Device { device: device.to_owned(), step, detail }
    })
}

/// Devices of one runtime that a physical card stands behind. A driver that fails while it is asked has none.
fn listed(prefix: &str, kind: DeviceType) -> Vec<DeviceInfo> {
    let named = catch_unwind(|| {
        Device::enumerate(kind)
            .into_vec()
            .into_iter()
            .filter_map(|device| {
                let identity = device.identity()?;
                identity.physical.as_ref()?;
                Some((identity.name, device))
            })
            .collect::<Vec<_>>()
    })
    .unwrap_or_default();
    named
        .into_iter()
        .enumerate()
        .map(|(index, (name, device))| DeviceInfo { id: format!("{prefix}:{index}"), name, device })
        .collect()
}

/// Whether it is worth asking for GPUs. Asking loads every graphics driver, which takes a moment, and some complain on
/// standard error where there is neither a card nor a display.
fn a_card_may_be_there() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let render_node = std::fs::read_dir("/dev/dri")
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD")));
    render_node || ["/dev/nvidia0", "/dev/dxg"].iter().any(|path| std::path::Path::new(path).exists())
}

fn cpu_name() -> String {
    std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| format!("CPU ({})", std::env::consts::ARCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there_and_a_wrong_pin_names_what_is() {
        assert_eq!(available().last().map(|device| device.id.clone()), Some("cpu".to_owned()));
        assert_eq!(choose(Some("cpu")).unwrap().id, "cpu");
        for pinned in ["cuda:99", "cpu, cuda:99", ""] {
            let error = choose(Some(pinned)).unwrap_err().to_string();
            assert!(error.contains(pinned.trim_start_matches("cpu, ")) && error.contains("cpu"), "{error}");
        }
    }

    #[test]
    fn a_look_that_hangs_finds_nothing_and_is_not_repeated_until_it_came_back() {
        let left_behind = Mutex::new(None);
        let (long, short) = (Duration::from_secs(60), Duration::from_millis(20));
        assert_eq!(within(long, &left_behind, || vec![1]), Some(vec![1]));
        let (release, held) = sync_channel::<()>(0);
        let hangs = move || {
            let _ = held.recv();
            vec![2]
        };
        assert_eq!(within(short, &left_behind, hangs), None);
        assert_eq!(within(long, &left_behind, || vec![3]), None, "a second look joined the first");
        drop(release);
        let began = std::time::Instant::now();
        let late = loop {
            if let Some(found) = within(long, &left_behind, || vec![4]) {
                break found;
            }
            assert!(began.elapsed() < long, "nobody ever looks again");
            std::thread::yield_now();
        };
        assert_eq!(late, [2]);
        assert_eq!(within(long, &left_behind, || panic!("a driver that fails")), Some(Vec::new()));
        assert_eq!(within(long, &left_behind, || vec![5]), Some(vec![5]));
    }

    #[test]
    fn several_devices_are_named_by_commas_or_are_all_of_the_best_kind() {
        let device = |id: &str| DeviceInfo { id: id.to_owned(), name: String::new(), device: Device::flex() };
        let present = ["cuda:0", "cuda:1", "gpu:0", "cpu"].map(device);
        let ids = |devices: Vec<DeviceInfo>| devices.into_iter().map(|device| device.id).collect::<Vec<_>>();
        assert_eq!(ids(picked("cuda:1, cuda:0", &present).unwrap()), ["cuda:1", "cuda:0"]);
        assert!(matches!(picked("cpu,cpu", &present), Err(ModelError::DeviceTwice { device }) if device == "cpu"));
        let (first, beside) = choose_several(Some("all")).unwrap();
        let all = ids([vec![first], beside].concat());
        let kind = |id: &str| id.split(':').next().unwrap_or_default().to_owned();
        assert!(all.iter().all(|id| kind(id) == kind(&all[0])), "{all:?}");
        assert_eq!(all[0], choose(None).unwrap().id);
    }

    #[test]
    fn a_panic_on_a_device_is_an_error_with_its_message() {
        let error = guarded::<()>("gpu:0", "encode", || panic!("lost device")).unwrap_err();
        assert_eq!(error.to_string(), "device gpu:0: encode failed: lost device");
    }
}
