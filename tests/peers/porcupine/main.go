// Judges histories of tests/histories/README.md with Porcupine, as a second opinion on Kelek's own checker.
//
//	porcupine judge [-seconds N] FILE...   prints {"file": ..., "judgement": ...} for each
//	porcupine convert MODULE TARGET        writes the histories of Porcupine's own tests (in MODULE) to TARGET
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

func judge(path string, limit time.Duration) (string, error) {
	history, err := readHistory(path)
	if err != nil {
		return "", err
	}
	switch porcupine.CheckOperationsTimeout(model, history, limit) {
	case porcupine.Ok:
		return "linearizable", nil
	case porcupine.Illegal:
		return "not_linearizable", nil
	}
	return "unknown", nil
}

func judgeAll(arguments []string) error {
	flags := flag.NewFlagSet("judge", flag.ExitOnError)
	seconds := flags.Int("seconds", 60, "give up on a file after so long")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	output := json.NewEncoder(os.Stdout)
	for _, path := range flags.Args() {
		judgement, err := judge(path, time.Duration(*seconds)*time.Second)
		if err != nil {
			return err
		}
		if err := output.Encode(map[string]string{"file": path, "judgement": judgement}); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	err := fmt.Errorf("usage: porcupine judge FILE..., or porcupine convert MODULE TARGET")
	if len(os.Args) > 2 && os.Args[1] == "judge" {
		err = judgeAll(os.Args[2:])
	} else if len(os.Args) == 4 && os.Args[1] == "convert" {
		err = convert(os.Args[2], os.Args[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
