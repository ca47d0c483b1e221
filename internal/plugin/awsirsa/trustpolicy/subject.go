package trustpolicy

import (
	"regexp"
	"slices"
	"strings"
)

const subjectPrefix = "system:serviceaccount:"

// Nobody closes a statement whose last subject is gone. No token can have it: the API
// server makes the subject of a service account from the name of its namespace, which is
// never empty, and the prefix keeps other subjects, should the issuer have any, away from
// it. It holds no wildcard, so it is the same under StringEquals and StringLike.
const Nobody = subjectPrefix + ":nobody"

var (
	dnsLabel     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	dnsSubdomain = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

// Subject returns the subject of a service account's tokens.
func Subject(namespace, serviceAccount string) string {
	return subjectPrefix + namespace + ":" + serviceAccount
}

// CheckSubject returns an ErrArgument for all but the subjects of possible service accounts, so
// that no wildcard, no variable and no subject of another kind ever gets into a policy, and
// Nobody never gets out of one.
func CheckSubject(subject string) error {
	namespace, name, found := strings.Cut(strings.TrimPrefix(subject, subjectPrefix), ":")
	if !strings.HasPrefix(subject, subjectPrefix) || !found {
		return argumentError("subject %q: want %s<namespace>:<service account>", subject, subjectPrefix)
	}
	if len(namespace) > 63 || !dnsLabel.MatchString(namespace) {
		return argumentError("subject %q: %q is not the name of a namespace", subject, namespace)
	}
	if len(name) > 253 || !dnsSubdomain.MatchString(name) {
		return argumentError("subject %q: %q is not the name of a service account", subject, name)
	}
	return nil
}

// distinct validates subjects and drops repetitions.
func distinct(subjects []string) ([]string, error) {
	var unique []string
	for _, subject := range subjects {
		if err := CheckSubject(subject); err != nil {
			return nil, err
		}
		if !slices.Contains(unique, subject) {
			unique = append(unique, subject)
		}
	}
	return unique, nil
}
