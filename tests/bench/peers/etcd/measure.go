// Clocks, counters, and the rows that are printed.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

const (
	quickRuns    = 3
	quickRunTime = 60 * time.Millisecond
)

var (
	only    string
	runs    = 5
	runTime = 300 * time.Millisecond
)

func wanted(bench string) bool { return strings.Contains(bench, only) }

type row struct {
	Bench       string   `json:"bench"`
	Nodes       int      `json:"nodes,omitempty"`
	Payload     int      `json:"payload,omitempty"`
	Batch       int      `json:"batch,omitempty"`
	CPU         *float64 `json:"cpu_ns_per_op,omitempty"`
	CPUMedian   *float64 `json:"cpu_ns_per_op_median,omitempty"`
	Wall        *float64 `json:"wall_ns_per_op,omitempty"`
	Allocations *float64 `json:"allocations_per_op,omitempty"`
	Messages    *float64 `json:"messages_per_op,omitempty"`
	Bytes       *float64 `json:"bytes_per_op,omitempty"`
}

func (r row) print() {
	text, err := json.Marshal(r)
	must(err)
	fmt.Fprintln(os.Stdout, string(text))
}

// processCPU is what the process has used of all processors, in nanoseconds (CLOCK_PROCESS_CPUTIME_ID).
func processCPU() int64 {
	var now syscall.Timespec
	if _, _, e := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 2, uintptr(unsafe.Pointer(&now)), 0); e != 0 {
		panic(e)
	}
	return now.Nano()
}

func allocated() uint64 {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.Mallocs
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc
}

// stopwatch adds up what lies between start and stop.
type stopwatch struct {
	cpu, wall   int64
	cpuAtStart  int64
	wallAtStart time.Time
}

func (s *stopwatch) start() { s.wallAtStart, s.cpuAtStart = time.Now(), processCPU() }
func (s *stopwatch) stop() {
	s.cpu += processCPU() - s.cpuAtStart
	s.wall += time.Since(s.wallAtStart).Nanoseconds()
}

// sample is one run: totals, and the number of operations that they are of.
type sample struct {
	watch       stopwatch
	allocations uint64
	messages    int
	ops         int
}

// report prints the best run, with the median beside it.
func report(r row, samples []sample) {
	cpu := func(s sample) float64 { return float64(s.watch.cpu) / float64(s.ops) }
	sort.Slice(samples, func(a, b int) bool { return cpu(samples[a]) < cpu(samples[b]) })
	best, median := samples[0], cpu(samples[len(samples)/2])
	per := func(total float64) *float64 { value := total / float64(best.ops); return &value }
	r.CPU, r.CPUMedian, r.Wall = per(float64(best.watch.cpu)), &median, per(float64(best.watch.wall))
	r.Allocations = per(float64(best.allocations))
	if best.messages > 0 {
		r.Messages = per(float64(best.messages))
	}
	r.print()
}
