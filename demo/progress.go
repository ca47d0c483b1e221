package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// progress prints what is going on, a line at a time, with the seconds since it began.
type progress struct {
	out     io.Writer
	paint   paint
	started time.Time

	mu      sync.Mutex
	partial []byte
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, paint: paintFor(out), started: time.Now()}
}

// say prints one line.
func (p *progress) say(format string, arguments ...any) {
	elapsed := fmt.Sprintf("%6.1f s", time.Since(p.started).Seconds())
	fmt.Fprintf(p.out, "%s  %s\n", p.paint.faint(elapsed), fmt.Sprintf(format, arguments...))
}

// Write takes the lines that the control plane prints about itself.
func (p *progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.partial = append(p.partial, text...)
	for {
		line, rest, whole := bytes.Cut(p.partial, []byte("\n"))
		if !whole {
			return len(text), nil
		}
		p.say("control plane: %s", line)
		p.partial = rest
	}
}
