package caller

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// DefaultTrustedPrincipals are the programs that set the user header in a Kubeflow
// installation: the ingress gateway, and the dashboard under both names that its
// ServiceAccount has had.
func DefaultTrustedPrincipals() []string {
	return []string{
		"cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account",
		"cluster.local/ns/kubeflow/sa/dashboard",
		"cluster.local/ns/kubeflow/sa/centraldashboard",
	}
}

// principalShape is <trust domain>/ns/<namespace>/sa/<service account>.
var principalShape = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*/ns/([^/]+)/sa/([^/]+)$`)

// CheckPrincipal says why text is not a mesh principal as Istio's policies write it, or nil.
// A pattern is none: it would trust programs that nobody has thought of.
func CheckPrincipal(text string) error {
	parts := principalShape.FindStringSubmatch(text)
	if parts == nil || len(validation.IsDNS1123Label(parts[1])) > 0 || len(validation.IsDNS1123Subdomain(parts[2])) > 0 {
		return fmt.Errorf("%q is not a principal: write it as cluster.local/ns/NAMESPACE/sa/SERVICEACCOUNT, with the mesh's trust domain in place of cluster.local, and without patterns", text)
	}
	return nil
}

// isServiceAccount says whether name is system:serviceaccount:<namespace>:<name>.
func isServiceAccount(name string) bool {
	rest, found := strings.CutPrefix(name, serviceAccountPrefix)
	namespace, account, both := strings.Cut(rest, ":")
	return found && both && len(validation.IsDNS1123Label(namespace)) == 0 && len(validation.IsDNS1123Subdomain(account)) == 0
}

const serviceAccountPrefix = systemPrefix + "serviceaccount:"
