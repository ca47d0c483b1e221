// Package cli is kubectl profile: one file a verb. A verb reads what it needs, decides with
// pure functions what to print or to change, and then acts, so that its output can be tested
// to the letter. What differs between a person's terminal, a script and a test, the streams,
// the clock and the cluster, is in Environment.
package cli
