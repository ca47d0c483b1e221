package cli

import (
	rbacv1 "k8s.io/api/rbac/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// grantedContributor is one who was added in the dashboard, by the access API.
type grantedContributor struct {
	contributor.Contributor
	// binding is the name of the RoleBinding that makes them one.
	binding string
}

// granted are the contributors whom role bindings of a Profile's namespace make so, and neither
// spec.contributors nor spec.owner.
func granted(p *profilev1.Profile, bindings []rbacv1.RoleBinding) []grantedContributor {
	var all []grantedContributor
	for i := range bindings {
		b := &bindings[i]
		c, err := contributor.Read(b)
		if err != nil || contributor.Declared(b) || ownedBy(b, p.UID) || isOwners(b, c, p) {
			continue
		}
		all = append(all, grantedContributor{c, b.Name})
	}
	return all
}

// isOwners tells whether a binding is the owner's, which an earlier controller may have left without
// an owner reference.
func isOwners(b *rbacv1.RoleBinding, c contributor.Contributor, p *profilev1.Profile) bool {
	return b.Name == tenancy.OwnerRoleBinding && c.Kind == p.Spec.Owner.Kind && c.Name == p.Spec.Owner.Name
}
