package gcpworkloadidentity

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func wishFor(profile string, present bool) wish {
	return wish{grant: grant{poolProject: ownProject, member: member(ownProject, profile, "default-editor")}, profile: profile, present: present}
}

// edited edits a policy, and fails unless the result tells of itself what was wished.
func edited(t *testing.T, text string, wishes ...wish) string {
	t.Helper()
	before, err := newState([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	after, changed, err := before.edit(wishes)
	if err != nil {
		t.Fatal(err)
	}
	if changed == (string(after.text) == text) {
		t.Errorf("changed is %t, and the policy is %s", changed, after.text)
	}
	for _, w := range wishes {
		if got := after.judge(w); got != served {
			t.Errorf("after the edit a wish for %s is judged %d: %s", w.member, got, after.text)
		}
	}
	return string(after.text)
}

// bound is a binding of our role.
func bound(extra string, profiles ...string) string {
	var members []string
	for _, p := range profiles {
		members = append(members, fmt.Sprintf("%q", wishFor(p, true).member))
	}
	return fmt.Sprintf(`{"members":[%s],"role":"roles/iam.workloadIdentityUser"%s}`, strings.Join(members, ","), extra)
}

func bindingsOf(entries ...string) string {
	return fmt.Sprintf(`{"bindings":[%s],"etag":"BwUAAAAAAAE=","version":3}`, strings.Join(entries, ","))
}

const (
	viewer  = `{ "role": "roles/viewer", "members": ["user:a@example.com"], "future": {"b": 1.50, "a": "<&>"} }`
	until   = `,"condition":{"expression":"request.time < timestamp('2030-01-01T00:00:00Z')"}`
	unknown = `,"tomorrow":true`
)

func TestEdit(t *testing.T) {
	alice, bob := wishFor("alice", true), wishFor("bob", true)
	noAlice, noBob := wishFor("alice", false), wishFor("bob", false)
	compact := strings.NewReplacer(": ", ":", ", ", ",", "{ ", "{", " }", "}").Replace(viewer)
	tests := map[string]struct {
		policy string
		wishes []wish
		want   string
	}{
		"a policy that nobody ever set":                     {`{"etag":"ACAB"}`, []wish{alice}, `{"bindings":[` + bound("", "alice") + `],"etag":"ACAB","version":3}`},
		"added to the binding that is there":                {bindingsOf(viewer, bound("", "bob")), []wish{alice}, bindingsOf(compact, bound("", "bob", "alice"))},
		"there already":                                     {bindingsOf(viewer, bound("", "alice")), []wish{alice}, bindingsOf(viewer, bound("", "alice"))},
		"there already, in the second binding of two":       {bindingsOf(bound("", "bob"), bound("", "alice")), []wish{alice}, bindingsOf(bound("", "bob"), bound("", "alice"))},
		"nothing to take back":                              {bindingsOf(viewer), []wish{noAlice}, bindingsOf(viewer)},
		"taken out":                                         {bindingsOf(bound("", "bob", "alice")), []wish{noAlice}, bindingsOf(bound("", "bob"))},
		"the last one takes the binding along":              {bindingsOf(viewer, bound("", "alice")), []wish{noAlice}, bindingsOf(compact)},
		"the very last one leaves no bindings":              {bindingsOf(bound("", "alice")), []wish{noAlice}, `{"etag":"BwUAAAAAAAE=","version":3}`},
		"taken out wherever it was appended":                {bindingsOf(bound("", "alice"), bound("", "alice", "bob", "alice"), bound("", "alice")), []wish{noAlice}, bindingsOf(bound("", "bob"))},
		"one comes and one goes":                            {bindingsOf(bound("", "alice")), []wish{bob, noAlice}, bindingsOf(bound("", "bob"))},
		"a conditional binding is no reason to rest":        {bindingsOf(bound(until, "alice")), []wish{alice}, bindingsOf(bound(until, "alice"), bound("", "alice"))},
		"a conditional binding is not taken from":           {bindingsOf(bound(until, "alice")), []wish{noAlice}, bindingsOf(bound(until, "alice"))},
		"no condition can be written as null":               {bindingsOf(bound(`,"condition":null`, "bob")), []wish{alice}, bindingsOf(`{"condition":null,` + bound("", "bob", "alice")[1:])},
		"what is not understood gets no member":             {bindingsOf(bound(unknown, "alice")), []wish{alice}, bindingsOf(bound(unknown, "alice"), bound("", "alice"))},
		"what is not understood is taken from all the same": {bindingsOf(bound(unknown, "alice", "bob")), []wish{noAlice}, bindingsOf(bound(unknown, "bob"))},
		"an empty binding is filled":                        {bindingsOf(bound("")), []wish{alice}, bindingsOf(bound("", "alice"))},
		"other roles are others'":                           {bindingsOf(strings.Replace(bound("", "alice"), "workloadIdentityUser", "serviceAccountTokenCreator", 1)), []wish{noAlice, noBob}, bindingsOf(strings.Replace(bound("", "alice"), "workloadIdentityUser", "serviceAccountTokenCreator", 1))},
		"version 1 becomes 3":                               {`{"version":1,"etag":"AA=="}`, []wish{alice}, `{"bindings":[` + bound("", "alice") + `],"etag":"AA==","version":3}`},
		"all else stays":                                    {`{"x":[1, 2.0],"auditConfigs":[{"a":"<b>"}]}`, []wish{alice}, `{"auditConfigs":[{"a":"<b>"}],"bindings":[` + bound("", "alice") + `],"version":3,"x":[1,2.0]}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, edited(t, test.policy, test.wishes...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPoliciesThatAreLeftAlone(t *testing.T) {
	for _, text := range []string{``, `null`, `[]`, `"x"`, `{"bindings":7}`, `{"bindings":[7]}`, `{"bindings":[{"members":"x"}]}`, `{"bindings":[{"role":1}]}`,
		`{"version":"3"}`, `{"version":4}`} {
		if _, err := newState([]byte(text)); !errors.Is(err, errPolicy) {
			t.Errorf("%s: got %v, want errPolicy", text, err)
		}
	}
}

func TestPrincipalsAreCountedAsGoogleCountsThem(t *testing.T) {
	s, err := newState([]byte(foreignPolicy))
	if err != nil || s.principals != 4 {
		t.Errorf("counted %d, %v; want three members and one who is exempt from audit", s.principals, err)
	}
	s, err = newState([]byte(`{"bindings":[` + bound("", "alice", "alice") + `],"auditConfigs":"of tomorrow"}`))
	if err != nil || s.principals != 2 {
		t.Errorf("counted %d, %v; want each occurrence", s.principals, err)
	}
}

// almostFull is a policy with so many principals.
func almostFull(t *testing.T, n int) string {
	t.Helper()
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf("user:%d@example.com", i))
	}
	text, err := json.Marshal(map[string]any{"bindings": []any{map[string]any{"role": "roles/viewer", "members": members}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAFullPolicyServesThoseForWhomThereIsRoom(t *testing.T) {
	s, err := newState([]byte(almostFull(t, mostPrincipals-1)))
	if err != nil {
		t.Fatal(err)
	}
	s, changed, err := s.edit([]wish{wishFor("alice", true), wishFor("bob", true)})
	if err != nil || !changed || s.judge(wishFor("alice", true)) != served || s.judge(wishFor("bob", true)) != noRoom {
		t.Fatalf("%v, %t; alice is judged %d and bob %d", err, changed, s.judge(wishFor("alice", true)), s.judge(wishFor("bob", true)))
	}
	if s, changed, err = s.edit([]wish{wishFor("bob", true)}); err != nil || changed {
		t.Errorf("%v; changed %t", err, changed)
	}
	s, _, err = s.edit([]wish{wishFor("bob", true), wishFor("alice", false)})
	if err != nil || s.judge(wishFor("bob", true)) != served || s.principals != mostPrincipals {
		t.Errorf("%v; who goes makes no room: %d principals", err, s.principals)
	}
}
