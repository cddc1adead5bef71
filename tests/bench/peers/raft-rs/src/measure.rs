// Clocks, counters, and the rows that are printed.
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Counts what is allocated, and what lives.
pub struct CountingAllocator;
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static LIVE_BYTES: AtomicU64 = AtomicU64::new(0);

// The program has one thread: a load and a store count as well as a locked instruction, which would cost more.
fn add(counter: &AtomicU64, amount: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(amount), Relaxed);
}

unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(&ALLOCATIONS, 1);
        add(&LIVE_BYTES, layout.size() as u64);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(&LIVE_BYTES, (layout.size() as u64).wrapping_neg());
        System.dealloc(pointer, layout)
    }
}

pub fn allocations() -> u64 {
    ALLOCATIONS.load(Relaxed)
}
pub fn live_bytes() -> u64 {
    LIVE_BYTES.load(Relaxed)
}

/// What the process has used of all processors, in nanoseconds.
fn process_cpu() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    assert!(failed == 0);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

pub struct Settings {
    pub only: String,
    pub runs: usize,
    pub run_time: Duration,
}

impl Settings {
    pub fn from_arguments() -> Settings {
        let mut settings = Settings { only: String::new(), runs: 5, run_time: Duration::from_millis(300) };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-quick" => {
                    settings.runs = 3;
                    settings.run_time = Duration::from_millis(60);
                }
                "-only" => settings.only = arguments.next().unwrap_or_default(),
                other => panic!("unknown argument {}", other),
            }
        }
        settings
    }

    pub fn wants(&self, bench: &str) -> bool {
        bench.contains(&self.only)
    }
}

/// One run: totals, and the number of operations that they are of.
#[derive(Default, Clone)]
pub struct Sample {
    pub cpu: u64,
    pub wall: u64,
    pub allocations: u64,
    pub messages: u64,
    pub ops: u64,
}

impl Sample {
    fn cpu_per_op(&self) -> f64 {
        self.cpu as f64 / self.ops as f64
    }
}

/// Adds to a sample what lies between its making and stop().
pub struct Stopwatch {
    wall: Instant,
    cpu: u64,
    allocations: u64,
}

impl Stopwatch {
    pub fn start() -> Stopwatch {
        Stopwatch { wall: Instant::now(), allocations: allocations(), cpu: process_cpu() }
    }
    pub fn stop(self, sample: &mut Sample) {
        sample.cpu += process_cpu() - self.cpu;
        sample.allocations += allocations() - self.allocations;
        sample.wall += self.wall.elapsed().as_nanos() as u64;
    }
}

fn print(bench: &str, parameters: &[(&str, u64)], figures: &[(&str, f64)]) {
    let mut text = format!("{{\"bench\":\"{}\"", bench);
    for (name, value) in parameters {
        text += &format!(",\"{}\":{}", name, value);
    }
    for (name, value) in figures {
        text += &format!(",\"{}\":{:.4}", name, value);
    }
    println!("{}}}", text);
}

/// Prints the best run, with the median beside it.
pub fn report(bench: &str, parameters: &[(&str, u64)], mut samples: Vec<Sample>) {
    samples.sort_by(|a, b| a.cpu_per_op().partial_cmp(&b.cpu_per_op()).unwrap());
    let (best, median) = (&samples[0], samples[samples.len() / 2].cpu_per_op());
    let per = |total: u64| total as f64 / best.ops as f64;
    let mut figures = vec![
        ("cpu_ns_per_op", best.cpu_per_op()),
        ("cpu_ns_per_op_median", median),
        ("wall_ns_per_op", per(best.wall)),
        ("allocations_per_op", per(best.allocations)),
    ];
    if best.messages > 0 {
        figures.push(("messages_per_op", per(best.messages)));
    }
    print(bench, parameters, &figures);
}

pub fn report_bytes(bench: &str, nodes: u64, bytes: f64) {
    print(bench, &[("nodes", nodes)], &[("bytes_per_op", bytes)]);
}
