// etcd: measures the core of etcd/raft (RawNode and MemoryStorage: no transport, no disk, no bytes encoded) by the
// method of tests/bench/README.md. Prints one JSON row a line.
package main

import (
	"flag"
	"runtime"
)

func main() {
	quick := flag.Bool("quick", false, "fewer and shorter runs")
	flag.StringVar(&only, "only", "", "run only the benches whose name contains this")
	flag.Parse()
	if *quick {
		runs, runTime = quickRuns, quickRunTime
	}
	runtime.GOMAXPROCS(1) // the garbage collector's work then counts as everybody's CPU time does

	for _, nodes := range []int{3, 5} {
		for _, payload := range []int{16, 256} {
			for _, batch := range []int{1, 64, 1024} {
				throughput(nodes, payload, batch, false)
				if batch > 1 {
					throughput(nodes, payload, batch, true)
				}
			}
		}
	}
	for _, nodes := range []int{3, 5, 101} {
		election(nodes)
	}
	heartbeat(3)
	quorumReads(3, 64)
	idleTick()
	idleMemory(3, 2000)
	idleMemory(101, 3)
	build(101)
}
