package awsirsa

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-logr/logr"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/internal/plugin/edits"
	"github.com/kfprofiles/kfprofiles/internal/plugin/ration"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Kind is the name of the plugin in Profiles.
const Kind = "AwsIamForServiceAccount"

// Options are what the plugin needs.
type Options struct {
	// IAM is the client, usually from NewIAM.
	IAM IAM
	// Issuer returns the URL of the issuer of the cluster's service account tokens.
	Issuer func(context.Context) (string, error)
	// Host is the controller.
	Host plugin.Host
	// Log gets what is worth knowing and belongs to no Profile's status.
	Log logr.Logger
	// Observe is told of each request to IAM: its operation, and ok or an error code. May
	// be nil.
	Observe func(operation, result string)
	// TrustPolicyLimit is the account's quota for the length of trust policies, in
	// characters; 0 means trustpolicy.DefaultSizeLimit.
	TrustPolicyLimit int
	// RequestsPerSecond bounds the requests to IAM; 0 means DefaultRequestsPerSecond.
	RequestsPerSecond float64
	// RequireRoleTag lets only roles be opened that have the tag TagKey with the name of
	// the Profile or '*'. Without it whoever may write a Profile can have any role that
	// the controller may edit.
	RequireRoleTag bool
	// DefaultRole is the ARN of a role for Profiles that name none, with {profile} in the
	// place of the Profile's name. Empty means no default.
	DefaultRole string
	// Timing is how long things are waited for and believed; the zero value means
	// DefaultTiming.
	Timing edits.Timing
}

// DefaultRequestsPerSecond leaves most of what IAM is thought to allow an account to
// others.
const DefaultRequestsPerSecond = 5

// Plugin is the identity plugin AwsIamForServiceAccount.
type Plugin struct {
	issuer      func(context.Context) (string, error)
	defaultRole string
	queue       *edits.Queue[reading, wish]
}

// New returns the plugin. It works once Start was called.
func New(o Options) (*Plugin, error) {
	if err := CheckDefaultRole(o.DefaultRole); err != nil {
		return nil, err
	}
	if o.TrustPolicyLimit == 0 {
		o.TrustPolicyLimit = trustpolicy.DefaultSizeLimit
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
	iam := roles{client: o.IAM, limit: o.TrustPolicyLimit, requireTag: o.RequireRoleTag, observe: o.Observe}
	return &Plugin{issuer: o.Issuer, defaultRole: o.DefaultRole, queue: edits.New(iam, edits.Options{
		Name: "aws-roles", Host: o.Host, Log: o.Log, Budget: ration.NewBudget(o.RequestsPerSecond), Timing: o.Timing})}, nil
}

const profilePlaceholder = "{profile}"

// CheckDefaultRole tells what is wrong with the template of a default role.
func CheckDefaultRole(template string) error {
	if template == "" {
		return nil
	}
	if _, err := parseRoleARN("role", strings.ReplaceAll(template, profilePlaceholder, "x")); err != nil {
		return fmt.Errorf("%q is not the ARN of a role; %s stands for the name of the Profile", template, profilePlaceholder)
	}
	return nil
}

// Kind returns AwsIamForServiceAccount.
func (p *Plugin) Kind() string { return Kind }

// Start edits trust policies until the context ends.
func (p *Plugin) Start(ctx context.Context) error {
	p.queue.Run(ctx)
	return nil
}

// Default returns a spec with the default role, or nil when there is none.
func (p *Plugin) Default(profile string) []byte {
	if p.defaultRole == "" {
		return nil
	}
	return fmt.Appendf(nil, `{"awsIamRole":%q}`, strings.ReplaceAll(p.defaultRole, profilePlaceholder, profile))
}

// Plan reads a Spec.
func (p *Plugin) Plan(ctx context.Context, _ string, spec []byte) ([]plugin.Binding, error) {
	s, role, err := readSpec(spec)
	if err != nil {
		return nil, err
	}
	if s.AnnotateOnly {
		return bindings(s, "")
	}
	issuer, err := p.issuer(ctx)
	if err != nil {
		return nil, fmt.Errorf("find out who issues the cluster's tokens: %w", err)
	}
	if _, err := trustpolicy.NewProvider(role.partition, role.account, issuer); err != nil {
		return nil, &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonIdentityRejected, Message: fmt.Sprintf(
			"AWS cannot trust tokens of this cluster's issuer %q: it must be an https URL. Start the controller with -service-account-issuer, or set annotateOnly: true.", issuer), Cause: err}
	}
	return bindings(s, issuer)
}

// Probe looks whether the role's trust policy can be read, and has room.
func (p *Plugin) Probe(_ context.Context, profile string, b plugin.Binding) error {
	g, external, err := grantOf(profile, b)
	if err != nil || !external {
		return err
	}
	return p.queue.Probe(b.Identity, wish{grant: g, present: true, profile: profile})
}

// Apply puts the account into the role's trust policy.
func (p *Plugin) Apply(_ context.Context, profile string, b plugin.Binding) error {
	return p.ask(profile, b, true)
}

// Check looks at the role from time to time and puts the account back if it is missing.
func (p *Plugin) Check(_ context.Context, profile string, b plugin.Binding) (time.Duration, error) {
	g, external, err := grantOf(profile, b)
	if err != nil || !external {
		return 0, err
	}
	return p.queue.Look(b.Identity, wish{grant: g, present: true, profile: profile})
}

// Verified is when the account was last seen in the role's trust policy.
func (p *Plugin) Verified(profile string, b plugin.Binding) time.Time {
	g, external, err := grantOf(profile, b)
	if err != nil || !external {
		return time.Time{}
	}
	return p.queue.Seen(b.Identity, wish{grant: g, present: true, profile: profile})
}

// Revoke takes the account out of the role's trust policy.
func (p *Plugin) Revoke(_ context.Context, profile string, b plugin.Binding) error {
	return p.ask(profile, b, false)
}

func (p *Plugin) ask(profile string, b plugin.Binding, present bool) error {
	g, external, err := grantOf(profile, b)
	if err != nil || !external {
		return err
	}
	return p.queue.Ask(b.Identity, wish{grant: g, present: present, profile: profile})
}
