package trustpolicy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRevoke states each edit as one replacement in a real-shaped policy.
func TestRevoke(t *testing.T) {
	tests := map[string]struct {
		policy           string
		subjects         []string
		old, replacement string
	}{
		"one of two":                                {"old-controller", []string{alice}, `"` + alice + `",`, ``},
		"the last of two":                           {"old-controller", []string{bob}, `,"` + bob + `"`, ``},
		"both of two":                               {"old-controller", []string{bob, alice}, `"` + alice + `","` + bob + `"`, `"` + Nobody + `"`},
		"a single string":                           {"eksctl", []string{runner}, `"` + runner + `"`, `"` + Nobody + `"`},
		"an exact value under StringLike":           {"terraform", []string{runner}, `"` + runner + `",` + "\n            ", ``},
		"what only a pattern gives":                 {"terraform", []string{Subject("team-a", "default-editor")}, "", ""},
		"only this cluster's statement":             {"two-clusters", []string{alice}, `0123456789ABCDEF:sub": ["` + alice + `"]`, `0123456789ABCDEF:sub": ["` + Nobody + `"]`},
		"another cluster's subject":                 {"two-clusters", []string{bob}, "", ""},
		"nothing for this cluster":                  {"pod-identity", []string{alice}, "", ""},
		"nothing in a single statement":             {"single-object", []string{alice}, "", ""},
		"Deny is left alone":                        {"deny", []string{alice}, "", ""},
		"further conditions are left alone":         {"further-conditions", []string{alice}, "", ""},
		"an escaped subject":                        {"escapes-and-space", []string{bob}, `"system\u003aserviceaccount:bob:default-editor"`, `"` + Nobody + `"`},
		"several principals":                        {"several-principals", []string{bob}, `,"` + bob + `"`, ``},
		"ForAnyValue is edited, IfExists not":       {"careful-operators", []string{alice}, `"ForAnyValue:StringLike":{"` + ours.Issuer + `:sub":["` + alice + `"]}`, `"ForAnyValue:StringLike":{"` + ours.Issuer + `:sub":["` + Nobody + `"]}`},
		"a subject that is not there":               {"old-controller", []string{carol}, "", ""},
		"an open role has nothing to take away":     {"guide-open", []string{alice}, "", ""},
		"exceptions and another account's provider": {"excepting", []string{alice, Subject("team-a", "default-editor")}, "", ""},
		"no subjects":                               {"old-controller", nil, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			policy := realShaped(t, test.policy)
			want := policy
			if test.old != "" {
				want = splice(t, policy, test.old, test.replacement)
			}
			got, err := Revoke([]byte(policy), ours, test.subjects)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("Revoke differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRevokeFromConditions is about one statement: what becomes of its conditions when
// alice and bob are revoked. An empty want means that it is left alone.
func TestRevokeFromConditions(t *testing.T) {
	tests := map[string]struct{ conditions, want string }{
		"middle of a list":         {`"StringEquals":{SUB:[CAROL, ALICE, "x"]}`, `"StringEquals":{SUB:[CAROL, "x"]}`},
		"start of a list":          {`"StringEquals":{SUB:[ ALICE , BOB , CAROL ]}`, `"StringEquals":{SUB:[ CAROL ]}`},
		"both ends":                {`"StringEquals":{SUB:[ALICE,CAROL,BOB]}`, `"StringEquals":{SUB:[CAROL]}`},
		"repeated":                 {`"StringEquals":{SUB:[ALICE,ALICE]}`, `"StringEquals":{SUB:[NOBODY]}`},
		"a pattern remains":        {`"StringLike":{SUB:[ALICE,"*:carol:*"]}`, `"StringLike":{SUB:["*:carol:*"]}`},
		"the closing mark remains": {`"StringEquals":{SUB:[NOBODY,ALICE]}`, `"StringEquals":{SUB:[NOBODY]}`},
		"under two operators":      {`"StringEquals":{SUB:ALICE},"StringLike":{SUB:[ALICE,BOB]}`, `"StringEquals":{SUB:NOBODY},"StringLike":{SUB:[NOBODY]}`},
		"a list that was a string": {`"StringEquals":{SUB:[CAROL` + wrapped + `ALICE,BOB]}`, `"StringEquals":{SUB:CAROL}`},
		"closed, as it was":        {`"StringEquals":{SUB:[BOB` + wrapped + `ALICE]}`, `"StringEquals":{SUB:NOBODY}`},
		"any audience":             {`"StringLike":{AUD:"*",SUB:BOB}`, `"StringLike":{AUD:"*",SUB:NOBODY}`},
		"open by a pattern anyway": {`"StringLike":{SUB:[ALICE,"*"]}`, ``},
		"IfExists":                 {`"StringLikeIfExists":{SUB:[ALICE,CAROL]}`, ``},
		"ForAllValues":             {`"ForAllValues:StringEquals":{SUB:[ALICE,CAROL]}`, ``},
		"negative":                 {`"StringNotEquals":{SUB:[ALICE,CAROL]}`, ``},
		"further condition":        {`"StringEquals":{SUB:[ALICE,CAROL]},"Bool":{"aws:SecureTransport":"true"}`, ``},
		"in another key":           {`"StringEquals":{SUB:CAROL,AUD:ALICE}`, ``},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := when(test.want)
			if test.want == "" {
				want = when(test.conditions)
			}
			got, err := Revoke([]byte(when(test.conditions)), ours, []string{alice, bob})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("Revoke differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRevokeKeepsAStatement covers statements of our own that cannot go, or are not
// quite ours.
func TestRevokeKeepsAStatement(t *testing.T) {
	own := ownStatement(ourSid, DefaultAudience, alice)
	closed := ownStatement(ourSid, DefaultAudience, Nobody)
	second := ownStatement(ourSid+"2", "x", alice)
	foreign := `{"Sid":"` + ourSid + `3","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`
	changed := splice(t, own, `"Effect"`, `"Note":"ours no more","Effect"`)
	tests := map[string]struct{ policy, want string }{
		"the only one, in a list":        {`{"Statement":[` + own + `]}`, `{"Statement":[` + closed + `]}`},
		"the only one, as an object":     {`{"Statement":` + own + `}`, `{"Statement":` + closed + `}`},
		"one of two, both emptied":       {`{"Statement":[` + own + `, ` + second + `]}`, `{"Statement":[` + closed + `]}`},
		"first of a list":                {`{"Statement":[ ` + own + `, ` + foreign + ` ]}`, `{"Statement":[ ` + foreign + ` ]}`},
		"beside a single statement":      {`{"Statement":[` + foreign + wrapped + own + `]}`, `{"Statement":` + foreign + `}`},
		"somebody added to it":           {`{"Statement":[` + foreign + `,` + changed + `]}`, `{"Statement":[` + foreign + `,` + splice(t, changed, alice, Nobody) + `]}`},
		"the Sid of another issuer":      {`{"Statement":[` + foreign + `,` + splice(t, own, ourSid, "KubeflowProfiles00000000") + `]}`, `{"Statement":[` + foreign + `,` + splice(t, closed, ourSid, "KubeflowProfiles00000000") + `]}`},
		"a Sid that only begins as ours": {`{"Statement":[` + foreign + `,` + splice(t, own, ourSid, ourSid+"x") + `]}`, `{"Statement":[` + foreign + `,` + splice(t, closed, ourSid, ourSid+"x") + `]}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Revoke([]byte(test.policy), ours, []string{alice})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("Revoke differs (-want +got):\n%s", diff)
			}
		})
	}
}
