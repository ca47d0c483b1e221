package gcpworkloadidentity

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/internal/plugin/ration"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Kind is the name of the plugin in Profiles.
const Kind = "WorkloadIdentity"

// Options are what the plugin needs.
type Options struct {
	// IAM is the client, usually from NewIAM.
	IAM IAM
	// Host is the controller.
	Host plugin.Host
	// Log gets what is worth knowing and belongs to no Profile's status.
	Log logr.Logger
	// Observe is told of each request to IAM: its operation, and ok or what went wrong. May
	// be nil.
	Observe func(operation, result string)
	// DefaultServiceAccount is the e-mail address of a Google service account for Profiles that
	// name none, with {profile} in the place of the Profile's name. Empty means no default.
	DefaultServiceAccount string
	// IdentityNamespace is the project of the workload identity pool that the cluster belongs
	// to, for Profiles that do not say. Empty means the project of the controller's own
	// credentials, or where they have none that of the Google service account.
	IdentityNamespace string
	// RequestsPerSecond bounds the requests to IAM; 0 means DefaultRequestsPerSecond.
	RequestsPerSecond float64
	// Timing is how long things are waited for and believed; the zero value means
	// DefaultTiming.
	Timing edits.Timing
}

// DefaultRequestsPerSecond leaves most of what Google allows a project to others: 600 writes
// and 6,000 reads a minute (Google Cloud, IAM, "Quotas and limits").
const DefaultRequestsPerSecond = 5

// DefaultTiming is what a controller uses.
func DefaultTiming() edits.Timing {
	timing := edits.DefaultTiming()
	timing.Settle, timing.Hold, timing.Reread = 10*time.Second, 10*time.Second, 500*time.Millisecond
	return timing
}

// Plugin is the identity plugin WorkloadIdentity.
type Plugin struct {
	iam               IAM
	defaultAccount    string
	identityNamespace string
	queue             *edits.Queue[state, wish]
	// project is that of the controller's own credentials, once it was found out.
	project atomic.Pointer[string]
}

// New returns the plugin. It works once Start was called.
func New(o Options) (*Plugin, error) {
	if err := CheckDefaultServiceAccount(o.DefaultServiceAccount); err != nil {
		return nil, err
	}
	if err := CheckIdentityNamespace(o.IdentityNamespace); err != nil {
		return nil, err
	}
	if o.RequestsPerSecond == 0 {
		o.RequestsPerSecond = DefaultRequestsPerSecond
	}
	if o.Timing == (edits.Timing{}) {
		o.Timing = DefaultTiming()
	}
	if o.Observe == nil {
		o.Observe = func(string, string) {}
	}
	google := &cloud{iam: o.IAM, observe: o.Observe, missing: missingPools{believed: o.Timing.Failure}}
	return &Plugin{iam: o.IAM, defaultAccount: o.DefaultServiceAccount, identityNamespace: strings.TrimSuffix(o.IdentityNamespace, poolSuffix),
		queue: edits.New[state, wish](google, edits.Options{Name: "gcp-service-accounts", Host: o.Host, Log: o.Log,
			Budget: ration.NewBudget(o.RequestsPerSecond), Timing: o.Timing})}, nil
}

const profilePlaceholder = "{profile}"

// CheckDefaultServiceAccount tells what is wrong with the template of a default account.
// Empty is right.
func CheckDefaultServiceAccount(template string) error {
	if template == "" {
		return nil
	}
	if _, err := parseAccount("account", strings.ReplaceAll(template, profilePlaceholder, "x")); err != nil {
		return fmt.Errorf("%q is not the e-mail address of a Google service account, such as name@project.iam.gserviceaccount.com; %s stands for the name of the Profile", template, profilePlaceholder)
	}
	return nil
}

// CheckIdentityNamespace tells what is wrong with the project of a workload identity pool.
// Empty is right.
func CheckIdentityNamespace(project string) error {
	if project == "" {
		return nil
	}
	if _, err := parsePool("project", project); err != nil {
		return fmt.Errorf("%q is not the ID of a project, such as my-project, whose workload identity pool is my-project%s", project, poolSuffix)
	}
	return nil
}

