package trustpolicy

import "slices"

// Revoke returns the policy without the subjects, wherever a statement of the provider
// admits them by an exact value and under no further conditions. When there is nothing to
// take away it returns the policy itself.
func Revoke(policy []byte, p Provider, subjects []string) ([]byte, error) {
	unique, err := distinct(subjects)
	if err != nil {
		return nil, err
	}
	pol, err := parsePolicy(policy, p)
	if err != nil {
		return nil, err
	}
	edits, emptied := pol.takeOut(unique)
	if len(edits) == 0 {
		return policy, nil
	}
	closed, err := parsePolicy(pol.apply(edits), p)
	if err != nil {
		return nil, err
	}
	return closed.dropOwn(emptied), nil
}

// takeOut removes subjects from the conditions that list them, and says which
// statements, by their place, have thereby come to admit nobody.
func (pol *policy) takeOut(subjects []string) ([]edit, []int) {
	var edits []edit
	var emptied []int
	for i, s := range pol.statements {
		if !s.isRevocable() {
			continue
		}
		for _, c := range s.about(subjectClaim) {
			found, none := pol.takeOutOf(c.values, subjects)
			edits = append(edits, found...)
			if none {
				emptied = append(emptied, i)
			}
		}
	}
	return edits, emptied
}

// takeOutOf removes subjects from one value or list. When none remains, Nobody stays.
func (pol *policy) takeOutOf(n *node, subjects []string) (edits []edit, none bool) {
	values := n.each()
	gone := make([]bool, 0, len(values))
	for _, value := range values {
		gone = append(gone, value.kind == text && slices.Contains(subjects, value.text))
	}
	switch {
	case !slices.Contains(gone, true):
		return nil, false
	case slices.Contains(gone, false):
		return pol.removeItems(n, gone), false
	case pol.isWrapped(n):
		return []edit{{n.start, n.end, quote(Nobody)}}, true
	default:
		return []edit{{values[0].start, values[len(values)-1].end, quote(Nobody)}}, true
	}
}

// dropOwn removes those of the closed statements that are our own, except the policy's
// last.
func (pol *policy) dropOwn(closed []int) []byte {
	gone := make([]bool, len(pol.statements))
	for _, i := range closed {
		gone[i] = pol.isOwn(pol.statements[i])
	}
	if !slices.Contains(gone, false) {
		gone[0] = false
	}
	if !slices.Contains(gone, true) {
		return pol.raw
	}
	return pol.apply(pol.removeItems(pol.list, gone))
}
