package playground

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	// readyPatience is how long a program may take until it is ready.
	readyPatience = 60 * time.Second
	// stopPatience is how long it may take to stop in good order.
	stopPatience = 20 * time.Second
)

var errEarlyEnd = errors.New("it ended before it was ready")

func isEarlyEnd(err error) bool { return errors.Is(err, errEarlyEnd) }

// waitReady waits until the program's own readiness probe, below a base address, says yes.
func (p *process) waitReady(ctx context.Context, base, log string) error {
	name := filepath.Base(p.command.Path)
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	for {
		if response, err := http.Get(base + "/readyz"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w; its log is %s", name, ctx.Err(), log)
		case <-p.ended:
			tail, _ := os.ReadFile(log)
			return fmt.Errorf("%s: %w; its log ends with:\n%s", name, errEarlyEnd, lastLines(tail, 10))
		}
	}
}
