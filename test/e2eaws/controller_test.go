//go:build e2eaws

package e2eaws

import "github.com/kfprofiles/kfprofiles/test/playground"

// running is the controller, once a test has started it.
var running *playground.Controller
