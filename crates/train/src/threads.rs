//! How many CPU threads this process computes with.

use crate::TrainError;

/// Computes with this many threads from here on; 0 is all. To be called once, before anything is computed.
///
/// # Errors
/// When the number is out of range, or threads compute already.
pub fn use_threads(count: usize) -> Result<(), TrainError> {
    const MOST: usize = 1024;
    let refused = |allowed| TrainError::Setting { name: "threads", value: count.to_string(), allowed };
    if count > MOST {
        return Err(refused("0..=1024"));
    }
    if count == 0 {
        return Ok(());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count).thread_name(|index| format!("compute-{index}"));
    // Asking for the present number first would start all threads.
    match pool.build_global() {
        Err(_) if rayon::current_num_threads() != count => Err(refused("said before anything is computed")),
        _ => Ok(()),
    }
}
