// Command bench measures how fast the controller turns Profiles into rooms, and what
// that costs, on a real control plane. The yardstick is a bare client that creates the
// same objects with the same concurrency. Run it with make bench; docs/performance.md
// tells what the figures mean.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// options are the command line.
type options struct {
	// sizes are the numbers of Profiles to measure with, one after the other.
	sizes []int
	// runs is how often each of them is measured.
	runs int
	// idle is how long an idle controller is watched.
	idle time.Duration
	// patience is how long to wait for a quiet machine before each measurement of time.
	patience time.Duration
	// jsonFile gets the figures when it is not empty.
	jsonFile string
	// awsProfiles on awsRoles are bound to AWS roles; 0 means none.
	awsProfiles, awsRoles int
	// gcpProfiles on gcpAccounts are bound to Google service accounts; 0 means none.
	gcpProfiles, gcpAccounts int
	// kfamProfiles with kfamBindings each are asked for at the access API; 0 means none.
	kfamProfiles, kfamBindings int
	// compareApply asks for the comparison of create with apply instead.
	compareApply bool
}

func main() {
	if err := bench(); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench() error {
	if len(os.Args) == 3 && os.Args[1] == bareServerCommand {
		return serveBare(os.Args[2], os.Stdin, os.Stdout)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctrl.SetLogger(logr.Discard())
	o, err := parseOptions(os.Args[1:], os.Stderr)
	if err != nil {
		return err
	}
	return run(ctx, o, os.Stdout, newProgress(os.Stderr))
}

func parseOptions(arguments []string, output io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(output)
	sizes := flags.String("n", "200 1000", "How many Profiles; several numbers are measured one after the other.")
	flags.IntVar(&o.runs, "runs", 1, "How often to measure each; the table then shows the median and, in brackets, the extremes.")
	flags.DurationVar(&o.idle, "idle", 30*time.Second, "How long to watch an idle controller.")
	flags.DurationVar(&o.patience, "patience", time.Minute, "How long to wait, before time is measured, until other programs leave the machine alone.")
	flags.StringVar(&o.jsonFile, "json", "", "File that also gets the figures, under the keys controller, aws, gcp and kfam.")
	aws := flags.String("aws", "1000/40", "How many Profiles to bind to how many AWS roles; 0 to leave that out.")
	gcp := flags.String("gcp", "1000/10", "How many Profiles to bind to how many Google service accounts; 0 to leave that out.")
	kfam := flags.String("kfam", "1000/5", "How many Profiles with how many bindings each to ask the access API about; 0 to leave that out.")
	flags.BoolVar(&o.compareApply, "compare-apply", false, "Compare creating the objects of 1,000 Profiles with applying them, and do nothing else.")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	for field := range strings.FieldsSeq(*sizes) {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 {
			return o, fmt.Errorf("-n has %q; it must be numbers of Profiles, such as \"200 1000\"", field)
		}
		o.sizes = append(o.sizes, n)
	}
	var err error
	if o.awsProfiles, o.awsRoles, err = parseAWS(*aws); err != nil {
		return o, err
	}
	if o.gcpProfiles, o.gcpAccounts, err = parseGCP(*gcp); err != nil {
		return o, err
	}
	if o.kfamProfiles, o.kfamBindings, err = parseKFAM(*kfam); err != nil {
		return o, err
	}
	switch {
	case len(o.sizes) == 0 && o.awsProfiles == 0 && o.gcpProfiles == 0 && o.kfamProfiles == 0:
		return o, errors.New("nothing to measure: -n must be numbers of Profiles, such as \"200 1000\", or -aws, -gcp or -kfam more than 0")
	case o.runs < 1:
		return o, errors.New("-runs must be at least 1")
	case o.idle < time.Second:
		return o, errors.New("-idle must be at least 1s")
	}
	return o, nil
}

func run(ctx context.Context, o options, output io.Writer, say progress) error {
	say("building the controller")
	if _, err := playground.Build(ctx, playground.ControllerProgram); err != nil {
		return err
	}
	if o.compareApply {
		return compareApply(ctx, o, output, say)
	}
	columns, err := measureAll(ctx, o, say)
	if err != nil {
		return err
	}
	if len(columns) > 0 {
		err = printTable(output, columns)
	}
	if err != nil {
		return err
	}
	warnOfDisturbance(columns, say)
	if o.jsonFile != "" && len(columns) > 0 {
		if err := writeJSON(o.jsonFile, controllerSection, mediansOf(columns)); err != nil {
			return err
		}
	}
	if o.awsProfiles > 0 {
		if err := benchAWS(ctx, o, output, say); err != nil {
			return err
		}
	}
	if o.gcpProfiles > 0 {
		if err := benchGCP(ctx, o, output, say); err != nil {
			return err
		}
	}
	if o.kfamProfiles > 0 {
		return benchKFAM(ctx, o, output, say)
	}
	return nil
}

func benchAWS(ctx context.Context, o options, output io.Writer, say progress) error {
	f, err := measureAWS(ctx, o.awsProfiles, o.awsRoles, o.patience, say)
	if err != nil {
		return fmt.Errorf("measure with AWS roles: %w", err)
	}
	if err := f.print(output); err != nil || o.jsonFile == "" {
		return err
	}
	return writeJSON(o.jsonFile, awsSection, f)
}

func benchKFAM(ctx context.Context, o options, output io.Writer, say progress) error {
	f, err := measureKFAM(ctx, o.kfamProfiles, o.kfamBindings, o.patience, say)
	if err != nil {
		return fmt.Errorf("measure the access API: %w", err)
	}
	if err := f.print(output); err != nil || o.jsonFile == "" {
		return err
	}
	return writeJSON(o.jsonFile, kfamSection, f)
}

// measureAll measures each size as often as asked. The bare client and the controller
// take turns, so that a machine that gets slower or faster does it to both.
func measureAll(ctx context.Context, o options, say progress) ([]column, error) {
	var columns []column
	for _, n := range o.sizes {
		c := column{n: n}
		for i := range o.runs {
			say("N=%d, run %d of %d", n, i+1, o.runs)
			f, err := measureOnce(ctx, n, o, say)
			if err != nil {
				return nil, fmt.Errorf("measure with %d Profiles: %w", n, err)
			}
			c.runs = append(c.runs, f)
		}
		columns = append(columns, c)
	}
	return columns, nil
}

// measureOnce measures the bare client and then the controller, each on a control plane
// of its own that has seen nothing before.
func measureOnce(ctx context.Context, n int, o options, say progress) (figures, error) {
	f := figures{N: n}
	var made, wanted []string
	err := onFreshControlPlane(ctx, n, o.patience, say, func(s *stage) error {
		var err error
		if err = s.measureBare(ctx, &f); err == nil {
			wanted, err = s.inventory(ctx)
		}
		return err
	})
	if err != nil {
		return f, err
	}
	err = onFreshControlPlane(ctx, n, o.patience, say, func(s *stage) error {
		var err error
		made, err = s.measureController(ctx, &f, o.idle)
		return err
	})
	if err != nil {
		return f, err
	}
	f.Ratio = f.Controller / f.Bare
	return f, sameInventory(wanted, made)
}

// progress prints a line about what is going on.
type progress func(format string, args ...any)

func newProgress(output io.Writer) progress {
	start := time.Now()
	return func(format string, args ...any) {
		fmt.Fprintf(output, "%6.1fs  %s\n", time.Since(start).Seconds(), fmt.Sprintf(format, args...))
	}
}
