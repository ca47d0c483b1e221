package plugintest

import (
	"net/http"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Subject is a plugin on trial and a double of its cloud, which outlives the plugin.
type Subject interface {
	// New returns the plugin as a controller has it after a start, knowing nothing. All that
	// it says to its cloud must go through outside. When it is a plugin.Runner it is run.
	New(host plugin.Host, outside http.RoundTripper) (plugin.Plugin, error)
	// NewIdentity makes an identity that nobody of this cluster may use yet and Stranger
	// may, and returns the name by which Spec asks for it. Besides, it should hold whatever
	// may stand beside our own on an identity of that cloud. A plugin must be able to bind an
	// account to any of the identities that were made since New was called last.
	NewIdentity() (string, error)
	// RemoveIdentity removes an identity as somebody else would. What only refers to it,
	// and is not part of it, stays.
	RemoveIdentity(identity string) error
	// Missing is the name of an identity that does not exist.
	Missing() string
	// Spec asks for an identity for one service account.
	Spec(identity, account string) []byte
	// BadSpecs are wrong each in one way of the plugin's own. What is wrong for all plugins,
	// such as an unknown field, need not be among them.
	BadSpecs() []BadSpec
	// History is every state that an identity had so far, the oldest first.
	History(identity string) []State
}

// BadSpec is a spec that must be refused.
type BadSpec struct {
	// Field is what the refusal has to name.
	Field string
	// Spec is JSON, or was meant to be.
	Spec string
}

// State is what the cloud held of one identity at one time.
type State interface {
	// Admits tells whether pods could use the identity, by the cloud's own rules. It should
	// share no code with the plugin.
	Admits(Pod) bool
	// Foreign is all of the state that the plugin has no business with, as text that stays
	// the same to the byte while nobody touches it.
	Foreign() string
}

// Pod is who may want to use an identity: any pod of one service account.
type Pod struct {
	Profile, ServiceAccount string
	// Elsewhere is true for another cluster that the cloud knows. Its service accounts have
	// the same names.
	Elsewhere bool
}

// Stranger may use each identity from the beginning and is nothing to the plugin, although
// it has the name of one of ours.
var Stranger = Pod{Profile: alice.Profile, ServiceAccount: alice.ServiceAccount, Elsewhere: true}

var (
	alice = Pod{Profile: "alice", ServiceAccount: "default-editor"}
	bob   = Pod{Profile: "bob", ServiceAccount: "default-editor"}
	carol = Pod{Profile: "carol", ServiceAccount: "pipeline-runner"}
)

// onlookers are all about whom each state is asked.
func onlookers() []Pod {
	var all []Pod
	for _, profile := range []string{alice.Profile, bob.Profile, carol.Profile, "alic", "alice-2", "nobody-asked", "*"} {
		for _, account := range []string{alice.ServiceAccount, carol.ServiceAccount, "default-viewer", "default", "*"} {
			all = append(all, Pod{profile, account, false}, Pod{profile, account, true})
		}
	}
	return all
}
