package awsroles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// Audited is what there is to say about a role that trusts the cluster's issuer.
type Audited struct {
	// Role is its ARN.
	Role string `json:"role"`
	// Open is true when any service account of the cluster may have the role.
	Open bool `json:"open"`
	// Subjects may have it and are there.
	Subjects []string `json:"subjects"`
	// Gone may have it, and whoever makes them anew has it.
	Gone []Gone `json:"gone,omitempty"`
	// Patterns are subjects with wildcards.
	Patterns []string `json:"patterns,omitempty"`
	// Conditional subjects stand in statements with further conditions, which are left alone.
	Conditional []string `json:"conditional,omitempty"`
	// Unreadable says why the trust policy cannot be read.
	Unreadable string `json:"unreadable,omitempty"`
	// Size is how many characters the trust policy has, of at most Limit.
	Size  int `json:"size"`
	Limit int `json:"limit"`

	trust string
}

// Gone is a subject that is not there any more.
type Gone struct {
	Subject string `json:"subject"`
	// Why says what is missing.
	Why string `json:"why"`
}

// Problems says what is wrong, one sentence each.
func (a Audited) Problems() []string {
	var all []string
	if a.Unreadable != "" {
		return []string{a.Unreadable}
	}
	if a.Open {
		all = append(all, "open: any service account of the cluster may have this role")
	}
	for _, g := range a.Gone {
		all = append(all, "gone: "+g.Subject+": "+g.Why)
	}
	for _, pattern := range a.Patterns {
		all = append(all, "wildcard: "+pattern+" lets in whoever has or gets such a name")
	}
	if a.Size*10 > a.Limit*9 {
		all = append(all, fmt.Sprintf("full: %d of %d characters are used. Have the quota raised, spread the Profiles over more roles, or use EKS Pod Identity", a.Size, a.Limit))
	}
	return all
}

// Fixable tells whether something can be mended without deciding for somebody.
func (a Audited) Fixable() bool { return a.Open || len(a.Gone) > 0 }

// Audit looks through a role, and returns false for one that does not trust the issuer.
func Audit(role ListedRole, p trustpolicy.Provider, limit int, t Tenants) (Audited, bool) {
	a := Audited{Role: role.ARN, Subjects: []string{}, Size: trustpolicy.Size([]byte(role.Trust)), Limit: limit, trust: role.Trust}
	mentioned := strings.Contains(role.Trust, p.ARN)
	named, err := trustpolicy.Subjects([]byte(role.Trust), p)
	if err == nil {
		a.Open, err = trustpolicy.Open([]byte(role.Trust), p)
	}
	if err != nil {
		a.Unreadable = err.Error()
		return a, mentioned
	}
	for _, subject := range named.Exact {
		if why := t.missing(subject, role.ARN); why != "" {
			a.Gone = append(a.Gone, Gone{subject, why})
		} else {
			a.Subjects = append(a.Subjects, subject)
		}
	}
	a.Patterns, a.Conditional = named.Patterns, named.Elsewhere
	return a, mentioned || a.Open || len(named.Exact)+len(named.Patterns)+len(named.Elsewhere) > 0
}

// Tenants are those of the cluster whom roles may be for.
type Tenants struct {
	namespaces, accounts map[string]bool
	profiles             map[string]bool
	// asked are the subjects of Profiles that name a role, by its ARN and the audience.
	asked map[string]map[string][]string
	// annotated are the subjects of service accounts that are annotated with a role.
	annotated map[string][]string
}

// missing says why a subject cannot use a role at present, or nothing. A Profile's accounts may
// be made any moment.
func (t Tenants) missing(subject, role string) string {
	namespace, account, _ := strings.Cut(strings.TrimPrefix(subject, "system:serviceaccount:"), ":")
	switch {
	case t.accounts[subject], t.asks(role, subject):
		return ""
	case t.namespaces[namespace]:
		return fmt.Sprintf("there is no service account %s in the namespace", account)
	case t.profiles[namespace]:
		return ""
	default:
		return "there is no namespace " + namespace
	}
}

func (t Tenants) asks(role, subject string) bool {
	for _, subjects := range t.asked[role] {
		if slices.Contains(subjects, subject) {
			return true
		}
	}
	return false
}
