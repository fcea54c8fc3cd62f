//! A program with this allocator: blocks keep what they hold, and huge pages are asked for large ones.

use errand_allocator::HugePages;

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

#[test]
fn blocks_keep_their_content_while_they_grow_and_shrink() {
    let mut numbers = Vec::new();
    for number in 0..3_000_000_u64 {
        numbers.push(number);
    }
    assert!(numbers.iter().copied().eq(0..3_000_000));
    numbers.truncate(100_000);
    numbers.shrink_to_fit();
    assert!(numbers.iter().copied().eq(0..100_000));
    numbers.reserve_exact(10_000_000);
    assert!(numbers.iter().copied().eq(0..100_000));
}

#[test]
fn zeroed_blocks_are_zero_when_memory_is_used_again() {
    for size in [100, 4 << 20, (4 << 20) + 1, 33 << 20] {
        drop(vec![0xFF_u8; size]);
        assert!(vec![0_u8; size].iter().all(|byte| *byte == 0), "{size}");
    }
}

/// `hg` is the flag of a mapping for which huge pages were asked (`proc_pid_smaps(5)`).
#[cfg(target_os = "linux")]
#[test]
fn huge_pages_are_asked_for_large_blocks() {
    let flags_of = |block: &[u8]| {
        let address = block.as_ptr().addr() + block.len() / 2;
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in smaps.lines() {
            let mapping = line.split(' ').next().and_then(|range| range.split_once('-'));
            let bounds = mapping.and_then(|(start, end)| {
                let address = |text| usize::from_str_radix(text, 16).ok();
                Some(address(start)?..address(end)?)
            });
            if let Some(bounds) = bounds {
                inside = bounds.contains(&address);
            } else if let Some(flags) = line.strip_prefix("VmFlags:").filter(|_| inside) {
                return flags.to_owned();
            }
        }
        panic!("no mapping holds {address:#x}");
    };
    if !std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists() {
        println!("SKIPPED: this kernel has no transparent huge pages");
        return;
    }
    let large = vec![1_u8; 16 << 20];
    assert!(flags_of(&large).split(' ').any(|flag| flag == "hg"));
}
