package plugin

import (
	"context"
	"time"
)

// Plugin binds service accounts to one kind of identity. The package comment has the
// contract.
type Plugin interface {
	// Kind is the name by which Profiles ask for the plugin, in spec.plugins[].kind.
	Kind() string
	// Plan says what one entry of spec.plugins asks for, in a Profile of that name. spec is
	// JSON, or nil when the entry has none. Plan may read, for example who issues the
	// cluster's tokens, and changes nothing. What is wrong with the spec is a Refused
	// Error with the reason InvalidPluginSpec.
	Plan(ctx context.Context, profile string, spec []byte) ([]Binding, error)
	// Apply makes the binding hold outside the cluster.
	Apply(ctx context.Context, profile string, b Binding) error
	// Check is called for a binding that holds as far as is known. It repairs what
	// somebody else changed, cheaply enough to be called often, and says after how long it
	// wants to be called again; zero means that it need not be. When the Profile was last said to have
	// something wrong with its identities, Apply is called besides, until the plugin has seen that
	// the binding holds (see Verifier).
	Check(ctx context.Context, profile string, b Binding) (time.Duration, error)
	// Revoke takes the binding back. It gets what was recorded, whatever the spec says by
	// now.
	Revoke(ctx context.Context, profile string, b Binding) error
}

// Defaulter is a Plugin that has something to do for Profiles that do not ask for it.
type Defaulter interface {
	// Default returns the spec for a Profile that has no entry of the plugin's kind, or
	// nil when there is nothing to do. It is never written into the Profile.
	Default(profile string) []byte
}

// Excluder is a Plugin whose bindings must not stand beside some annotations.
type Excluder interface {
	// Excludes are the keys of annotations that must not be on a service account that the
	// plugin binds, because they would give its pods another identity. The controller then
	// refuses entries of other plugins that would set them on the same account.
	Excludes() []string
}

// Prober is a Plugin that finds out beforehand whether it could take a binding back. The
// controller asks it before it records a binding. What is not recorded has never been applied and
// need not be taken back, so that a Profile that names an identity which the plugin may not even
// look at can be corrected and deleted.
type Prober interface {
	// Probe looks at the identity and changes nothing. An error, of any kind, means that the
	// binding is not recorded yet; it is told as one of Apply's. Nil says nothing about what
	// Apply will find.
	Probe(ctx context.Context, profile string, b Binding) error
}

// Verifier is a Plugin that remembers when it saw with its own eyes that a binding holds.
// The controller writes that into the Profile's status, for people, and takes its word that what
// was wrong before a restart is right again.
type Verifier interface {
	// Verified is when this process last saw outside the cluster that the binding holds. It
	// is zero when it has not, or when it may hold no longer as far as the plugin knows. It
	// calls nothing.
	Verified(profile string, b Binding) time.Time
}

// Runner is a Plugin that works in the background. The controller runs it while it leads.
type Runner interface {
	// Start works until the context ends.
	Start(ctx context.Context) error
}

// Host is the controller, as a plugin sees it.
type Host interface {
	// Again has a Profile looked at again soon.
	Again(profile string)
	// Backlog is how many Profiles wait to be looked at now. A plugin that collects
	// requests can wait while there are more to come.
	Backlog() int
}

// Binding is one service account bound to one identity.
type Binding struct {
	// ServiceAccount is the name of the account in the Profile's namespace.
	ServiceAccount string
	// Identity names what it is bound to, in the words of its cloud: the ARN of a role,
	// the e-mail address of a Google service account.
	Identity string
	// Annotations are set on the service account when the binding holds.
	Annotations map[string]string
	// Settings hold what else is needed to take the binding back, as compact JSON that
	// only the plugin reads. Equal settings must be equal bytes.
	Settings string
}
