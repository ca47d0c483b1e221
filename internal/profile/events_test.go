package profile

import (
	"strings"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/apply"
)

func reported(generation int64) *profilev1.Profile {
	p := testProfile("team")
	for _, c := range []profilev1.ConditionType{"NamespaceReady", "AccessReady"} {
		p.Status.Conditions = append(p.Status.Conditions, profilev1.ProfileCondition{Type: c, Status: "True", ObservedGeneration: generation})
	}
	return p
}

func outcomes(condition profilev1.ConditionType, o ...apply.Outcome) []result {
	return []result{{condition: condition, outcomes: o}}
}

func TestRepairsAreToldOnlyWhenNobodyChangedTheProfile(t *testing.T) {
	subjects := apply.Outcome{Kind: "RoleBinding", Name: "namespaceAdmin", Action: apply.Patched, Fields: []string{"subjects"}}
	missing := apply.Outcome{Kind: "ServiceAccount", Name: "default-editor", Action: apply.Created}
	unchanged := apply.Outcome{Kind: "RoleBinding", Name: "default-viewer", Action: apply.Unchanged}
	tests := map[string]struct {
		before  *profilev1.Profile
		results []result
		want    string
	}{
		"drift": {reported(3), outcomes("AccessReady", subjects, missing, unchanged),
			"RoleBinding namespaceAdmin was brought back to what the Profile says (subjects). ServiceAccount default-editor was missing and is back."},
		"the spec changed":     {reported(2), outcomes("AccessReady", subjects), ""},
		"the first time":       {testProfile("team"), outcomes("AccessReady", missing), ""},
		"nothing to do":        {reported(3), outcomes("AccessReady", unchanged), ""},
		"the namespace is new": {reported(3), outcomes("NamespaceReady", apply.Outcome{Kind: "Namespace", Name: "team", Action: apply.Created}), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var notes []string
			for _, r := range repairs(test.before, test.results) {
				notes = append(notes, r.note)
			}
			if got := strings.Join(notes, " "); got != test.want {
				t.Errorf("repairs = %q, want %q", got, test.want)
			}
		})
	}
}

func TestAChangeOfOwnerIsAChangeOfTheSpec(t *testing.T) {
	subjects := outcomes("AccessReady", apply.Outcome{Kind: "RoleBinding", Name: "namespaceAdmin", Action: apply.Patched, Fields: []string{"annotations", "subjects"}})
	other := outcomes("AccessReady", apply.Outcome{Kind: "RoleBinding", Name: "default-editor", Action: apply.Patched, Fields: []string{"subjects"}})
	if !ownerChanged(reported(2), subjects) {
		t.Error("a new owner in the spec is not told")
	}
	if ownerChanged(reported(3), subjects) {
		t.Error("a binding that somebody edited is told as a change of owner")
	}
	if ownerChanged(reported(2), other) || ownerChanged(testProfile("team"), subjects) {
		t.Error("a change that is none of the owner's, or a first report, is told as a change of owner")
	}
}
