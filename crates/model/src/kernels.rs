//! Where kernels are kept that were compiled, and found the fastest, for a GPU: in the user's cache folder, so that the
//! next start need not wait for them. Without the feature `kernel-cache` they last as long as the process.

/// Sets that, before a GPU is looked for; otherwise a `cubecl.toml` in the folder that the program was started in would be
/// followed.
#[cfg(feature = "kernel-cache")]
pub(crate) fn keep() {
    use burn::cubecl::config::cache::CacheConfig;
    use burn::cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};

    let mut config = CubeClRuntimeConfig::default();
    config.compilation.cache = true;
    config.environment.path = CacheConfig::Global;
    // A second look finds it set.
    let _ = CubeClRuntimeConfig::try_set(config);
}

#[cfg(not(feature = "kernel-cache"))]
pub(crate) fn keep() {}
