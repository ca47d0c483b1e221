package cli

import (
	"github.com/spf13/pflag"
)

// dryRun is the flag --dry-run, with kubectl's values.
type dryRun string

func (d *dryRun) add(flags *pflag.FlagSet) {
	*d = "none"
	flags.Var(d, "dry-run", "none, client (only say what would be done) or server (the API server checks it and stores nothing).")
}

// Set reads a value of the flag.
func (d *dryRun) Set(text string) error {
	switch text {
	case "none", "client", "server":
		*d = dryRun(text)
		return nil
	default:
		return misused("it must be none, client or server")
	}
}

// String returns the value.
func (d *dryRun) String() string { return string(*d) }

// Type is what the usage shows.
func (d *dryRun) Type() string { return "string" }

func (d dryRun) local() bool  { return d == "client" }
func (d dryRun) server() bool { return d == "server" }

// said says what was done, or would have been.
func (d dryRun) said(done string) string {
	switch {
	case d.local():
		return done + " (dry run)"
	case d.server():
		return done + " (server dry run)"
	default:
		return done
	}
}
