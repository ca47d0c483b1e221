package main

import (
	"runtime"
	"sync/atomic"

	"k8s.io/klog/v2"
)

// fatalLogs decides what happens when a component gives up with klog.Fatal, which
// ends the whole process.
type fatalLogs struct {
	terminal *terminal
	log      string
	exit     func(code int)
	stopping atomic.Bool
}

// watchFatalLogs makes such an end explain itself on the terminal, which would
// otherwise just fall silent.
func watchFatalLogs(t *terminal, log string) *fatalLogs {
	f := &fatalLogs{terminal: t, log: log, exit: klog.OsExit}
	klog.OsExit = f.giveUp
	return f
}

// giveUp is called by klog on the goroutine that gave up.
//
// The API server gives up when it is stopped before it was ready. By then the stop is
// under way and has more to do, so only this goroutine ends.
func (f *fatalLogs) giveUp(code int) {
	if f.stopping.Load() {
		runtime.Goexit()
	}
	f.terminal.say("error: a component gave up; the end of %s says why", f.log)
	f.exit(code)
}

// tolerate is called when the stop begins.
func (f *fatalLogs) tolerate() {
	f.stopping.Store(true)
}
