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
	// Conditional subjects stand in statements that are left alone: with further conditions, or
	// open to everybody.
	Conditional []string `json:"conditional,omitempty"`
	// Impossible subjects are those of no service account that could be. They let nobody in.
	Impossible []string `json:"impossible,omitempty"`
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
	// ByHand is true when it stands in a statement that is left alone.
	ByHand bool `json:"byHand,omitempty"`
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
		kind := "gone: "
		if g.ByHand {
			kind = "gone, in a statement that is edited by hand: "
		}
		all = append(all, kind+g.Subject+": "+g.Why)
	}
	for _, subject := range a.Impossible {
		all = append(all, "names nobody: "+subject+": "+whyImpossible(subject))
	}
	for _, pattern := range a.Patterns {
		all = append(all, "wildcard: "+pattern+" lets in whoever has or gets such a name")
	}
	if a.Size*10 > a.Limit*9 {
		all = append(all, fmt.Sprintf("full: %d of %d characters are used. Have the quota raised, spread the Profiles over more roles, or use EKS Pod Identity", a.Size, a.Limit))
	}
	return all
}

// whyImpossible says why no service account can be meant.
func whyImpossible(subject string) string {
	if strings.ContainsAny(subject, "*?") {
		return "* and ? are wildcards only under StringLike"
	}
	return "no service account can be called so; its subject is system:serviceaccount:NAMESPACE:NAME"
}

// Fixable tells whether something can be mended without deciding for somebody.
func (a Audited) Fixable() bool { return a.Open || len(a.removable()) > 0 }

// removable are the subjects that are gone and can be taken out.
func (a Audited) removable() []string {
	var all []string
	for _, g := range a.Gone {
		if !g.ByHand {
			all = append(all, g.Subject)
		}
	}
	return all
}

// Audit looks through a role, and returns false for one that does not trust the issuer.
func Audit(role ListedRole, p trustpolicy.Provider, limit int, t Tenants) (Audited, bool) {
	a := Audited{Role: role.ARN, Subjects: []string{}, Size: trustpolicy.Size([]byte(role.Trust)), Limit: limit, trust: role.Trust}
	// The quotes keep out another issuer whose name only begins like this one's.
	mentioned := strings.Contains(role.Trust, `"`+p.ARN+`"`)
	named, err := trustpolicy.Subjects([]byte(role.Trust), p)
	if err == nil {
		a.Open, err = trustpolicy.Open([]byte(role.Trust), p)
	}
	if err != nil {
		a.Unreadable = err.Error()
		return a, mentioned
	}
	a.Patterns = named.Patterns
	a.Subjects = append(a.Subjects, a.sort(named.Exact, t, false)...)
	a.Conditional = a.sort(named.Elsewhere, t, true)
	return a, mentioned || a.Open || len(named.Exact)+len(named.Patterns)+len(named.Elsewhere) > 0
}

// sort notes which subjects are gone or cannot be, and returns the others.
func (a *Audited) sort(subjects []string, t Tenants, byHand bool) []string {
	var there []string
	for _, subject := range subjects {
		if trustpolicy.CheckSubject(subject) != nil {
			if !slices.Contains(a.Impossible, subject) {
				a.Impossible = append(a.Impossible, subject)
			}
			continue
		}
		if why := t.missing(subject, a.Role); why != "" {
			a.Gone = append(a.Gone, Gone{subject, why, byHand})
		} else {
			there = append(there, subject)
		}
	}
	return there
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
