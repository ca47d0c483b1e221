package plugintest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Driver calls a plugin as the controller would, in tests of the plugin's own. It is made by
// Drive. Tests embed it beside the double of their cloud.
type Driver struct {
	// Host is the controller as the plugin sees it.
	Host *Host
	// Stop ends what the plugin does in the background and returns when it has ended, as
	// when the controller stops. It may be called twice.
	Stop func()

	tb     testing.TB
	plugin plugin.Plugin
}

// Call is Apply or Revoke of a plugin.
type Call func(ctx context.Context, profile string, b plugin.Binding) error

// Drive returns the Driver of a plugin that was made with a host. A plugin.Runner runs until
// Stop is called or the test ends.
func Drive(tb testing.TB, p plugin.Plugin, host *Host) *Driver {
	tb.Helper()
	d := &Driver{Host: host, Stop: run(tb.Context(), p), tb: tb, plugin: p}
	tb.Cleanup(d.Stop)
	return d
}

// run starts a plugin that works in the background, and returns how to stop it.
func run(ctx context.Context, p plugin.Plugin) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	if runner, ok := p.(plugin.Runner); ok {
		group.Go(func() { _ = runner.Start(ctx) })
	}
	return func() {
		cancel()
		group.Wait()
	}
}

// longestCall is how long a plugin in a test may keep a Profile waiting.
const longestCall = 10 * time.Second

// Settle makes a call, and makes it again whenever the plugin has news for a Profile that it
// told to wait. It returns the first answer of another kind than plugin.Waiting: nil, or an
// error. An error of the kind plugin.Retry is returned too, where the controller would try
// again, so that a test notices it.
func (d *Driver) Settle(profile string, call Call, b plugin.Binding) error {
	d.tb.Helper()
	ctx, cancel := context.WithTimeout(d.tb.Context(), longestCall)
	defer cancel()
	for {
		err := call(ctx, profile, b)
		if err == nil || plugin.AsError(err).Kind != plugin.Waiting {
			return err
		}
		if ended := d.Host.await(ctx, profile); ended != nil {
			return fmt.Errorf("%w: %w", ended, err)
		}
	}
}

// MustApply settles Apply, and ends the test unless that succeeds.
func (d *Driver) MustApply(profile string, b plugin.Binding) {
	d.tb.Helper()
	if err := d.Settle(profile, d.plugin.Apply, b); err != nil {
		d.tb.Fatalf("apply for %s: %v", profile, err)
	}
}

// MustRevoke settles Revoke, and ends the test unless that succeeds.
func (d *Driver) MustRevoke(profile string, b plugin.Binding) {
	d.tb.Helper()
	if err := d.Settle(profile, d.plugin.Revoke, b); err != nil {
		d.tb.Fatalf("revoke for %s: %v", profile, err)
	}
}

// Together settles a call for many Profiles side by side and returns what each was told in
// the end.
func (d *Driver) Together(profiles []string, call Call, b plugin.Binding) []error {
	d.tb.Helper()
	errs := make([]error, len(profiles))
	var group sync.WaitGroup
	for i, profile := range profiles {
		group.Go(func() { errs[i] = d.Settle(profile, call, b) })
	}
	group.Wait()
	return errs
}

// InLine calls Apply once for each Profile while the Host says that there are more to come,
// and ends the test unless each is told to wait. A plugin that collects requests then has
// all of them before it sends anything.
func (d *Driver) InLine(profiles []string, b plugin.Binding) {
	d.tb.Helper()
	d.Host.SetBacklog(1)
	defer d.Host.SetBacklog(0)
	for _, profile := range profiles {
		if err := d.plugin.Apply(d.tb.Context(), profile, b); err == nil || plugin.AsError(err).Kind != plugin.Waiting {
			d.tb.Fatalf("the first call for %s is answered with %v; want to be told to wait", profile, err)
		}
	}
}

// AwaitNews waits until the plugin calls Host.Again for a Profile, and ends the test when it
// does not.
func (d *Driver) AwaitNews(profile string) {
	d.tb.Helper()
	ctx, cancel := context.WithTimeout(d.tb.Context(), longestCall)
	defer cancel()
	if err := d.Host.await(ctx, profile); err != nil {
		d.tb.Fatal(err)
	}
}

// Profiles are names for so many Profiles: team-00, team-01 and so on.
func Profiles(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("team-%02d", i))
	}
	return names
}
