//! Memory, as far as it is slow.

/// Asks for something that will be looked at soon: if it lies in far memory, it is on its way while
/// other work is done. Changes nothing; where a processor cannot be told so, it does nothing.
pub(crate) fn ask_for<T>(it: &T) {
    #[cfg(target_arch = "x86_64")]
    safe_arch::prefetch_t0(it);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = it;
}
