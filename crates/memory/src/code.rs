//! The code: the kernel keeps mapped what was run once, such as the start, and most of what lies
//! around it. Unmapped pages stay in the page cache and come back when they are run (a minor
//! fault), so that only the code in use counts as the memory of this process.

use std::ffi::c_void;
use std::fs;
use std::ops::Range;

use rustix::mm::{Advice, madvise};

/// Unmaps the code of the program and its libraries until it is run again; says how many bytes of
/// address space that was. Nothing where the system does not tell (proc(5), `maps`).
pub fn unmap_code() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().filter_map(code).map(unmap).sum()
}

/// The addresses of a line of `maps` if they are code from a file: readable, executable, not
/// writable, private, with a path.
fn code(line: &str) -> Option<Range<usize>> {
    let mut fields = line.split_whitespace();
    let (addresses, rights) = (fields.next()?, fields.next()?);
    let path = fields.nth(3)?;
    if rights != "r-xp" || !path.starts_with('/') {
        return None;
    }
    let (start, end) = addresses.split_once('-')?;
    Some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
}

fn unmap(range: Range<usize>) -> usize {
    let start = range.start as *mut c_void;
    // SAFETY: the range is a private mapping of a file that this process may not write, so no page
    // of it differs from the file, and what is dropped is read again from there when it is needed
    // (madvise(2), MADV_DONTNEED). A range that is no longer mapped is an error, not a fault.
    let unmapped = unsafe { madvise(start, range.len(), Advice::LinuxDontNeed) };
    if unmapped.is_ok() { range.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_from_files_is_meant() {
        let line = |rights, path| format!("5600-5800 {rights} 0021a000 fe:01 1234   {path}");
        assert_eq!(code(&line("r-xp", "/usr/bin/lampfield")), Some(0x5600..0x5800));
        for (rights, path) in
            [("r--p", "/usr/bin/x"), ("rwxp", "/usr/bin/x"), ("r-xp", "[vdso]"), ("r-xp", "")]
        {
            assert_eq!(code(&line(rights, path)), None, "{rights} {path}");
        }
    }

    #[test]
    fn the_program_goes_on_without_it() {
        assert!(unmap_code() > 0);
        assert_eq!("it goes on".len(), 10);
    }
}
