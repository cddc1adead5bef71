// hashicorp: measures hashicorp/raft in one process with its in-memory transport and stores: calls of Apply from one
// goroutine with a window of outstanding futures. The library runs on goroutines, channels and timers, so that,
// unlike the others, it uses every processor; CPU time is of the whole process. Prints one JSON row a line.
package main

import "flag"

func main() {
	quick := flag.Bool("quick", false, "fewer and shorter runs")
	flag.StringVar(&only, "only", "", "run only the benches whose name contains this")
	flag.Parse()
	if *quick {
		runs, runTime = quickRuns, quickRunTime
	}
	for _, nodes := range []int{3, 5} {
		for _, payload := range []int{16, 256} {
			for _, window := range []int{1, 64, 1024} {
				throughput(nodes, payload, window)
			}
		}
	}
	idleMemory(3, 20)
}
