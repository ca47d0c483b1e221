package caller

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
