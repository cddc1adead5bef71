// A group of nodes that reach each other through the library's in-memory transport.
package main

import (
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// machine applies whole batches, which is the library's fast way.
type machine struct{}

func (*machine) Apply(*raft.Log) interface{} { return nil }
func (*machine) ApplyBatch(entries []*raft.Log) []interface{} {
	return make([]interface{}, len(entries))
}
func (*machine) Snapshot() (raft.FSMSnapshot, error) { return snapshot{}, nil }
func (*machine) Restore(from io.ReadCloser) error    { return from.Close() }

type snapshot struct{}

func (snapshot) Persist(sink raft.SnapshotSink) error { return sink.Close() }
func (snapshot) Release()                             {}

func config(id raft.ServerID) *raft.Config {
	c := raft.DefaultConfig()
	c.LocalID = id
	c.HeartbeatTimeout, c.ElectionTimeout = 200*time.Millisecond, 200*time.Millisecond
	c.LeaderLeaseTimeout, c.CommitTimeout = 200*time.Millisecond, 5*time.Millisecond
	c.MaxAppendEntries = 1024
	c.BatchApplyCh = true
	c.Logger = hclog.NewNullLogger()
	return c
}

// newGroup returns the leader and all members.
func newGroup(size int) (*raft.Raft, []*raft.Raft) {
	var members raft.Configuration
	var transports []*raft.InmemTransport
	for i := 0; i < size; i++ {
		address, transport := raft.NewInmemTransport(raft.ServerAddress(fmt.Sprintf("node-%d", i)))
		transports = append(transports, transport)
		members.Servers = append(members.Servers, raft.Server{ID: raft.ServerID(address), Address: address})
	}
	var all []*raft.Raft
	for i, transport := range transports {
		for k, other := range transports {
			if i != k {
				transport.Connect(other.LocalAddr(), other)
			}
		}
		c, store := config(members.Servers[i].ID), raft.NewInmemStore()
		must(raft.BootstrapCluster(c, store, store, raft.NewDiscardSnapshotStore(), transport, members))
		node, err := raft.NewRaft(c, &machine{}, store, store, raft.NewDiscardSnapshotStore(), transport)
		must(err)
		all = append(all, node)
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, node := range all {
			if node.State() == raft.Leader && node.VerifyLeader().Error() == nil {
				return node, all
			}
		}
	}
	panic("no leader in 30 seconds")
}

func shutdown(all []*raft.Raft) {
	for _, node := range all {
		must(node.Shutdown().Error())
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
