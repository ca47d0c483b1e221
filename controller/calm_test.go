package controller

import (
	"errors"
	"slices"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

func TestCalmLeavesOutOneLine(t *testing.T) {
	var lines []string
	inner := funcr.New(func(prefix, line string) { lines = append(lines, prefix+": "+line) }, funcr.Options{})
	log := logr.New(calm{inner.GetSink()}).WithName("manager").WithValues("a", 1)
	log.Error(errors.New(leaseGiven), stopLine)
	log.Error(errors.New("boom"), stopLine)
	log.Error(errors.New(leaseGiven), "problem running manager")
	log.Error(nil, stopLine)
	log.Info("stopping")
	want := []string{
		`manager: "msg"="error received after stop sequence was engaged" "error"="boom" "a"=1`,
		`manager: "msg"="problem running manager" "error"="leader election lost" "a"=1`,
		`manager: "msg"="error received after stop sequence was engaged" "error"=null "a"=1`,
		`manager: "level"=0 "msg"="stopping" "a"=1`,
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q", lines)
	}
}
