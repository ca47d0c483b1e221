package interop

import (
	"path/filepath"
	"testing"

	"istio.io/istio/pkg/config/crd"
	rbacv1 "k8s.io/api/rbac/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// badName is a name that must never reach a policy.
type badName struct {
	// says is the name in words, for the document.
	says, name string
	// passesCRD is set where only the two programs refuse the name: the CRD's expressions
	// know the white space and control characters of ASCII.
	passesCRD bool
}

func badNames() []badName {
	return []badName{
		{"`*`, which Istio reads as anybody", "*", false},
		{"`*@example.com`, which Istio reads as everybody of a domain", "*@example.com", false},
		{"`ann*`, which Istio reads as everybody whose name begins so", "ann*", false},
		{"`a*n`, in the midst of which Istio reads no pattern today", "a*n", false},
		{"`**`", "**", false},
		{"an empty name, which Istio refuses", "", false},
		{"a space in front", " ann", false},
		{"a space behind", "ann ", false},
		{"a line break", "ann\nbob", false},
		{"a tab behind", "ann\t", false},
		{"a no-break space behind", "ann\u00a0", true},
		{"a control character outside ASCII (U+0085) in the midst", "a\u0085nn", true},
	}
}

// TestBadNamesReachNoPolicy shows each name as an owner's and as a contributor's, of a user and
// of a group, to the CRD, to the controller's decisions and to the access API's.
func TestBadNamesReachNoPolicy(t *testing.T) {
	schema, err := crd.NewValidatorFromFiles(filepath.Join("..", "..", "config", "crd", "kubeflow.org_profiles.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	takes := func(p *profilev1.Profile) bool {
		p.APIVersion, p.Kind = "kubeflow.org/v1", "Profile"
		return schema.ValidateCustomResource(p) == nil
	}
	admin := access.Caller{Kind: rbacv1.UserKind, Name: "root@example.com", Admin: true}
	for _, kind := range []string{rbacv1.UserKind, rbacv1.GroupKind} {
		if !takes(profileOf(rbacv1.Subject{Kind: kind, Name: "ann"}, profilev1.Contributor{Kind: kind, Name: "ann", Role: "edit"})) {
			t.Fatalf("the CRD refuses a harmless %s", kind)
		}
		for _, bad := range badNames() {
			owner := rbacv1.Subject{Kind: kind, Name: bad.name}
			owned := profileOf(owner)
			shared := profileOf(user("ann"), profilev1.Contributor{Kind: kind, Name: bad.name, Role: "edit"})
			contributors, invalid := desired.Contributors(shared, ownedByAnn().settings)
			for who, passes := range map[string]bool{
				"the controller, as owner":       tenancy.CheckOwner(owner) == nil,
				"the controller, as contributor": invalid == nil || len(contributors.Policies) > 0,
				"the access API, as owner":       access.Rules{}.MayRegister(admin, access.Registration{Name: profileName, Owner: owner}).Allowed(),
				"the access API, as contributor": access.CheckGrant(guest(kind, bad.name, tenancy.RoleEdit)) == nil,
			} {
				if passes {
					t.Errorf("%s lets pass the %s %q", who, kind, bad.name)
				}
			}
			for what, p := range map[string]*profilev1.Profile{"as owner": owned, "as contributor": shared} {
				if got := takes(p); got != bad.passesCRD {
					t.Errorf("the CRD takes the %s %q %s: %v, want %v", kind, bad.name, what, got, bad.passesCRD)
				}
			}
		}
	}
}
