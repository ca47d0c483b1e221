package tenancy

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// alwaysReserved are namespaces that no Profile may have in any installation. The
// CRD refuses the same names when a Profile is created.
var alwaysReserved = []string{"kube-*", "default", "kubeflow", "istio-system"}

// ReservedNames are the namespaces that can never become Profiles. The zero value
// reserves what every installation reserves.
type ReservedNames struct {
	added []string
}

// ParseReservedNames reads a comma-separated list of names to reserve besides those
// that always are. A name may end in '*', which stands for any ending. Empty
// entries are skipped. An entry that is no such name or pattern is an error, since a
// typing error here would leave a namespace unprotected.
func ParseReservedNames(list string) (ReservedNames, error) {
	var added []string
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		stem := strings.TrimSuffix(entry, "*")
		if stem == "" || len(validation.IsDNS1123Label(strings.TrimSuffix(stem, "-"))) > 0 {
			return ReservedNames{}, fmt.Errorf("%q is not a namespace name, nor a beginning of one followed by '*'", entry)
		}
		added = append(added, entry)
	}
	return ReservedNames{added: added}, nil
}

// With returns r with more names, each taken as it is. It is for names that the
// program knows by itself, such as the namespace it runs in.
func (r ReservedNames) With(names ...string) ReservedNames {
	return ReservedNames{added: append(slices.Clone(r.added), names...)}
}

// Contains reports whether name is reserved.
func (r ReservedNames) Contains(name string) bool {
	matches := func(pattern string) bool {
		if stem, wild := strings.CutSuffix(pattern, "*"); wild {
			return strings.HasPrefix(name, stem)
		}
		return name == pattern
	}
	return slices.ContainsFunc(alwaysReserved, matches) || slices.ContainsFunc(r.added, matches)
}
