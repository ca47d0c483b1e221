package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// shownLogLines is how much of the controller's log is shown when something went wrong.
const shownLogLines = 15

// keepLogs saves the logs of a playground whose folder is about to be removed. When
// reality differs from a claim the table says more than a log; after any other failure
// the end of the controller's log is shown as well.
func keepLogs(folder string, failure error, p *progress) {
	kept, err := logFolder()
	if err != nil {
		p.say("the logs could not be kept: %v", err)
		return
	}
	for _, pattern := range []string{"control-plane.log", "controller-*/controller.log"} {
		// The pattern is well formed, which is all that Glob can complain about.
		logs, _ := filepath.Glob(filepath.Join(folder, pattern))
		for _, log := range logs {
			if err := keepLog(log, kept, p); err != nil {
				p.say("a log could not be kept: %v", err)
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(kept, "controller.log"))
	if err == nil && !errors.Is(failure, errClaimsFailed) {
		fmt.Fprintf(p.out, "\nThe controller's log ends with:\n%s\n\n", lastLines(text, shownLogLines))
	}
}

// logFolder is empty: the logs that were kept last time are not kept any longer.
func logFolder() (string, error) {
	root, err := playground.Root()
	if err != nil {
		return "", err
	}
	kept := filepath.Join(root, ".cache", "logs")
	return kept, errors.Join(os.RemoveAll(kept), os.MkdirAll(kept, 0o700))
}

func keepLog(log, folder string, p *progress) error {
	text, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	kept := filepath.Join(folder, filepath.Base(log))
	if err := os.WriteFile(kept, text, 0o600); err != nil {
		return err
	}
	p.say("a log is kept in %s", kept)
	return nil
}

func lastLines(text []byte, n int) []byte {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-n):], []byte("\n"))
}
