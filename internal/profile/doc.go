// Package profile is the controller: it makes of each Profile a room, and keeps it.
//
// One reconcile gathers what there is, judges whether the namespace may be touched,
// applies what differs, and reports once at the end. Each step has a file of its own
// and a condition of its own; a step that fails neither hides nor stops the others.
package profile
