//! The system's allocator, with huge pages for large blocks.
//!
//! A program that reads a file, writes another and ends touches every page of its memory once, and pays for each with
//! a page fault: on a virtual machine, that is a third to a half of all the time that copying luma out of a JPEG
//! takes. Linux can hand out memory 2 MiB at a time instead of 4 KiB, which leaves one fault in 512, but on most
//! systems (`madvise` in `/sys/kernel/mm/transparent_hugepage/enabled`) only where it is asked to. So this allocator
//! asks, for every block that is so large that a huge page fits into it wherever it begins. It ignores the answer: where
//! there are no huge pages, the memory is as good as before.
//!
//! This crate has unsafe code, since the trait [`GlobalAlloc`] is unsafe; beside it, `errand-streams` alone has. What it gains is
//! in `docs/decisions/0021-huge-pages.md`.

use std::alloc::{GlobalAlloc, Layout, System};

/// The size of a huge page: 2 MiB on `x86_64`, and on `aarch64` with pages of 4 KiB.
const HUGE_PAGE_BYTES: usize = 2 << 20;
/// Any block of this size holds a whole huge page. Smaller blocks are rarely worth having 2 MiB filled with zeros.
const LARGE_BYTES: usize = 2 * HUGE_PAGE_BYTES;

/// [`System`], asking for huge pages for blocks of 4 MiB and more.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: errand_allocator::HugePages = errand_allocator::HugePages;
///
/// let large = vec![7_u8; 9 << 20];
/// assert!(large.iter().all(|byte| *byte == 7));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct HugePages;

// SAFETY: every method is that of `System`, which keeps the contract; `ask_for_huge_pages` changes neither the
// address nor the content of a block.
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System` too.
        let block = unsafe { System.alloc(layout) };
        ask_for_huge_pages(block, layout.size());
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let block = unsafe { System.alloc_zeroed(layout) };
        ask_for_huge_pages(block, layout.size());
        block
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; `old` came from `System`, since every block does.
        let block = unsafe { System.realloc(old, layout, size) };
        ask_for_huge_pages(block, size);
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Asks for huge pages for the part of a block that is made of whole ones, if it is large and was allocated.
#[cfg(target_os = "linux")]
fn ask_for_huge_pages(block: *mut u8, size: usize) {
    if size < LARGE_BYTES || block.is_null() {
        return;
    }
    let start = block.wrapping_add(block.align_offset(HUGE_PAGE_BYTES));
    let end = (block.addr() + size) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    // SAFETY: from `start` to `end` is within the block, and `MADV_HUGEPAGE` only says how its memory is to be
    // backed; what the memory holds stays.
    unsafe {
        libc::madvise(start.cast(), end - start.addr(), libc::MADV_HUGEPAGE);
    }
}

/// Other systems choose page sizes by themselves.
#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages(_: *mut u8, _: usize) {
    let _ = LARGE_BYTES;
}
