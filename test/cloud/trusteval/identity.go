package trusteval

import "fmt"

// Identity is one who asks to assume the role with a web Identity token.
type Identity struct {
	// Provider is the ARN under which IAM knows the token's issuer.
	Provider string
	// Issuer is the issuer's URL without "https://", as condition keys have it.
	Issuer string
	// Subject is the token's sub.
	Subject string
	// Anonymous tokens have no sub.
	Anonymous bool
	// Audience is the token's aud.
	Audience string
	// Action is what else is asked for with the token; empty means just the role.
	Action string
	// Context holds the request's other condition keys, in lower case.
	Context map[string]string
}

// String tells all that the judge knows of the identity.
func (id Identity) String() string {
	subject := id.Subject
	if id.Anonymous {
		subject = "(none)"
	}
	return fmt.Sprintf("provider %s, sub %s, aud %s, action %q, %v", id.Provider, subject, id.Audience, id.Action, id.Context)
}

// key returns the value of a condition key, given in lower case, in the request.
func (id Identity) key(name string) (string, bool) {
	switch name {
	case FoldCase(id.Issuer) + ":aud":
		return id.Audience, true
	case FoldCase(id.Issuer) + ":sub":
		return id.Subject, !id.Anonymous
	}
	value, ok := id.Context[name]
	return value, ok
}
