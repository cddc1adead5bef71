// The benches: those rows of the table in tests/bench/README.md that the library's API lets one measure.
package main

import (
	"runtime"
	"time"

	"github.com/hashicorp/raft"
)

// throughput: `window` applies are outstanding; each is awaited before its place in the window is used again.
func throughput(nodes, payload, window int) {
	const bench = "throughput/window"
	if !wanted(bench) {
		return
	}
	leader, all := newGroup(nodes)
	defer shutdown(all)
	data := make([]byte, payload)
	futures := make([]raft.ApplyFuture, window)
	run := func(length time.Duration) (ops int) {
		for begun := time.Now(); time.Since(begun) < length; ops++ {
			place := &futures[ops%window]
			if *place != nil {
				must((*place).Error())
			}
			*place = leader.Apply(data, 0)
		}
		for i, future := range futures {
			if future != nil {
				must(future.Error())
			}
			futures[i] = nil
		}
		return ops
	}
	run(runTime)
	var samples []sample
	for i := 0; i < runs; i++ {
		var s sample
		runtime.GC()
		allocations := allocated()
		s.watch.start()
		s.ops = run(2 * runTime)
		s.watch.stop()
		s.allocations = allocated() - allocations
		samples = append(samples, s)
	}
	report(row{Bench: bench, Nodes: nodes, Payload: payload, Batch: window}, samples)
}

// idleMemory: live heap and stacks of a node after an election.
func idleMemory(nodes, count int) {
	if !wanted("idle_memory") {
		return
	}
	var kept [][]*raft.Raft
	before := liveHeap() + stacks()
	for i := 0; i < count; i++ {
		_, all := newGroup(nodes)
		kept = append(kept, all)
	}
	bytes := float64(liveHeap()+stacks()-before) / float64(count*nodes)
	row{Bench: "idle_memory", Nodes: nodes, Bytes: &bytes}.print()
	for _, all := range kept {
		shutdown(all)
	}
}

func stacks() uint64 {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.StackInuse
}
