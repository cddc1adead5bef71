// The benches: each row of the table in tests/bench/README.md.
package main

import (
	"fmt"
	"runtime"
	"time"

	pb "go.etcd.io/raft/v3/raftpb"
)

// repeat runs `operation` (which does `ops` at a time) until the time of a run is over, several times.
func repeat(g *group, ops int, operation func()) []sample {
	var samples []sample
	for i := 0; i < runs; i++ {
		runtime.GC()
		var s sample
		messages, allocations := g.messages, allocated()
		s.watch.start()
		for begun := time.Now(); time.Since(begun) < runTime; {
			for k := 0; k < 1+512/ops; k++ {
				operation()
				s.ops += ops
			}
		}
		s.watch.stop()
		s.messages, s.allocations = g.messages-messages, allocated()-allocations
		samples = append(samples, s)
	}
	return samples
}

// throughput: a round is `batch` proposals at the leader and everything until all have applied all of them.
// asOne: they are given as one message instead of one call each.
func throughput(nodes, payload, batch int, asOne bool) {
	bench := "throughput/calls"
	if asOne {
		bench = "throughput/as_one"
	}
	if !wanted(bench) {
		return
	}
	g := newGroup(nodes, 10, false)
	leader := g.elect()
	data := make([]byte, payload)
	round := func() {
		if asOne {
			entries := make([]pb.Entry, batch)
			for i := range entries {
				entries[i].Data = data
			}
			must(leader.node.Step(pb.Message{Type: pb.MsgProp, From: 1, Entries: entries}))
		} else {
			for i := 0; i < batch; i++ {
				must(leader.node.Propose(data))
			}
		}
		g.settle()
		g.compact()
	}
	for i := 0; i < 20000/batch+2; i++ {
		round()
	}
	report(row{Bench: bench, Nodes: nodes, Payload: payload, Batch: batch}, repeat(g, batch, round))
	for _, m := range g.members {
		if m.applied != leader.applied {
			panic("not applied on all")
		}
	}
}

// election: fresh groups, built before the clock starts, until the first member leads.
func election(nodes int) {
	if !wanted("election") {
		return
	}
	atOnce := 1 + 192/nodes
	var samples []sample
	for i := 0; i < runs; i++ {
		var s sample
		for begun := time.Now(); time.Since(begun) < 2*runTime; {
			groups := make([]*group, atOnce)
			for k := range groups {
				groups[k] = newGroup(nodes, 10, false)
			}
			runtime.GC()
			allocations := allocated()
			s.watch.start()
			for _, g := range groups {
				must(g.members[0].node.Campaign())
				for !g.leads(g.members[0]) {
					g.pass()
				}
				s.messages += g.messages
			}
			s.watch.stop()
			s.allocations += allocated() - allocations
			s.ops += atOnce
		}
		samples = append(samples, s)
	}
	report(row{Bench: "election", Nodes: nodes}, samples)
}

// heartbeat: one tick of the leader and all that it causes.
func heartbeat(nodes int) {
	if !wanted("heartbeat") {
		return
	}
	g := newGroup(nodes, 10, true)
	leader := g.elect()
	report(row{Bench: "heartbeat", Nodes: nodes}, repeat(g, 1, func() {
		leader.node.Tick()
		g.settle()
	}))
}

// quorumReads: `batch` reads wait at the leader and are confirmed.
func quorumReads(nodes, batch int) {
	if !wanted("quorum_read") {
		return
	}
	g := newGroup(nodes, 10, false)
	leader := g.elect()
	contexts := make([][]byte, batch)
	for i := range contexts {
		contexts[i] = []byte(fmt.Sprintf("read%08d", i))
	}
	asked := 0
	samples := repeat(g, batch, func() {
		for _, context := range contexts {
			leader.node.ReadIndex(context)
		}
		asked += batch
		g.settle()
	})
	if g.reads != asked {
		panic("reads were lost")
	}
	report(row{Bench: "quorum_read", Nodes: nodes, Batch: batch}, samples)
}

// idleTick: a follower's tick with nothing to do; its election timeout is too far away to be reached.
func idleTick() {
	if !wanted("tick") {
		return
	}
	g := newGroup(3, 1<<40, false)
	g.elect()
	const ticks = 1024
	report(row{Bench: "tick"}, repeat(g, ticks, func() {
		for k := 0; k < ticks; k++ {
			g.members[1].node.Tick()
		}
	}))
}

// idleMemory: live heap of a node after an election and compaction.
func idleMemory(nodes, count int) {
	if !wanted("idle_memory") {
		return
	}
	groups := make([]*group, count)
	before := liveHeap()
	for i := range groups {
		groups[i] = newGroup(nodes, 10, false)
		groups[i].elect()
		for _, m := range groups[i].members {
			m.inbox, m.spare = nil, nil
			must(m.storage.Compact(m.applied))
		}
	}
	bytes := float64(liveHeap()-before) / float64(count*nodes)
	row{Bench: "idle_memory", Nodes: nodes, Bytes: &bytes}.print()
	runtime.KeepAlive(groups)
}

// build: making one node of a group of so many.
func build(nodes int) {
	if !wanted("build") {
		return
	}
	var samples []sample
	for i := 0; i < runs; i++ {
		var s sample
		runtime.GC()
		allocations := allocated()
		s.watch.start()
		newGroup(nodes, 10, false)
		s.watch.stop()
		s.allocations, s.ops = allocated()-allocations, nodes
		samples = append(samples, s)
	}
	report(row{Bench: "build", Nodes: nodes}, samples)
}
