package tenancy

import (
	"fmt"
	"strings"
)

// Names is how user names are compared. Use it wherever a name from a request meets one from
// the cluster, on both sides.
type Names string

const (
	// ExactNames compares byte by byte. It is what Kubernetes does.
	ExactNames Names = "exact"
	// EmailsIgnoreCase compares names that contain an '@' without regard to the case of
	// ASCII letters, and all others byte by byte. It is for identity providers that send
	// one person's address now as Ann@example.com and now as ann@example.com. Other
	// alphabets are not folded: there, folding makes different names equal.
	EmailsIgnoreCase Names = "ignore-email-case"
)

// ParseNames reads a setting. Empty means ExactNames.
func ParseNames(setting string) (Names, error) {
	switch names := Names(setting); names {
	case "":
		return ExactNames, nil
	case ExactNames, EmailsIgnoreCase:
		return names, nil
	default:
		return "", fmt.Errorf("%q is no way to compare names: choose %q or %q", setting, ExactNames, EmailsIgnoreCase)
	}
}

// Key returns the form of a name that is equal for names that mean the same user. It is for
// comparison and as an index; what is written to the cluster is the name itself.
func (n Names) Key(name string) string {
	if n != EmailsIgnoreCase || !strings.Contains(name, "@") {
		return name
	}
	key := []byte(name)
	for i, c := range key {
		if 'A' <= c && c <= 'Z' {
			key[i] = c + ('a' - 'A')
		}
	}
	return string(key)
}

// Same says whether two names mean the same user.
func (n Names) Same(a, b string) bool { return n.Key(a) == n.Key(b) }
