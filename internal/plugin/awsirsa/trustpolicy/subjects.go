package trustpolicy

import "slices"

// Admission lists the subjects that a policy names for one provider, in its order and
// without repetitions.
type Admission struct {
	// Exact subjects stand in statements from which Revoke takes them out.
	Exact []string
	// Patterns are values with wildcards or policy variables.
	Patterns []string
	// Elsewhere are exact subjects in statements that are left alone: with further
	// conditions, for everybody as principal, with NotPrincipal or NotAction, or open to
	// all subjects anyway. Revoking these subjects does not keep them out for certain.
	Elsewhere []string
}

// Subjects returns the subjects that the statements for this provider name. A
// statement that has two conditions on the subject admits only whom both name. Nobody is
// left out, and Deny is not taken into account.
func Subjects(policy []byte, p Provider) (Admission, error) {
	pol, err := parsePolicy(policy, p)
	if err != nil {
		return Admission{}, err
	}
	var a Admission
	for _, s := range pol.statements {
		if !s.mayAdmit() {
			continue
		}
		exact := &a.Elsewhere
		if s.isRevocable() {
			exact = &a.Exact
		}
		for _, c := range s.about(subjectClaim) {
			c.name(exact, &a.Patterns)
		}
	}
	return a, nil
}

// name sorts the values of a condition on the subject.
func (c condition) name(exact, patterns *[]string) {
	if !c.isPositive() {
		return
	}
	for _, value := range c.values.each() {
		into := exact
		if !isExact(value.text, c.hasWildcards()) {
			into = patterns
		}
		if value.text != Nobody && !slices.Contains(*into, value.text) {
			*into = append(*into, value.text)
		}
	}
}

// Open tells whether some statement lets any subject of the provider assume the role. It
// would rather say so once too often: a condition that also holds when the subject is
// missing, a pattern that covers all service accounts and a principal * count as open, and
// so does a statement whose only limits are others, such as a network. Deny is not taken
// into account.
func Open(policy []byte, p Provider) (bool, error) {
	pol, err := parsePolicy(policy, p)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(pol.statements, (*statement).isOpen), nil
}
