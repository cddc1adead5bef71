// Reads histories in the format of tests/histories/README.md.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"

	"github.com/anishathalye/porcupine"
)

// asked is an operation with what is asked.
type asked struct {
	Process  int     `json:"-"`
	Op       string  `json:"-"`
	Key      string  `json:"-"`
	Value    string  `json:"value"`
	Expected *string `json:"expected"`
	Record   string  `json:"record"`
	From     uint64  `json:"from"`
	Lease    int64   `json:"lease"`
	Fence    uint64  `json:"fence"`
	Amount   *uint64 `json:"amount"`
	Session  uint64  `json:"session"`
	Sequence uint64  `json:"sequence"`
	Members  []int   `json:"members"`
	Call     int64   `json:"-"`
}

// answered is what came back. Of an unknown outcome nothing else is set.
type answered struct {
	Unknown  bool     `json:"-"`
	Refused  *string  `json:"refused"`
	Value    *string  `json:"value"`
	Version  uint64   `json:"version"`
	Done     bool     `json:"done"`
	Existed  *bool    `json:"existed"`
	Position *uint64  `json:"position"`
	Records  []string `json:"records"`
	Got      bool     `json:"got"`
	Fence    uint64   `json:"fence"`
	Total    *uint64  `json:"total"`
	Members  []int    `json:"members"`
	Index    uint64   `json:"index"`
	Return   int64    `json:"-"`
}

type line struct {
	Process *int            `json:"process"`
	Op      string          `json:"op"`
	Key     string          `json:"key"`
	In      json.RawMessage `json:"in"`
	Out     json.RawMessage `json:"out"`
	Call    *int64          `json:"call"`
	Return  *int64          `json:"return"`
	Stale   bool            `json:"stale"`
}

var kinds = map[string]string{
	"get": "register", "put": "register", "cas": "register", "delete": "register",
	"append": "log", "read": "log",
	"acquire": "lock", "release": "lock",
	"add": "counter", "total": "counter",
	"change_members": "members", "members": "members",
}

func onlyReads(op string) bool {
	return op == "get" || op == "read" || op == "total" || op == "members"
}

// readHistory gives the operations that take part: no stale reads, nothing refused, no reads without an answer.
func readHistory(path string) ([]porcupine.Operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 0, 1<<20), 4<<20)
	var operations []porcupine.Operation
	for number := 1; lines.Scan(); number++ {
		operation, err := parseLine(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		if operation != nil {
			operations = append(operations, *operation)
		}
	}
	return operations, lines.Err()
}

// parseLine gives nil for what takes no part.
func parseLine(text []byte) (*porcupine.Operation, error) {
	if len(bytes.TrimSpace(text)) == 0 || bytes.HasPrefix(text, []byte(`{"about"`)) {
		return nil, nil
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, err
	}
	if l.Process == nil || l.Call == nil || kinds[l.Op] == "" {
		return nil, fmt.Errorf("no operation")
	}
	in := asked{Process: *l.Process, Op: l.Op, Key: l.Key, Call: *l.Call}
	out := answered{}
	if len(l.In) > 0 {
		if err := json.Unmarshal(l.In, &in); err != nil {
			return nil, err
		}
	}
	if len(l.Out) > 0 {
		if err := json.Unmarshal(l.Out, &out); err != nil {
			return nil, err
		}
	}
	if l.Return == nil {
		out.Unknown = true
		out.Return = math.MaxInt64
	} else {
		out.Return = *l.Return
	}
	if l.Stale || out.Refused != nil || (out.Unknown && onlyReads(l.Op)) {
		return nil, nil
	}
	return &porcupine.Operation{ClientId: in.Process, Input: in, Call: in.Call, Output: out, Return: out.Return}, nil
}
