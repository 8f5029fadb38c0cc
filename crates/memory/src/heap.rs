//! The heap: freed memory stays with the allocator until it is told to give it back.

/// Free bytes of the heap that are worth a call.
const WORTH: usize = 1024 * 1024;

/// Gives free pages of the heap back to the system, if there are many; says how many bytes were
/// free, without whole multiples of 4 GiB. Takes milliseconds for tens of megabytes, during which nobody can allocate.
///
/// With an allocator that gives memory back by itself (any but glibc's) it does nothing.
#[cfg(target_env = "gnu")]
pub fn release_heap() -> usize {
    // Not mallinfo2(3), which came with glibc 2.33. This one counts in 32 bits: of 4 GiB and more the
    // rest is seen, and if that should be little, it is more the next time.
    //
    // SAFETY: mallinfo(3) and malloc_trim(3) take no pointers, are safe in any thread, and touch only
    // memory that is not allocated.
    let free = unsafe { libc::mallinfo() }.fordblks.cast_unsigned() as usize;
    if free >= WORTH {
        // SAFETY: as above.
        unsafe { libc::malloc_trim(0) };
    }
    free
}

/// Does nothing here: the allocator gives memory back by itself.
#[cfg(not(target_env = "gnu"))]
pub fn release_heap() -> usize {
    0
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_freed_between_what_stays_is_given_back() {
        let resident = || {
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
            statm.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4
        };
        // Every hundredth stays, so that the allocator itself can give nothing back.
        let mut all: Vec<_> = (0..4_000).map(|_| Some(vec![1_u8; 16_000])).collect();
        for (number, one) in all.iter_mut().enumerate() {
            if number % 100 != 0 {
                *one = None;
            }
        }
        let before = resident();
        assert!(release_heap() > 50_000_000);
        let after = resident();
        assert!(before - after > 50_000, "{before} KiB before, {after} KiB after");
        drop(all);
    }
}
