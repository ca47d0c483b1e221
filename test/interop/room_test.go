package interop

import (
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

const (
	profileName = "team-a"
	userHeader  = "kubeflow-userid"
	groupsClaim = "groups"
)

// Who is who in the mesh.
var (
	gateway            = tenancy.IngressGatewayPrincipal(unset)
	pipelinesUI        = tenancy.KFPUIPrincipal(unset)
	notebookController = tenancy.NotebookControllerPrincipal(unset)
)

const (
	ownPod   = "cluster.local/ns/" + profileName + "/sa/default-editor"
	otherPod = "cluster.local/ns/team-b/sa/default-editor"
	knative  = "cluster.local/ns/knative-serving/sa/activator"
)

func unset(string) string { return "" }

// room is the namespace of a Profile: the policies in it, kept by what the product decides.
type room struct {
	settings desired.Settings
	policies []*istiov1beta1.AuthorizationPolicy
}

func newRoom(p *profilev1.Profile) *room {
	return newRoomWith(p, desired.Settings{UserIDHeader: userHeader, GroupsClaim: groupsClaim, IngressGatewayPrincipal: gateway,
		KFPUIPrincipal: pipelinesUI, NotebookControllerPrincipal: notebookController, Mesh: true})
}

func newRoomWith(p *profilev1.Profile, settings desired.Settings) *room {
	r := &room{settings: settings}
	return r.reconcile(p)
}

// reconcile does with the policies what the controller does when it looks at the Profile.
func (r *room) reconcile(p *profilev1.Profile) *room {
	contributors, _ := desired.Contributors(p, r.settings)
	r.policies = slices.DeleteFunc(r.policies, func(policy *istiov1beta1.AuthorizationPolicy) bool {
		return contributor.Declared(policy) && !contributors.Has(policy.Name)
	})
	r.put(desired.OwnerPolicy(p, r.settings))
	r.put(contributors.Policies...)
	return r
}

// grant and revoke do what the access API does.
func (r *room) grant(c contributor.Contributor) *room {
	r.put(contributor.Policy(c, contributor.Settings{UserIDHeader: r.settings.UserIDHeader, UserIDPrefix: r.settings.UserIDPrefix,
		GroupsClaim: r.settings.GroupsClaim, IngressGatewayPrincipal: r.settings.IngressGatewayPrincipal, KFPUIPrincipal: r.settings.KFPUIPrincipal}))
	return r
}

func (r *room) revoke(c contributor.Contributor) *room {
	r.policies = slices.DeleteFunc(r.policies, func(policy *istiov1beta1.AuthorizationPolicy) bool {
		found, ok := contributor.ReadPolicy(policy)
		return ok && found == c
	})
	return r
}

func (r *room) put(policies ...*istiov1beta1.AuthorizationPolicy) {
	for _, policy := range policies {
		r.policies = slices.DeleteFunc(r.policies, func(present *istiov1beta1.AuthorizationPolicy) bool { return present.Name == policy.Name })
		r.policies = append(r.policies, policy)
	}
}

func sidecarOf(t *testing.T, r *room, mesh meshSettings) sidecar {
	t.Helper()
	return generate(t, mesh, r.policies)
}

func profileOf(owner rbacv1.Subject, contributors ...profilev1.Contributor) *profilev1.Profile {
	return &profilev1.Profile{
		ObjectMeta: metav1.ObjectMeta{Name: profileName, UID: "3a1f"},
		Spec:       profilev1.ProfileSpec{Owner: owner, Contributors: contributors},
	}
}

func user(name string) rbacv1.Subject { return rbacv1.Subject{Kind: rbacv1.UserKind, Name: name} }

func guest(kind, name string, role tenancy.Role) contributor.Contributor {
	return contributor.Contributor{Namespace: profileName, Kind: kind, Name: name, Role: role}
}
