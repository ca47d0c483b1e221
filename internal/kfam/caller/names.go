package caller

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
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

// longestName is as long as spec.owner.name of a Profile may be, in characters.
const longestName = 1024

// checkName says why a user cannot have this name, or nil. It accepts no name that could not
// be an owner's. Besides, it refuses format characters, which cannot be seen and turn the text
// after them around in a log, and commas: proxies join two headers to one with them.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case len(name) > longestName*utf8.UTFMax || utf8.RuneCountInString(name) > longestName:
		return fmt.Errorf("it is longer than %d characters", longestName)
	// Readers of JSON put the replacement character in place of whatever is no text, so that
	// different names become one.
	case strings.ContainsRune(name, utf8.RuneError):
		return errors.New("it is not valid UTF-8, or was not before somebody replaced the wrong bytes")
	case strings.TrimSpace(name) != name:
		return errors.New("it begins or ends with white space")
	case strings.Contains(name, "*"):
		return errors.New("it contains '*', which the mesh would read as a pattern")
	case strings.Contains(name, ","):
		return errors.New("it contains a comma, so it may be several names joined to one")
	case strings.ContainsFunc(name, invisible):
		return errors.New("it contains control or format characters")
	}
	return nil
}

func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// systemPrefix begins the names that Kubernetes keeps for itself.
const systemPrefix = "system:"

// kindOf tells a user from a ServiceAccount by the name, and refuses the other names that
// Kubernetes keeps for itself: nobody logs in under those.
func kindOf(name string) (Kind, error) {
	if !strings.HasPrefix(name, systemPrefix) {
		return User, nil
	}
	if !isServiceAccount(name) {
		return Anonymous, fmt.Errorf("it begins with %q, which Kubernetes keeps for itself", systemPrefix)
	}
	return ServiceAccount, nil
}
