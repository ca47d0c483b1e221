package iamsts

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// account is all state of the server.
type account struct {
	id, partition string

	mu        sync.Mutex
	signers   map[string]signer
	roles     map[string]*role
	providers map[string]*provider
	// histories are kept when their role goes.
	histories map[string][]Version
}

func newAccount(o Options) *account {
	a := &account{
		id: o.AccountID, partition: o.Partition,
		signers:   map[string]signer{},
		roles:     map[string]*role{},
		providers: map[string]*provider{},
		histories: map[string][]Version{},
	}
	a.addUser(exampleUser, Credentials{AccessKeyID: exampleAccessKey, SecretAccessKey: exampleSecret},
		[]Permission{{Actions: []string{"*"}, Resources: []string{"*"}}})
	return a
}

// role is a role as it is now.
type role struct {
	name, path, id, arn, description string
	maxSession                       int
	created                          time.Time
	tags                             map[string]string
	// inline are the policies of this role alone, attached the ARNs of managed ones.
	inline   map[string]inlinePolicy
	attached map[string]bool
}

// Version is one state of a role's trust policy.
type Version struct {
	// Policy is empty once the role is deleted.
	Policy string
	// At is when it began.
	At time.Time
	// By is the access key of who made it, or empty when a method of Server did.
	By string
}

// put notes a new state of a role's trust policy.
func (a *account) put(name, policy, by string, at time.Time) {
	a.histories[name] = append(a.histories[name], Version{Policy: policy, At: at, By: by})
}

// policy is a role's trust policy, or with stale the one before it if there was one.
func (a *account) policy(name string, stale bool) string {
	versions := a.histories[name]
	last := len(versions) - 1
	if last < 0 {
		return ""
	}
	if stale && last > 0 && versions[last-1].Policy != "" {
		last--
	}
	return versions[last].Policy
}

// find returns a role or IAM's answer that there is none.
func (a *account) find(name string) (*role, error) {
	if err := checkRoleName(name); err != nil {
		return nil, err
	}
	r, ok := a.roles[name]
	if !ok {
		return nil, apiError{http.StatusNotFound, "NoSuchEntity", "The role with name " + name + " cannot be found."}
	}
	return r, nil
}

// findModifiable refuses roles that belong to a service of AWS.
func (a *account) findModifiable(name string) (*role, error) {
	r, err := a.find(name)
	if err == nil && strings.HasPrefix(r.path, "/aws-service-role/") {
		return nil, apiError{http.StatusBadRequest, "UnmodifiableEntity",
			"Cannot perform the operation on the protected role '" + name + "' - this role is only modifiable by AWS"}
	}
	return r, err
}

// sortedNames are the keys of a map in the order in which IAM lists them.
func sortedNames[V any](of map[string]V) []string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (a *account) newRole(name, path string, now time.Time) *role {
	r := &role{
		name: name, path: path, id: newID("AROA"), arn: a.arn("iam", "role"+path+name),
		maxSession: 3600, created: now, tags: map[string]string{}, inline: map[string]inlinePolicy{}, attached: map[string]bool{},
	}
	a.roles[name] = r
	return r
}

func (a *account) remove(name, by string, now time.Time) {
	delete(a.roles, name)
	a.put(name, "", by, now)
}
