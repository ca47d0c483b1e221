package ways

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
	"github.com/kfprofiles/kfprofiles/internal/desired"
)

// meshConventions are how an installation names users, groups and gateways in policies.
type meshConventions struct {
	// userKeys and groupKeys are the keys of conditions on the user header and the groups claim.
	userKeys, groupKeys []string
	// prefixes stand in front of a user's name in the header.
	prefixes []string
	// entries are the principals of the ingress gateways, which bring everybody's requests, and
	// gateways those and the other programs that say whose requests they bring.
	entries, gateways []string
	// trustDomains are those of which service accounts here may be.
	trustDomains []string
}

// withoutController are what both controllers have by default, and what Kubeflow's manifests set.
func withoutController() []desired.Settings {
	byDefault := installation.Program{}.Settings()
	kubeflow := byDefault
	kubeflow.UserIDHeader, kubeflow.UserIDPrefix = "kubeflow-userid", ""
	return []desired.Settings{byDefault, kubeflow}
}

// readConventions takes them from the controllers and access APIs of these namespaces. With an error come
// the usual ones.
func readConventions(ctx context.Context, cluster client.Reader, namespaces []string) (meshConventions, error) {
	installations, err := installation.Find(ctx, cluster, namespaces...)
	if err != nil {
		return conventionsOf(withoutController()), err
	}
	var settings []desired.Settings
	for _, i := range installations {
		settings = append(settings, i.Manager.Settings())
		if i.KFAM != nil {
			settings = append(settings, i.KFAM.Settings())
		}
	}
	if len(settings) == 0 {
		settings = withoutController()
	}
	return conventionsOf(settings), nil
}

func conventionsOf(all []desired.Settings) meshConventions {
	c := meshConventions{prefixes: []string{""}, trustDomains: []string{"cluster.local"}}
	for _, s := range all {
		c.userKeys = append(c.userKeys, "request.headers["+s.UserIDHeader+"]")
		c.groupKeys = append(c.groupKeys, "request.auth.claims["+s.GroupsClaim+"]")
		c.prefixes = append(c.prefixes, s.UserIDPrefix)
		c.entries = append(c.entries, s.IngressGatewayPrincipal)
		c.gateways = append(c.gateways, s.IngressGatewayPrincipal, s.KFPUIPrincipal)
		if s.TrustDomain != "" {
			c.trustDomains = append(c.trustDomains, s.TrustDomain)
		}
	}
	return c
}

// isUser tells whether a condition is on the user header. HTTP does not care for the case of a
// header's name.
func (m meshConventions) isUser(key string) bool {
	return slices.ContainsFunc(m.userKeys, func(known string) bool { return strings.EqualFold(known, key) })
}

func (m meshConventions) isGroup(key string) bool { return slices.Contains(m.groupKeys, key) }

// names tells whether a value of the user header, maybe a pattern, is a user's. A prefix that
// the installation does not know any more may stand in front of a person's name as well.
func (m meshConventions) names(value, user string) bool {
	if value == anyValue {
		return true
	}
	if user == "" {
		return false
	}
	return slices.ContainsFunc(m.prefixes, func(prefix string) bool { return matches(value, prefix+user) }) ||
		strings.HasSuffix(value, ":"+user) && !strings.Contains(value, accountPrefix)
}

// isEntry tells whether a principal, maybe a pattern, takes in an ingress gateway.
func (m meshConventions) isEntry(principal string) bool {
	return slices.ContainsFunc(m.entries, func(gateway string) bool { return matches(principal, gateway) })
}

// hasEntry tells the same of a namespace.
func (m meshConventions) hasEntry(namespace string) bool {
	return slices.ContainsFunc(m.entries, func(gateway string) bool {
		parts := strings.Split(gateway, "/")
		return len(parts) == 5 && parts[1] == "ns" && matches(namespace, parts[2])
	})
}

// isProgram tells whether the pods of a service account have a principal, maybe a pattern.
func (m meshConventions) isProgram(principal, namespace, name string) bool {
	path := "/ns/" + namespace + "/sa/" + name
	return strings.HasSuffix(principal, path) ||
		slices.ContainsFunc(m.trustDomains, func(domain string) bool { return matches(principal, domain+path) })
}

// anyValue is the pattern for whatever is there.
const anyValue = "*"

// matches compares as Istio does: a '*' at one end of a value stands for anything there.
func matches(pattern, value string) bool {
	switch {
	case pattern == anyValue:
		return true
	case strings.HasPrefix(pattern, "*"):
		return strings.HasSuffix(value, pattern[1:])
	case strings.HasSuffix(pattern, "*"):
		return strings.HasPrefix(value, pattern[:len(pattern)-1])
	default:
		return pattern == value
	}
}

const usualRoot = "istio-system"

// rootNamespace is the one whose policies count in all namespaces. With an error comes the usual one.
func rootNamespace(ctx context.Context, cluster client.Reader) (string, error) {
	mesh := &corev1.ConfigMap{}
	if err := cluster.Get(ctx, client.ObjectKey{Namespace: "istio-system", Name: "istio"}, mesh); client.IgnoreNotFound(err) != nil {
		return usualRoot, fmt.Errorf("read the settings of the mesh: %w", err)
	}
	settings := struct {
		RootNamespace string `json:"rootNamespace"`
	}{}
	// What cannot be read sets nothing, for Istio either.
	_ = yaml.Unmarshal([]byte(mesh.Data["mesh"]), &settings)
	return cmp.Or(settings.RootNamespace, usualRoot), nil
}
