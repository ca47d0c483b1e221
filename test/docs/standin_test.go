package docs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The names under which this test program stands in for others. A shell finds it under each.
var standins = map[string]func([]string) (outcome, error){
	"kubectl": kubectl,
	"aws":     awsCommand,
	"curl":    curl,
	"make":    makeCommand,
}

// outcome is what became of a command.
type outcome struct {
	// How is ran, tried, parsed or listed.
	How string
	// Name is by what the command is listed, and Reason why.
	Name, Reason string
}

var (
	ran = outcome{How: "ran"}
	// tried is what its program took, but could not finish without something that only a reader's
	// cluster has.
	tried = outcome{How: "tried"}
	// parsed is what somebody else read here, and did not run.
	parsed = outcome{How: "parsed"}
)

// entry is a line of the log.
type entry struct {
	Page, Line, Command string
	outcome
}

// standIn does what a program's stand-in does, and returns the exit code.
func standIn(program string, arguments []string) int {
	result, err := result(program, arguments)
	if err == nil {
		err = log(entry{os.Getenv("DOCS_PAGE"), os.Getenv("DOCS_LINE"), program + " " + strings.Join(arguments, " "), result})
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s %s: %v\n", program, strings.Join(arguments, " "), err)
		return 1
	}
	return 0
}

func result(program string, arguments []string) (outcome, error) {
	if name, reason := listedReason(program, arguments); reason != "" {
		// What stands before it in a pipe must not be cut off.
		_, err := io.Copy(io.Discard, os.Stdin)
		return outcome{"listed", name, reason}, errors.Join(err, checkFiles(arguments))
	}
	do := standins[program]
	if do == nil {
		return outcome{}, errors.New("nobody knows this command; run it, or list it in test/docs/listed_test.go with the reason")
	}
	return do(arguments)
}

func isStandIn(program string) bool {
	return standins[program] != nil || slices.Contains(foreign, program)
}

func log(e entry) error {
	file, err := os.OpenFile(os.Getenv("DOCS_LOG"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	return json.NewEncoder(file).Encode(e)
}

// checkFiles reads the documents that arguments such as file://trust.json name.
func checkFiles(arguments []string) error {
	for _, argument := range arguments {
		path, is := strings.CutPrefix(argument, "file://")
		if !is {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := checkPolicy(text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// makeCommand looks for the targets.
func makeCommand(arguments []string) (outcome, error) {
	makefile, err := os.ReadFile(filepath.Join(os.Getenv("DOCS_ROOT"), "Makefile"))
	if err != nil {
		return outcome{}, err
	}
	for _, argument := range arguments {
		name, _, isVariable := strings.Cut(argument, "=")
		known := strings.Contains(string(makefile), "\n"+name+":")
		if isVariable {
			known = strings.Contains(string(makefile), "$("+name+")")
		}
		if !known {
			return outcome{}, fmt.Errorf("the Makefile does not know %s", name)
		}
	}
	return parsed, nil
}
