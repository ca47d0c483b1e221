package azureworkloadidentity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/ration"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Kind is the name of the plugin in Profiles.
const Kind = "AzureWorkloadIdentity"

// Options are what the plugin needs.
type Options struct {
	// API is the client, usually from NewClient.
	API ManagedIdentities
	// Issuer returns the URL of the issuer of the cluster's service account tokens.
	Issuer func(context.Context) (string, error)
	// Host is the controller.
	Host plugin.Host
	// Log gets what is worth knowing and belongs to no Profile's status.
	Log logr.Logger
	// Observe is told of each request to Azure: its operation, and ok or an error code. May
	// be nil.
	Observe func(operation, result string)
	// Audience is that of the tokens that the webhook mounts into pods; empty means
	// DefaultAudience.
	Audience string
	// CredentialLimit is how many federated identity credentials Azure allows an identity;
	// 0 means DefaultCredentialLimit.
	CredentialLimit int
	// RequestsPerSecond bounds the requests to Azure; 0 means DefaultRequestsPerSecond.
	RequestsPerSecond float64
	// RequireIdentityTag lets only identities be used that have the tag TagName with the
	// name of the Profile or '*'. Without it whoever may write a Profile can have any
	// identity that the controller may edit.
	RequireIdentityTag bool
	// Timing is how long things are waited for and believed; the zero value means
	// DefaultTiming.
	Timing Timing
}

// What Microsoft's page "Important considerations and restrictions for federated identity
// credentials" says: 20 credentials in an identity, and throttling from 2 writes a second in
// a subscription on.
const (
	DefaultCredentialLimit   = 20
	DefaultRequestsPerSecond = 2
)

// CheckAudience tells what is wrong with the audience of tokens.
func CheckAudience(audience string) error {
	if strings.TrimSpace(audience) != audience || strings.ContainsAny(audience, "*\n") {
		return fmt.Errorf("%q is not the audience of a token, such as %s", audience, DefaultAudience)
	}
	return nil
}

// Plugin is the identity plugin AzureWorkloadIdentity.
type Plugin struct {
	issuer   func(context.Context) (string, error)
	audience string
	editor   *editor
}

// New returns the plugin. It works once Start was called.
func New(o Options) (*Plugin, error) {
	if err := CheckAudience(o.Audience); err != nil {
		return nil, err
	}
	if o.API == nil || o.Issuer == nil || o.Host == nil {
		return nil, errors.New("the plugin needs a client of Azure, an issuer and a host")
	}
	o = o.withDefaults()
	return &Plugin{issuer: o.Issuer, audience: o.Audience, editor: &editor{
		api: o.API, budget: ration.NewBudget(o.RequestsPerSecond), timing: o.Timing,
		rules: rules{limit: o.CredentialLimit, requireTag: o.RequireIdentityTag},
		host:  o.Host, log: o.Log, observe: o.Observe, started: time.Now(), identities: map[ResourceID]*memory{},
		queue:   workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[ResourceID]{Name: "azure-identities"}),
		backoff: workqueue.NewTypedItemExponentialFailureRateLimiter[ResourceID](o.Timing.Backoff, o.Timing.LongestBackoff),
	}}, nil
}

func (o Options) withDefaults() Options {
	if o.Audience == "" {
		o.Audience = DefaultAudience
	}
	if o.CredentialLimit == 0 {
		o.CredentialLimit = DefaultCredentialLimit
	}
	if o.RequestsPerSecond == 0 {
		o.RequestsPerSecond = DefaultRequestsPerSecond
	}
	if o.Timing == (Timing{}) {
		o.Timing = DefaultTiming()
	}
	if o.Observe == nil {
		o.Observe = func(string, string) {}
	}
	return o
}

// Kind returns AzureWorkloadIdentity.
func (p *Plugin) Kind() string { return Kind }

// Start makes and deletes credentials until the context ends.
func (p *Plugin) Start(ctx context.Context) error {
	p.editor.run(ctx)
	return nil
}

// Plan reads a Spec.
func (p *Plugin) Plan(ctx context.Context, _ string, spec []byte) ([]plugin.Binding, error) {
	w, err := readSpec(spec)
	if err != nil {
		return nil, err
	}
	if w.annotateOnly {
		return bindings(w, "", "")
	}
	issuer, err := p.issuer(ctx)
	if err != nil {
		return nil, fmt.Errorf("find out who issues the cluster's tokens: %w", err)
	}
	if !strings.HasPrefix(issuer, "https://") {
		return nil, &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonIdentityRejected, Message: fmt.Sprintf(
			"Azure cannot trust tokens of this cluster's issuer %q: it must be an https URL. Start the controller with -service-account-issuer, or set annotateOnly: true.", issuer)}
	}
	return bindings(w, issuer, p.audience)
}

// Probe looks whether the identity can be read, and has room.
func (p *Plugin) Probe(_ context.Context, profile string, b plugin.Binding) error {
	id, r, external, err := requestOf(profile, b)
	if err != nil || !external {
		return err
	}
	r.present, r.probing = true, true
	return p.editor.probe(id, r)
}

// Apply makes the federated identity credential of the account.
func (p *Plugin) Apply(_ context.Context, profile string, b plugin.Binding) error {
	return p.ask(profile, b, true)
}

// Check looks at the identity from time to time and makes the credential anew if it is
// missing.
func (p *Plugin) Check(_ context.Context, profile string, b plugin.Binding) (time.Duration, error) {
	id, r, external, err := requestOf(profile, b)
	if err != nil || !external {
		return 0, err
	}
	r.present, r.looking = true, true
	return p.editor.look(id, r)
}

// Verified is when the credential of the account was last seen.
func (p *Plugin) Verified(profile string, b plugin.Binding) time.Time {
	id, r, external, err := requestOf(profile, b)
	if err != nil || !external {
		return time.Time{}
	}
	r.present = true
	return p.editor.seen(id, r)
}

// Revoke deletes the federated identity credential of the account.
func (p *Plugin) Revoke(_ context.Context, profile string, b plugin.Binding) error {
	return p.ask(profile, b, false)
}

func (p *Plugin) ask(profile string, b plugin.Binding, present bool) error {
	id, r, external, err := requestOf(profile, b)
	if err != nil || !external {
		return err
	}
	r.present = present
	return p.editor.ask(id, r)
}
