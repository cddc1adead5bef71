// A group of nodes in one thread, driven by hand: takes each node's Ready, stores it in memory, delivers its messages.
package main

import (
	raft "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// Every log is compacted after so many applied entries.
const compactEvery = 1024

type member struct {
	node      *raft.RawNode
	storage   *raft.MemoryStorage
	applied   uint64
	compacted uint64
	inbox     []pb.Message
	spare     []pb.Message
}

type group struct {
	members  []*member
	messages int
	reads    int
}

// A group of `size` voters that time out after so many ticks.
func newGroup(size, electionTicks int, checkQuorum bool) *group {
	voters := make([]uint64, size)
	for i := range voters {
		voters[i] = uint64(i + 1)
	}
	g := &group{}
	for _, id := range voters {
		storage := raft.NewMemoryStorage()
		// A snapshot at index 1 carries the configuration.
		var first pb.Snapshot
		first.Metadata.Index, first.Metadata.Term = 1, 1
		first.Metadata.ConfState = pb.ConfState{Voters: voters}
		must(storage.ApplySnapshot(first))
		node, err := raft.NewRawNode(&raft.Config{
			ID: id, ElectionTick: electionTicks, HeartbeatTick: 1, Storage: storage, MaxSizePerMsg: 1 << 20,
			MaxInflightMsgs: 256, CheckQuorum: checkQuorum, Logger: silent{},
		})
		must(err)
		g.members = append(g.members, &member{node: node, storage: storage, applied: 1, compacted: 1})
	}
	return g
}

// handle does what one Ready of a member asks for; false if there was none.
func (g *group) handle(m *member) bool {
	if !m.node.HasReady() {
		return false
	}
	ready := m.node.Ready()
	g.reads += len(ready.ReadStates)
	if !raft.IsEmptyHardState(ready.HardState) {
		must(m.storage.SetHardState(ready.HardState))
	}
	if len(ready.Entries) > 0 {
		must(m.storage.Append(ready.Entries))
	}
	for i := range ready.Messages {
		to := g.members[ready.Messages[i].To-1]
		to.inbox = append(to.inbox, ready.Messages[i])
	}
	if count := len(ready.CommittedEntries); count > 0 {
		m.applied = ready.CommittedEntries[count-1].Index
	}
	m.node.Advance(ready)
	return true
}

func (g *group) deliver(m *member) bool {
	if len(m.inbox) == 0 {
		return false
	}
	messages := m.inbox
	m.inbox = m.spare[:0]
	for i := range messages {
		_ = m.node.Step(messages[i])
		messages[i] = pb.Message{} // keeps no references
	}
	g.messages += len(messages)
	m.spare = messages[:0]
	return true
}

// pass lets every member act once; false when nothing moves any more.
func (g *group) pass() bool {
	moved := false
	for _, m := range g.members {
		moved = g.handle(m) || moved
	}
	for _, m := range g.members {
		moved = g.deliver(m) || moved
	}
	return moved
}

func (g *group) settle() {
	for g.pass() {
	}
}

func (g *group) compact() {
	for _, m := range g.members {
		if m.applied-m.compacted >= compactEvery {
			must(m.storage.Compact(m.applied))
			m.compacted = m.applied
		}
	}
}

func (g *group) leads(m *member) bool { return m.node.BasicStatus().RaftState == raft.StateLeader }

// elect makes the first member the leader, and settles.
func (g *group) elect() *member {
	first := g.members[0]
	must(first.node.Campaign())
	g.settle()
	if !g.leads(first) {
		panic("the first member was not elected")
	}
	return first
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// silent logs nothing, and formats nothing: the default logger would cost more than the protocol.
type silent struct{}

func (silent) Debug(...interface{})                   {}
func (silent) Debugf(string, ...interface{})          {}
func (silent) Error(...interface{})                   {}
func (silent) Errorf(string, ...interface{})          {}
func (silent) Info(...interface{})                    {}
func (silent) Infof(string, ...interface{})           {}
func (silent) Warning(...interface{})                 {}
func (silent) Warningf(string, ...interface{})        {}
func (silent) Fatal(values ...interface{})            { panic(values) }
func (silent) Fatalf(format string, _ ...interface{}) { panic(format) }
func (silent) Panic(values ...interface{})            { panic(values) }
func (silent) Panicf(format string, _ ...interface{}) { panic(format) }
