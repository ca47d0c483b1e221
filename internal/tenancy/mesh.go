package tenancy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// The checks of this file are about settings that end up in mesh policies. Istio reads a
// '*' at either end of a value as a pattern, so one that got there by a typing error would
// admit more than anybody meant.

// headerName is what RFC 9110 calls a token.
var headerName = regexp.MustCompile("^[-!#$%&'+.^_`|~0-9A-Za-z]+$")

// CheckUserHeader reports why the name of the user header and the prefix of the users' names
// in it cannot stand in a mesh policy, or nil. The prefix may be empty.
func CheckUserHeader(header, prefix string) error {
	if !headerName.MatchString(header) {
		return fmt.Errorf("%q is not the name of an HTTP header", header)
	}
	if strings.HasPrefix(prefix, "*") {
		return errors.New("the prefix of user names must not begin with '*': the mesh would admit everybody whose name ends like a user's")
	}
	return nil
}

// CheckTrustDomain reports why a setting is not the name of one trust domain of the mesh, or
// nil. An empty setting stands for all of them.
func CheckTrustDomain(setting string) error {
	if setting != "" && len(validation.IsDNS1123Subdomain(setting)) > 0 {
		return fmt.Errorf("%q is not a trust domain; it must look like cluster.local, without a path or '*'", setting)
	}
	return nil
}

// ParseNamespaces reads a comma-separated list of namespaces. Empty entries are skipped. An
// entry that cannot be the name of a namespace is an error.
func ParseNamespaces(list string) ([]string, error) {
	var namespaces []string
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if len(validation.IsDNS1123Label(entry)) > 0 {
			return nil, fmt.Errorf("%q is not the name of a namespace", entry)
		}
		namespaces = append(namespaces, entry)
	}
	return namespaces, nil
}
