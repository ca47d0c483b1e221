package caller

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// claims are those of a verified token, each still in JSON.
type claims map[string]json.RawMessage

// parseClaims refuses a logout token: it has an ID token's issuer, audience and subject, and
// proves no login.
func parseClaims(payload []byte) (claims, error) {
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, err
	}
	if _, found := c["events"]; found {
		return nil, errors.New("it is a security event such as a logout token, not a token of a login")
	}
	return c, nil
}

// text returns a claim that must be a string. A number or a list has no one spelling that
// could be compared with a name.
func (c claims) text(claim string) (string, error) {
	raw, found := c[claim]
	if !found {
		return "", fmt.Errorf("the token has no claim %q", claim)
	}
	var value *string
	if err := json.Unmarshal(raw, &value); err != nil || value == nil {
		return "", fmt.Errorf("the claim %q is not a string", claim)
	}
	return *value, nil
}

// texts returns a claim that may be missing, a string, or a list of strings.
func (c claims) texts(claim string) ([]string, error) {
	raw, found := c[claim]
	if !found || string(raw) == "null" {
		return nil, nil
	}
	if one, err := c.text(claim); err == nil {
		return []string{one}, nil
	}
	var many []*string
	if err := json.Unmarshal(raw, &many); err != nil {
		return nil, fmt.Errorf("the claim %q is not a list of strings", claim)
	}
	values := make([]string, 0, len(many))
	for _, value := range many {
		if value == nil {
			return nil, fmt.Errorf("the claim %q is not a list of strings", claim)
		}
		values = append(values, *value)
	}
	return values, nil
}

// emailClaim is the one claim that says whether it is verified.
const emailClaim = "email"

// checkEmailVerified refuses an address that its issuer does not say to have verified. Where
// people may type in any address, an unverified one lets them be anybody, and some issuers
// leave email_verified out instead of sending false.
func (o OIDCOptions) checkEmailVerified(c claims) error {
	raw, found := c["email_verified"]
	switch {
	// Some issuers send the word instead of the value.
	case string(raw) == "true", string(raw) == `"true"`:
		return nil
	case !found && o.TrustEmails:
		return nil
	case !found:
		return errors.New("the token does not say that its email address is verified (it has no email_verified); if the issuer lets nobody choose an address, set TrustEmails")
	default:
		return errors.New("the token's email address is not verified (email_verified is not true)")
	}
}

// user returns the user's name with its prefix.
func (o OIDCOptions) user(c claims) (string, error) {
	value, err := c.text(o.UserClaim)
	if err != nil {
		return "", err
	}
	if value == "" {
		return "", fmt.Errorf("the claim %q is empty", o.UserClaim)
	}
	if o.UserClaim == emailClaim {
		if err := o.checkEmailVerified(c); err != nil {
			return "", err
		}
	}
	name := o.UserPrefix + value
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("the user's name cannot be used: %w", err)
	}
	if strings.HasPrefix(name, systemPrefix) {
		return "", fmt.Errorf("the user's name begins with %q, which Kubernetes keeps for itself", systemPrefix)
	}
	return name, nil
}

// groups returns the user's groups with their prefix. Left out are those that no binding can
// name, and those that Kubernetes keeps for itself: an identity provider in which
// somebody may make a group cannot make anybody a member of system:masters.
func (o OIDCOptions) groups(c claims) ([]string, error) {
	if o.GroupsClaim == "" {
		return nil, nil
	}
	values, err := c.texts(o.GroupsClaim)
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, value := range values {
		group := o.GroupsPrefix + value
		if value != "" && checkGroup(group) == nil && !strings.HasPrefix(group, systemPrefix) {
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// checkGroup is checkName for groups, which come in lists of their own, so that a comma
// is a part of the name: directories name groups CN=admins,OU=groups.
func checkGroup(name string) error { return checkName(strings.ReplaceAll(name, ",", ";")) }
