package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/gcpiam"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// gcpFigures are what it costs to bind Profiles that arrive together to shared Google service
// accounts.
type gcpFigures struct {
	Profiles int `json:"profiles"`
	Accounts int `json:"accounts"`
	// GetPolicy and SetPolicy are the requests to IAM until the last Profile was ready.
	GetPolicy int `json:"get_policy"`
	SetPolicy int `json:"set_policy"`
	// RestartCalls are the requests to Google, also those for access tokens, of a new
	// controller that finds all bound.
	RestartCalls int `json:"restart_calls"`
	// Seconds is the time from the first create until the last Profile was ready.
	Seconds float64 `json:"seconds"`
}

// writesAtMost is what binding may cost: one write for each account, and one more for
// Profiles that come late.
func (f gcpFigures) writesAtMost() int { return 2 * f.Accounts }

// measureGCP creates Profiles that take turns in naming the Google service accounts.
func measureGCP(ctx context.Context, profiles, accounts int, patience time.Duration, say progress) (f gcpFigures, err error) {
	f = gcpFigures{Profiles: profiles, Accounts: accounts}
	err = onFreshControlPlane(ctx, profiles, patience, say, func(s *stage) (err error) {
		google, emails, err := s.startGoogle(accounts)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.stopControllers(), google.Close()) }()
		if err := s.measureGoogleBinding(ctx, &f, google, emails); err != nil {
			return err
		}
		f.RestartCalls, err = s.requestsAfterRestart(ctx, google)
		return err
	})
	return f, err
}

// startGoogle starts Google IAM with some service accounts, and has controllers find it.
func (s *stage) startGoogle(accounts int) (*gcpiam.Server, []string, error) {
	google, err := gcpiam.Start(gcpiam.Options{})
	if err != nil {
		return nil, nil, err
	}
	var emails []string
	for i := range accounts {
		email := fmt.Sprintf("shared-%02d@research.iam.gserviceaccount.com", i+1)
		emails = append(emails, email)
		if err := google.AddServiceAccount(email, `{}`); err != nil {
			return nil, nil, err
		}
	}
	key := filepath.Join(s.plane.Folder, "google-key.json")
	if err := os.WriteFile(key, google.Key().JSON(), 0o600); err != nil {
		return nil, nil, err
	}
	s.controllerOptions = playground.ControllerOptions{Flags: []string{"-gcp-iam-endpoint=" + google.URL()},
		Environment: []string{"GOOGLE_APPLICATION_CREDENTIALS=" + key}}
	return google, emails, nil
}

// measureGoogleBinding counts what it costs to bind all Profiles.
func (s *stage) measureGoogleBinding(ctx context.Context, f *gcpFigures, google *gcpiam.Server, emails []string) (err error) {
	s.say("the controller gets %d Profiles on %d Google service accounts", f.Profiles, f.Accounts)
	f.Seconds, err = s.bindAll(ctx, func(i int) profilev1.Plugin {
		return profilev1.Plugin{Kind: "WorkloadIdentity",
			Spec: &runtime.RawExtension{Raw: fmt.Appendf(nil, `{"gcpServiceAccount":%q}`, emails[i%len(emails)])}}
	})
	f.GetPolicy, f.SetPolicy = google.Requests()["getIamPolicy"], google.Requests()["setIamPolicy"]
	s.say("all are bound after %.2f s: %v", f.Seconds, google.Requests())
	return err
}

// bindAll creates all Profiles at once, each with a plugin, and returns how long it takes
// until the last is ready, in seconds. The controller that did it has come to rest and is
// stopped then.
func (s *stage) bindAll(ctx context.Context, pluginOf func(i int) profilev1.Plugin) (float64, error) {
	controller, err := s.startController(ctx)
	if err != nil {
		return 0, err
	}
	ready, err := watchFor(ctx, s.client, &profilev1.ProfileList{}, s.names, isReady)
	if err != nil {
		return 0, err
	}
	plugins := map[string]profilev1.Plugin{}
	for i, name := range s.names {
		plugins[name] = pluginOf(i)
	}
	began := time.Now()
	err = forEach(ctx, s.names, func(ctx context.Context, name string) error {
		p := newProfile(name)
		p.Spec.Plugins = []profilev1.Plugin{plugins[name]}
		return s.client.Create(ctx, p)
	})
	if err != nil {
		return 0, err
	}
	last := <-ready
	if last.err != nil {
		return 0, last.err
	}
	if err := s.settle(ctx, controller.PID()); err != nil {
		return 0, err
	}
	return last.at.Sub(began).Seconds(), controller.Stop()
}

// countedCloud is a double that counts the requests that it gets, by their names.
type countedCloud interface {
	ResetRequests()
	Requests() map[string]int
}

// requestsAfterRestart counts what a new controller asks of a cloud when it finds all
// Profiles bound.
func (s *stage) requestsAfterRestart(ctx context.Context, cloud countedCloud) (int, error) {
	cloud.ResetRequests()
	controller, err := s.startController(ctx)
	if err != nil {
		return 0, err
	}
	if err := waitUntilAllSeen(ctx, controller, len(s.names)); err != nil {
		return 0, err
	}
	if err := s.settle(ctx, controller.PID()); err != nil {
		return 0, err
	}
	requests := 0
	for _, n := range cloud.Requests() {
		requests += n
	}
	return requests, nil
}

func (f gcpFigures) print(output io.Writer) error {
	table := tabwriter.NewWriter(output, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "\nGoogle Cloud\taim\t%d Profiles on %d service accounts\n", f.Profiles, f.Accounts)
	fmt.Fprintf(table, "first create to last Ready, s\t\t%.2f\n", f.Seconds)
	fmt.Fprintf(table, "IAM: getIamPolicy\t\t%d\n", f.GetPolicy)
	fmt.Fprintf(table, "IAM: setIamPolicy\t<= %d\t%d\n", f.writesAtMost(), f.SetPolicy)
	fmt.Fprintf(table, "requests to Google after a restart\t0\t%d\n", f.RestartCalls)
	return table.Flush()
}

// parseGCP reads how many Profiles on how many service accounts, such as 1000/10. Zero means
// none.
func parseGCP(text string) (profiles, accounts int, err error) {
	if text == "0" {
		return 0, 0, nil
	}
	if n, err := fmt.Sscanf(text, "%d/%d", &profiles, &accounts); n != 2 || err != nil || profiles < 1 || accounts < 1 {
		return 0, 0, fmt.Errorf("-gcp is %q; it must be Profiles/service accounts, such as 1000/10, or 0 for none", text)
	}
	return profiles, accounts, nil
}

func benchGCP(ctx context.Context, o options, output io.Writer, say progress) error {
	f, err := measureGCP(ctx, o.gcpProfiles, o.gcpAccounts, o.patience, say)
	if err != nil {
		return fmt.Errorf("measure with Google service accounts: %w", err)
	}
	if err := f.print(output); err != nil || o.jsonFile == "" {
		return err
	}
	return writeJSON(o.jsonFile, gcpSection, f)
}
