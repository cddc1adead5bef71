// The objects of tests/histories/README.md as models of Porcupine's, written independently of Kelek's.
package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/anishathalye/porcupine"
)

// Each object alone: a history is linearizable where each of its objects is.
func partition(history []porcupine.Operation) [][]porcupine.Operation {
	var names []string
	objects := map[string][]porcupine.Operation{}
	for _, operation := range history {
		in := operation.Input.(asked)
		name := kinds[in.Op] + " " + in.Key
		if objects[name] == nil {
			names = append(names, name)
		}
		objects[name] = append(objects[name], operation)
	}
	sort.Strings(names)
	var parts [][]porcupine.Operation
	for _, name := range names {
		parts = append(parts, objects[name])
	}
	return parts
}

var model = porcupine.Model{
	Partition: partition,
	// Every object begins with nothing; which kind it is, its first operation tells.
	Init: func() interface{} { return nil },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		in, out := input.(asked), output.(answered)
		switch kinds[in.Op] {
		case "register":
			return stepRegister(stateOr(state, register{}), in, out)
		case "log":
			return stepLog(stateOr(state, log{}), in, out)
		case "lock":
			return stepLock(stateOr(state, lock{}), in, out)
		case "counter":
			return stepCounter(stateOr(state, counter{}), in, out)
		default:
			return stepMembers(stateOr(state, members{}), in, out)
		}
	},
	Equal: func(a, b interface{}) bool { return a == b },
}

func stateOr[T any](state interface{}, initial T) T {
	if state == nil {
		return initial
	}
	return state.(T)
}

// ---- register ----

type register struct {
	present bool
	value   string
	version uint64
}

func (r register) with(value string) register { return register{true, value, r.version + 1} }

func (r register) is(value *string) bool {
	if value == nil {
		return !r.present
	}
	return r.present && r.value == *value
}

func told(number, actual uint64) bool { return number == 0 || number == actual }

func stepRegister(r register, in asked, out answered) (bool, interface{}) {
	switch in.Op {
	case "get":
		return r.is(out.Value) && told(out.Version, r.version), r
	case "put":
		after := r.with(in.Value)
		return out.Unknown || told(out.Version, after.version), after
	case "cas":
		holds := r.is(in.Expected)
		after := r
		if holds {
			after = r.with(in.Value)
		}
		return out.Unknown || (out.Done == holds && (!holds || told(out.Version, after.version))), after
	default: // delete
		return out.Unknown || out.Existed == nil || *out.Existed == r.present, register{}
	}
}

// ---- log: its records one after the other, each with its length before it ----

type log struct {
	count uint64
	text  string
}

func packed(records []string) string {
	var text strings.Builder
	for _, record := range records {
		// The length also behind it: no record can look like the end of another.
		fmt.Fprintf(&text, "%d:%s:%d;", len(record), record, len(record))
	}
	return text.String()
}

func stepLog(l log, in asked, out answered) (bool, interface{}) {
	if in.Op == "append" {
		fits := out.Unknown || out.Position == nil || *out.Position == l.count
		return fits, log{l.count + 1, l.text + packed([]string{in.Record})}
	}
	if len(out.Records) == 0 {
		return l.count <= in.From, l
	}
	return l.count == in.From+uint64(len(out.Records)) && strings.HasSuffix(l.text, packed(out.Records)), l
}

// ---- lock ----

type lock struct {
	held  bool
	fence uint64 // 0: an acquire's whose outcome is unknown
	ends  int64  // the hold may end by itself from then on; 0: it does not
	floor uint64 // highest fence that was told
}

func (l lock) free() lock { return lock{floor: l.floor} }

func (l lock) mayHaveEnded(out answered) bool { return l.held && l.ends != 0 && out.Return >= l.ends }

func stepLock(l lock, in asked, out answered) (bool, interface{}) {
	if in.Op == "acquire" {
		return stepAcquire(l, in, out)
	}
	isThis := l.held && (l.fence == in.Fence || (l.fence == 0 && in.Fence > l.floor))
	if out.Unknown || out.Done {
		if !isThis {
			return out.Unknown, l
		}
		return true, lock{floor: max(l.floor, in.Fence)}
	}
	if !l.held || l.fence != in.Fence {
		return true, l
	}
	return l.mayHaveEnded(out), l.free()
}

func stepAcquire(l lock, in asked, out answered) (bool, interface{}) {
	if !out.Unknown && !out.Got {
		return l.held, l
	}
	if l.held && !l.mayHaveEnded(out) {
		return out.Unknown, l
	}
	after := lock{held: true, floor: l.floor}
	if in.Lease != 0 {
		after.ends = in.Call + in.Lease
	}
	if out.Unknown { // it may have happened at any time, and so may its end
		after.ends = min(after.ends, 1)
		return true, after
	}
	after.fence, after.floor = out.Fence, out.Fence
	return out.Fence > l.floor, after
}

// ---- counter: per session the newest sequence that counted, and its answer ----

type counter struct {
	total    uint64
	sessions string // "session sequence total;" in the order of sessions: a text, so that states can be compared
}

func stepCounter(c counter, in asked, out answered) (bool, interface{}) {
	if in.Op == "total" {
		return out.Total != nil && *out.Total == c.total, c
	}
	amount := uint64(1)
	if in.Amount != nil {
		amount = *in.Amount
	}
	fits := func(total uint64) bool { return out.Unknown || out.Total == nil || *out.Total == total }
	if in.Session == 0 {
		return fits(c.total + amount), counter{c.total + amount, c.sessions}
	}
	newest := map[uint64][2]uint64{}
	for _, each := range strings.Split(strings.TrimSuffix(c.sessions, ";"), ";") {
		var session, sequence, total uint64
		if _, err := fmt.Sscan(each, &session, &sequence, &total); err == nil {
			newest[session] = [2]uint64{sequence, total}
		}
	}
	if last, known := newest[in.Session]; known && in.Sequence <= last[0] {
		return out.Unknown || (in.Sequence == last[0] && fits(last[1])), c
	}
	newest[in.Session] = [2]uint64{in.Sequence, c.total + amount}
	var sessions []uint64
	for session := range newest {
		sessions = append(sessions, session)
	}
	sort.Slice(sessions, func(a, b int) bool { return sessions[a] < sessions[b] })
	after := counter{total: c.total + amount}
	for _, session := range sessions {
		after.sessions += fmt.Sprintf("%d %d %d;", session, newest[session][0], newest[session][1])
	}
	return fits(after.total), after
}

// ---- members ----

type members struct {
	known      bool
	who        string
	indexKnown bool
	index      uint64 // not known: it is above
}

func stepMembers(m members, in asked, out answered) (bool, interface{}) {
	who := append([]int{}, in.Members...)
	if in.Op == "members" {
		who = append([]int{}, out.Members...)
	}
	sort.Ints(who)
	name := fmt.Sprint(who)
	after := members{true, name, false, m.index}
	if in.Op == "members" {
		if m.known && m.who != name {
			return false, m
		}
		after.indexKnown = m.indexKnown
		if m.indexKnown && out.Index != 0 {
			return out.Index == m.index, m
		}
	}
	if out.Index == 0 {
		return true, after
	}
	return out.Index > m.index, members{true, name, true, out.Index}
}
