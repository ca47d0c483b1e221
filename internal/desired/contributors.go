package desired

import (
	"fmt"
	"slices"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// ContributorObjects are what the contributors of a Profile have in its namespace: a
// binding and a policy of the same name each.
type ContributorObjects struct {
	RoleBindings []*rbacv1.RoleBinding
	Policies     []*istiov1beta1.AuthorizationPolicy
}

// Has tells whether an object of that name is among them.
func (c ContributorObjects) Has(name string) bool {
	return slices.ContainsFunc(c.RoleBindings, func(b *rbacv1.RoleBinding) bool { return b.Name == name })
}

// Contributors returns the objects of the contributors that the Profile declares, and an
// error about the first that cannot be bound safely; the others are returned all the same.
func Contributors(p *profilev1.Profile, s Settings) (ContributorObjects, error) {
	var objects ContributorObjects
	var invalid error
	for i, declared := range p.Spec.Contributors {
		c := contributor.Contributor{Namespace: p.Name, Kind: declared.Kind, Name: declared.Name, Role: tenancy.Role(declared.Role)}
		if err := c.Check(); err != nil {
			if invalid == nil {
				invalid = fmt.Errorf("spec.contributors[%d]: %w", i, err)
			}
			continue
		}
		if binding := contributor.RoleBinding(c); !objects.Has(binding.Name) {
			policy := contributor.Policy(c, contributorSettings(s))
			for _, o := range []metav1.Object{binding, policy} {
				contributor.MarkDeclared(o)
				o.SetOwnerReferences([]metav1.OwnerReference{ownerReference(p)})
			}
			objects.RoleBindings = append(objects.RoleBindings, binding)
			objects.Policies = append(objects.Policies, policy)
		}
	}
	return objects, invalid
}

func contributorSettings(s Settings) contributor.Settings {
	return contributor.Settings{UserIDHeader: s.UserIDHeader, UserIDPrefix: s.UserIDPrefix, GroupsClaim: s.GroupsClaim,
		IngressGatewayPrincipal: s.IngressGatewayPrincipal, KFPUIPrincipal: s.KFPUIPrincipal}
}
