// Measures the core of raft-rs (RawNode and MemStorage: no transport, no disk, no bytes encoded) by the method of
// tests/bench/README.md. Prints one JSON row a line.
mod benches;
mod group;
mod measure;

use measure::Settings;

#[global_allocator]
static ALLOCATOR: measure::CountingAllocator = measure::CountingAllocator;

fn main() {
    let settings = Settings::from_arguments();
    for &nodes in &[3, 5] {
        for &payload in &[16, 256] {
            for &batch in &[1, 64, 1024] {
                benches::throughput(&settings, nodes, payload, batch, "calls");
                if batch > 1 {
                    benches::throughput(&settings, nodes, payload, batch, "merged");
                    benches::throughput(&settings, nodes, payload, batch, "as_one");
                }
            }
        }
    }
    for &nodes in &[3, 5, 101] {
        benches::election(&settings, nodes);
    }
    benches::heartbeat(&settings, 3);
    benches::quorum_reads(&settings, 3, 64);
    benches::idle_tick(&settings);
    benches::idle_memory(&settings, 3, 2000);
    benches::idle_memory(&settings, 101, 3);
    benches::build(&settings, 101);
}
