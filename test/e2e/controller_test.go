package e2e

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// runningController is the controller that tests share as long as they want the same
// flags. Only one can lead, so one with other flags replaces it.
type runningController struct {
	controller *playground.Controller
	options    playground.ControllerOptions
}

var running runningController

// stop ends the shared controller, if there is one, and returns an error unless it
// ended in good order: every stop in this package is also a test of that.
func (r *runningController) stop() error {
	if r.controller == nil {
		return nil
	}
	ended := r.controller
	r.controller = nil
	if err := ended.Stop(); err != nil {
		return fmt.Errorf("the controller did not stop in good order: %w; its log ends with:\n%s", err, logAfter(ended, 0))
	}
	return nil
}

// kill ends the shared controller as a lost machine would.
func (r *runningController) kill() {
	r.controller.Kill()
	r.controller = nil
}

// serves tells whether the shared controller lives and has these options.
func (r *runningController) serves(o playground.ControllerOptions) bool {
	return r.controller != nil && slices.Equal(r.options.Flags, o.Flags) && slices.Equal(r.options.Environment, o.Environment) && r.options.LabelsFile == o.LabelsFile &&
		syscall.Kill(r.controller.PID(), 0) == nil
}

// longestLog is how much of a controller's log a failing test prints.
const longestLog = 12000

// logAfter returns what the controller logged behind the first skip bytes, or the last
// part of it when it is long.
func logAfter(c *playground.Controller, skip int) []byte {
	log := wholeLog(c)
	log = log[min(skip, len(log)):]
	return bytes.TrimSpace(log[max(0, len(log)-longestLog):])
}

func wholeLog(c *playground.Controller) []byte {
	log, err := os.ReadFile(c.LogPath)
	if err != nil {
		return []byte(err.Error())
	}
	return log
}
