package gcpiam

import (
	"bytes"
	"slices"
	"strings"
)

// mostPrincipals is Google's limit for one policy.
const mostPrincipals = 1500

// check tells why IAM would not take a policy in the place of another one.
func (s *state) check(sent, current policy) error {
	switch {
	case !slices.Contains([]int{0, 1, conditional}, sent.Version):
		return invalidArgument("Invalid policy version %d.", sent.Version)
	case len(sent.Etag) == 0:
		return invalidArgument("This double takes no policy without the etag of the one that it replaces.")
	case !bytes.Equal(sent.Etag, current.Etag):
		return concurrentChange(sent.Etag, current.Etag)
	case sent.Version != conditional && (current.hasConditions() || sent.hasConditions()):
		return invalidArgument("A policy with conditional role bindings can only be changed with policy version 3.")
	}
	for _, b := range sent.Bindings {
		if err := s.checkBinding(b, current); err != nil {
			return err
		}
	}
	if n := sent.principals(); n > mostPrincipals {
		return invalidArgument("The number of members in the policy (%s) is larger than the maximum allowed size 1,500.", thousands(n))
	}
	return nil
}

func (s *state) checkBinding(b binding, current policy) error {
	if !strings.Contains(b.Role, "roles/") || strings.Contains(b.Role, hiddenCondition) {
		return invalidArgument("Role %s is not supported for this resource.", b.Role)
	}
	if len(b.Members) == 0 {
		return invalidArgument("The binding of role %s has no members.", b.Role)
	}
	for _, member := range b.Members {
		kind, rest, typed := strings.Cut(member, ":")
		everybody := member == "allUsers" || member == "allAuthenticatedUsers"
		if !everybody && (!typed || kind == "" || rest == "") {
			return invalidArgument("Invalid member %q: members have a type prefix.", member)
		}
		if current.has(member) {
			continue
		}
		if project, ofPool := poolProject(member); ofPool && !s.pools[project] {
			return invalidArgument("Identity Pool does not exist (%s%s). Please check that you specified a valid resource name as returned in the `name` attribute in the configuration API.", project, poolSuffix)
		}
	}
	return nil
}

const poolSuffix = ".svc.id.goog"

// poolProject is the project of the workload identity pool that a member is in.
func poolProject(member string) (project string, ofPool bool) {
	pool, _, bracket := strings.Cut(strings.TrimPrefix(member, "serviceAccount:"), "[")
	project, suffixed := strings.CutSuffix(pool, poolSuffix)
	return project, bracket && suffixed
}

func (p policy) has(member string) bool {
	return slices.ContainsFunc(p.Bindings, func(b binding) bool { return slices.Contains(b.Members, member) })
}

// thousands writes a number below a million as Google's messages do.
func thousands(n int) string {
	digits := []byte{}
	for i := 0; n > 0; i, n = i+1, n/10 {
		if i == 3 {
			digits = append(digits, ',')
		}
		digits = append(digits, byte('0'+n%10))
	}
	slices.Reverse(digits)
	return string(digits)
}