// Kind returns WorkloadIdentity.
func (p *Plugin) Kind() string { return Kind }

// Start edits policies until the context ends.
func (p *Plugin) Start(ctx context.Context) error {
	p.queue.Run(ctx)
	return nil
}

// Default returns a spec with the default account, or nil when there is none.
func (p *Plugin) Default(profile string) []byte {
	if p.defaultAccount == "" {
		return nil
	}
	return fmt.Appendf(nil, `{"gcpServiceAccount":%q}`, strings.ReplaceAll(p.defaultAccount, profilePlaceholder, profile))
}

// Plan reads a Spec.
func (p *Plugin) Plan(ctx context.Context, _ string, spec []byte) ([]plugin.Binding, error) {
	s, a, err := readSpec(spec)
	if err != nil {
		return nil, err
	}
	if s.AnnotateOnly {
		return bindings(s, "")
	}
	poolProject, err := p.poolProject(ctx, s, a)
	if err != nil {
		return nil, err
	}
	return bindings(s, poolProject)
}

// poolProject is the project of the workload identity pool whose members are meant.
func (p *Plugin) poolProject(ctx context.Context, s Spec, a account) (string, error) {
	for _, said := range []string{s.IdentityNamespace, p.identityNamespace} {
		if said != "" {
			return said, nil
		}
	}
	own, err := p.ownProject(ctx)
	switch {
	case err != nil:
		return "", err
	case own != "":
		return own, nil
	case a.project != "":
		return a.project, nil
	}
	return "", plugin.InvalidSpec("identityNamespace",
		"is required: neither the controller's credentials nor the address %s tell the project of the cluster's workload identity pool", a.email)
}

// ownProject is the project of the controller's own credentials, which may be none. It is
// asked for until there is an answer, which stays: credentials do not change their project.
// Nobody waits for another one's question, since whoever is asked may be slow.
func (p *Plugin) ownProject(ctx context.Context) (string, error) {
	if known := p.project.Load(); known != nil {
		return *known, nil
	}
	project, err := p.iam.Project(ctx)
	if why := explainCredentials(err); why != nil {
		return "", why
	}
	if err != nil {
		return "", fmt.Errorf("find out the project of the controller's Google credentials: %w", err)
	}
	p.project.Store(&project)
	return project, nil
}

// Probe looks whether the account's policy can be read, and has room.
func (p *Plugin) Probe(_ context.Context, profile string, b plugin.Binding) error {
	g, external, err := grantOf(profile, b)
	if err != nil || !external {
		return err
	}
	return p.queue.Probe(g.account.email, wish{grant: g, present: true, profile: profile})
}

// Apply gives the account the role on the Google service account.
func (p *Plugin) Apply(_ context.Context, profile string, b plugin.Binding) error {
	return p.ask(profile, b, true)
}

// Revoke takes the role back.
func (p *Plugin) Revoke(_ context.Context, profile string, b plugin.Binding) error {
	return p.ask(profile, b, false)
}

func (p *Plugin) ask(profile string, b plugin.Binding, present bool) error {
	g, external, err := grantOf(profile, b)
	if err != nil || !external {
		return err
	}
	return p.queue.Ask(g.account.email, wish{grant: g, profile: profile, present: present})
}

// Check looks at the policy from time to time and puts the account back if it is missing.
func (p *Plugin) Check(_ context.Context, profile string, b plugin.Binding) (time.Duration, error) {
	g, external, err := grantOf(profile, b)
	if err != nil || !external {
		return 0, err
	}
	return p.queue.Look(g.account.email, wish{grant: g, profile: profile, present: true})
}

// Verified is when the account was last seen in the policy.
func (p *Plugin) Verified(profile string, b plugin.Binding) time.Time {
	g, external, err := grantOf(profile, b)
	if err != nil || !external {
		return time.Time{}
	}
	return p.queue.Seen(g.account.email, wish{grant: g, present: true, profile: profile})
}
