package trustpolicy

import (
	"slices"
	"strings"
)

const webIdentityAction = "sts:AssumeRoleWithWebIdentity"

// reach says how an element of a statement relates to what we look for: the provider
// among the principals, the web identity action among the actions.
type reach int

const (
	apart reach = iota
	// perhaps is a principal * : everybody, but perhaps not the federated.
	perhaps
	// among others, or by a wildcard.
	among
	// alone, and nothing else.
	alone
)

// readPrincipal reads a Principal or NotPrincipal element.
func readPrincipal(n *node, where string, p Provider) (reach, error) {
	if n == nil {
		return apart, nil
	}
	if n.kind == text {
		if n.text == "*" {
			return perhaps, nil
		}
		return apart, nil
	}
	if n.kind != object {
		return apart, policyError("%s is neither \"*\" nor an object", where)
	}
	if key, ok := n.duplicateKey(exactly); ok {
		return apart, policyError("%s has %q twice", where, key)
	}
	found := apart
	for _, m := range n.members {
		if !isOneOrMany(m.value) {
			return apart, policyError("%s.%s is neither a principal nor a list of them", where, m.key)
		}
		for _, value := range m.value.each() {
			found = max(found, p.principal(m.key, value.text))
		}
	}
	isOther := func(value *node) bool { return value.text != p.ARN }
	if found == among && len(n.members) == 1 && !slices.ContainsFunc(n.members[0].value.each(), isOther) {
		return alone, nil
	}
	return found, nil
}

func (p Provider) principal(kind, value string) reach {
	switch {
	case kind == "Federated" && value == p.ARN:
		return among
	case value == "*" && (kind == "Federated" || kind == "AWS"):
		return perhaps
	default:
		return apart
	}
}

// readAction reads an Action or NotAction element.
func readAction(n *node, where string) (reach, error) {
	if n == nil {
		return apart, nil
	}
	if !isOneOrMany(n) {
		return apart, policyError("%s is neither an action nor a list of them", where)
	}
	wanted := fold(webIdentityAction)
	found, others := apart, false
	for _, value := range n.each() {
		action := fold(value.text)
		if matches(compile(action, true), wanted) {
			found = among
		}
		others = others || action != wanted
	}
	if found == among && !others {
		return alone, nil
	}
	return found, nil
}

// elements are the names that IAM gives the parts of a statement in a trust policy, and
// those of other policies.
var elements = []string{
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition", "Resource", "NotResource",
}

// elementNames tells whether some name is one of IAM's in another case, and whether some is
// none that belongs into a trust policy.
func elementNames(n *node) (misspelled, unknown bool) {
	for _, m := range n.members {
		if slices.Contains(elements, m.key) {
			unknown = unknown || strings.HasSuffix(m.key, "Resource")
			continue
		}
		unknown = true
		misspelled = misspelled || slices.ContainsFunc(elements, func(name string) bool { return fold(name) == fold(m.key) })
	}
	return misspelled, unknown
}
