package contributor

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func TestLegacyNameIsTheOneThatExistingObjectsHave(t *testing.T) {
	tests := map[string]Contributor{
		"user-user1-example-com-clusterrole-edit": {Kind: "User", Name: "user1@example.com", Role: "edit"},
		"user-a-b-x-clusterrole-admin":            {Kind: "User", Name: "A.b@x", Role: "admin"},
		"user-a-clusterrole-view":                 {Kind: "User", Name: "a.", Role: "view"},
		"group-data-science-clusterrole-view":     {Kind: "Group", Name: "data & science", Role: "view"},
	}
	for want, c := range tests {
		if got := LegacyName(c); got != want {
			t.Errorf("%+v: got %q, want %q", c, got, want)
		}
	}
}

func TestObjectNamesNeverCollide(t *testing.T) {
	seen := map[string]Contributor{}
	for _, name := range []string{"a.b@x", "a-b@x", "A.b@x", "a.b@x.", "a_b@x", "ab@x", "ユーザー", "ユーザ", strings.Repeat("a", 300), strings.Repeat("a", 301)} {
		for _, kind := range []string{"User", "Group"} {
			for _, role := range []tenancy.Role{"admin", "edit", "view"} {
				c := Contributor{Namespace: "n", Kind: kind, Name: name, Role: role}
				object := ObjectName(c)
				if other, taken := seen[object]; taken {
					t.Errorf("%+v and %+v have the name %q", c, other, object)
				}
				seen[object] = c
				if complaints := validation.IsDNS1123Subdomain(object); len(complaints) > 0 {
					t.Errorf("%+v: %q is no name for a policy: %v", c, object, complaints)
				}
			}
		}
	}
}

func TestObjectNameBeginsWithTheNameThatPeopleKnow(t *testing.T) {
	c := Contributor{Kind: "User", Name: "user1@example.com", Role: "edit"}
	if got := ObjectName(c); !strings.HasPrefix(got, LegacyName(c)+"-") {
		t.Errorf("got %q", got)
	}
}
