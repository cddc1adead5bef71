// Converts histories of Porcupine's own tests into the format of tests/histories/README.md: those that Jepsen recorded of
// etcd. (The six others append to the texts in registers, for which there is no counterpart.)
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// The moments of these histories are the numbers of their lines.
type event struct {
	process int
	kind    string // invoke, ok, fail, info
	op      string
	value   string
	at      int64
}

var jepsenLine = regexp.MustCompile(`^INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.+)$`)
var expectation = regexp.MustCompile(`checkJepsen\(t, (\d+), (true|false)\)`)

func scan(path string) ([]event, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var events []event
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 0, 1<<20), 4<<20)
	for at := int64(1); lines.Scan(); at++ {
		if each, ok := parseLogLine(lines.Text()); ok {
			each.at = at
			events = append(events, each)
		}
	}
	return events, lines.Err()
}

func parseLogLine(text string) (event, bool) {
	found := jepsenLine.FindStringSubmatch(text)
	if found == nil {
		return event{}, false
	}
	process, _ := strconv.Atoi(found[1])
	return event{process: process, kind: found[2], op: found[3], value: found[4]}, true
}

type object = map[string]interface{}

func quoteOrNull(value string) interface{} {
	if value == "nil" {
		return nil
	}
	return value
}

func convertOne(call event, end *event) (object, error) {
	made := object{"process": call.process, "key": "register", "call": call.at, "out": nil, "return": nil}
	answered := end != nil && (end.kind == "ok" || (end.kind == "fail" && !strings.Contains(end.value, "timed-out")))
	out := object{}
	switch call.op {
	case "read":
		made["op"] = "get"
		if answered {
			out["value"] = quoteOrNull(end.value)
		}
	case "write":
		made["op"], made["in"] = "put", object{"value": call.value}
	case "cas":
		pair := strings.Fields(strings.Trim(call.value, "[]"))
		if len(pair) != 2 {
			return nil, fmt.Errorf("cas of %q", call.value)
		}
		made["op"], made["in"] = "cas", object{"expected": pair[0], "value": pair[1]}
		if answered {
			out["done"] = end.kind == "ok"
		}
	default:
		return nil, fmt.Errorf("no counterpart of %q", call.op)
	}
	if answered {
		made["out"], made["return"] = out, end.at
	}
	return made, nil
}

func convertFile(from, to string) error {
	events, err := scan(from)
	if err != nil {
		return err
	}
	waiting := map[int]event{}
	var made []object
	add := func(call event, end *event) error {
		one, err := convertOne(call, end)
		if err == nil {
			made = append(made, one)
		}
		return err
	}
	for _, each := range events {
		if each.kind == "invoke" {
			waiting[each.process] = each
			continue
		}
		call, known := waiting[each.process]
		if !known {
			return fmt.Errorf("%s:%d: an answer without a call", from, each.at)
		}
		delete(waiting, each.process)
		end := each
		if err := add(call, &end); err != nil {
			return fmt.Errorf("%s:%d: %w", from, each.at, err)
		}
	}
	var left []int
	for process := range waiting {
		left = append(left, process)
	}
	sort.Ints(left)
	for _, process := range left {
		if err := add(waiting[process], nil); err != nil {
			return err
		}
	}
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	defer file.Close()
	encoder := json.NewEncoder(file)
	for _, each := range made {
		if err := encoder.Encode(each); err != nil {
			return err
		}
	}
	return nil
}

// convert writes all histories of the module's test data, and expected.json: what the module's own tests say of them.
func convert(module, target string) error {
	expected := map[string]bool{}
	tests, err := os.ReadFile(filepath.Join(module, "porcupine_test.go"))
	if err != nil {
		return err
	}
	for _, found := range expectation.FindAllStringSubmatch(string(tests), -1) {
		number, _ := strconv.Atoi(found[1])
		name := fmt.Sprintf("etcd_%03d", number)
		source := filepath.Join(module, "test_data", "jepsen", name+".log")
		if err := convertFile(source, filepath.Join(target, name+".jsonl")); err != nil {
			return err
		}
		expected[name+".jsonl"] = found[2] == "true"
	}
	text, err := json.MarshalIndent(expected, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(target, "expected.json"), text, 0o644)
}
