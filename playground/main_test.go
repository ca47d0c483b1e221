package main

import (
	"os"
	"testing"
)

// asPlayground makes the test binary be the playground. Kubernetes keeps state in
// global variables, so a control plane runs once in a process, and a test that wants
// to restart one runs it in processes of its own.
const asPlayground = "PLAYGROUND_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asPlayground) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}
