package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
)

// defaultIssuer is what an API server of a plain cluster calls itself in the
// tokens it signs.
const defaultIssuer = "https://kubernetes.default.svc.cluster.local"

// errHelpShown says that the user asked for help and has been given it.
var errHelpShown = errors.New("help was shown")

// settings is the command line.
type settings struct {
	// dir is the state folder. Empty means a private temporary folder that is
	// removed after a clean stop.
	dir string
	// stopWithParent ends the control plane when standard input ends.
	stopWithParent bool
	// auditLog writes every request to audit.log in the state folder.
	auditLog bool
	// serviceAccountIssuer is the issuer of service account tokens.
	serviceAccountIssuer string
}

// parseSettings reads the command line. What is wrong with it is explained on
// output before the error is returned.
func parseSettings(args []string, output io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("playground", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&s.dir, "dir", "",
		"folder for all state; kept, so that a later start continues with the same data (default: a temporary folder, removed at the end)")
	flags.BoolVar(&s.stopWithParent, "stop-with-parent", false,
		"also stop when standard input ends, which it does when the process that holds its other end dies")
	flags.BoolVar(&s.auditLog, "audit-log", false,
		"write every request to audit.log in the state folder, as JSON lines at Metadata level")
	flags.StringVar(&s.serviceAccountIssuer, "service-account-issuer", defaultIssuer,
		"issuer `URL` of service account tokens")

	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return settings{}, errHelpShown
		}
		return settings{}, err
	}
	if err := s.validate(flags.Args()); err != nil {
		fmt.Fprintln(output, "playground:", err)
		return settings{}, err
	}
	return s, nil
}

// validate refuses what the flag package lets through but would fail later, far
// from its cause.
func (s settings) validate(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("there is no argument %q; see playground --help for the flags", rest[0])
	}
	issuer, err := url.Parse(s.serviceAccountIssuer)
	if err != nil || issuer.Scheme != "https" || issuer.Host == "" {
		return fmt.Errorf("--service-account-issuer must be an https URL, not %q", s.serviceAccountIssuer)
	}
	return nil
}
