package trustpolicy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGrant states each edit as one replacement in the policy; all else must stay.
func TestGrant(t *testing.T) {
	aud, sub := `"`+ours.Issuer+`:aud"`, `"`+ours.Issuer+`:sub"`
	own := func(subjects ...string) string { return ownStatement(ourSid, DefaultAudience, subjects...) }
	tests := map[string]struct {
		policy   string
		subjects []string
		// old is replaced by replacement; none means that nothing changes.
		old, replacement string
	}{
		"the guide's role is closed": {
			"guide-open", []string{alice},
			aud + `: "sts.amazonaws.com"`,
			aud + `: "sts.amazonaws.com",` + "\n            " + sub + `: ["` + alice + `"]`,
		},
		"a single string becomes a list": {
			"eksctl", []string{alice, bob},
			`"` + runner + `"`, `["` + runner + "\"\t,\"" + alice + `","` + bob + `"]`,
		},
		"a StringLike list is joined": {
			"terraform", []string{Subject("kubeflow", "other")},
			`"system:serviceaccount:team-*:default-editor"`,
			`"system:serviceaccount:team-*:default-editor",` + "\n            " + `"system:serviceaccount:kubeflow:other"`,
		},
		"a pattern that covers the subject is enough": {"terraform", []string{Subject("team-a", "default-editor")}, "", ""},
		"an exact value under StringLike is enough":   {"terraform", []string{runner}, "", ""},
		"only this cluster's statement": {
			"two-clusters", []string{alice, bob},
			`0123456789ABCDEF:sub": ["` + alice + `"]`, `0123456789ABCDEF:sub": ["` + alice + `","` + bob + `"]`,
		},
		"no web identity yet": {
			"pod-identity", []string{alice, bob},
			"            ]\n        }\n", "            ]\n        },\n        " + own(alice, bob) + "\n",
		},
		"a single statement becomes a list": {
			"single-object", []string{alice},
			`{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`,
			`[{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}` + wrapped + own(alice) + `]`,
		},
		"Deny is not a grant": {
			"deny", []string{alice},
			"3.60e3}}}", "3.60e3}}},\n    " + own(alice),
		},
		"further conditions are left alone": {
			"further-conditions", []string{alice},
			`"198.51.100.0/24"]}}}`, `"198.51.100.0/24"]}}},` + "\n    " + own(alice),
		},
		"escapes, case and white space": {
			"escapes-and-space", []string{alice},
			`"system\u003aserviceaccount:bob:default-editor"`, `"system\u003aserviceaccount:bob:default-editor", "` + alice + `"`,
		},
		"an escaped subject is already there": {"escapes-and-space", []string{bob}, "", ""},
		"sts:* is not joined": {
			"wildcards", []string{alice},
			`"o-a1b2c3d4e5"}}}`, `"o-a1b2c3d4e5"}}},` + "\n    " + own(alice),
		},
		"a pattern under sts:* is enough": {"wildcards", []string{Subject("x", "default-viewer")}, "", ""},
		"several principals are not joined or closed": {
			"several-principals", []string{carol},
			`"Action":"sts:AssumeRoleWithWebIdentity"}` + "\n]",
			`"Action":"sts:AssumeRoleWithWebIdentity"},` + "\n " + own(carol) + "\n]",
		},
		"several principals can be enough": {"several-principals", []string{alice}, "", ""},
		"careful operators are not joined": {
			"careful-operators", []string{alice},
			`"NotAction":"sts:TagSession"}`, `"NotAction":"sts:TagSession"},` + "\n " + own(alice),
		},
		"the old controller's list is joined": {
			"old-controller", []string{carol},
			`"` + bob + `"]`, `"` + bob + `","` + carol + `"]`,
		},
		"a repeated subject counts once": {
			"old-controller", []string{carol, bob, carol},
			`"` + bob + `"]`, `"` + bob + `","` + carol + `"]`,
		},
		"neither a pattern with exceptions nor another account's provider is enough": {
			"excepting", []string{Subject("team-a", "default-editor"), alice},
			"\n    }\n  ]", "\n    },\n    " + own(Subject("team-a", "default-editor"), alice) + "\n  ]",
		},
		"no subjects": {"guide-open", nil, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			policy := realShaped(t, test.policy)
			want := policy
			if test.old != "" {
				want = splice(t, policy, test.old, test.replacement)
			}
			got, err := Grant([]byte(policy), ours, DefaultAudience, test.subjects)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("Grant differs (-want +got):\n%s", diff)
			}
		})
	}
}

// one returns a policy with one statement for ours: its principal, action and condition,
// and whatever else.
func one(principal, action, rest string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":` + action + rest + `}]}`
}

// when returns a policy with one ordinary statement for ours under conditions, in which
// SUB and AUD stand for the keys.
func when(conditions string) string {
	return one(`{"Federated":"`+ours.ARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`, `,"Condition":{`+withKeys(conditions)+`}`)
}

func withKeys(text string) string {
	return strings.NewReplacer("SUB", `"`+ours.Issuer+`:sub"`, "AUD", `"`+ours.Issuer+`:aud"`,
		"ALICE", `"`+alice+`"`, "BOB", `"`+bob+`"`, "CAROL", `"`+carol+`"`,
		"NOBODY", `"`+Nobody+`"`, "STS", `"`+DefaultAudience+`"`, "THEIRS", theirs.Issuer).Replace(text)
}

// appended returns a policy with a statement after its last.
func appended(policy, statement string) string {
	return strings.TrimSuffix(policy, "]}") + "," + statement + "]}"
}

// TestGrantCloses lists the statements that are open, and what becomes of them.
func TestGrantCloses(t *testing.T) {
	federated, action := `{"Federated":"`+ours.ARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`
	own := ownStatement(ourSid, DefaultAudience, alice)
	both := withKeys(`"StringEquals":{AUD:STS,SUB:[ALICE]}`)
	tests := map[string]struct{ policy, want string }{
		"audience only": {when(`"StringEquals":{AUD:STS}`), when(`"StringEquals":{AUD:STS,SUB:[ALICE]}`)},
		"audience under a careful operator": {
			when(`"ForAnyValue:StringLike":{AUD:STS}`),
			appended(when(`"ForAnyValue:StringLike":{AUD:STS},"StringEquals":{SUB:[ALICE]}`), own),
		},
		"audience under StringLike": {
			when(`"StringLike":{AUD:STS}`), when(`"StringLike":{AUD:STS},"StringEquals":{SUB:[ALICE]}`),
		},
		"operator in another case":  {when(`"stringEQUALS" : { AUD : STS }`), when(`"stringEQUALS" : { AUD : STS, SUB : [ALICE] }`)},
		"another audience stays":    {when(`"StringEquals":{AUD:"x"}`), appended(when(`"StringEquals":{AUD:"x",SUB:[ALICE]}`), own)},
		"one of several audiences":  {when(`"StringEquals":{AUD:["x",STS]}`), when(`"StringEquals":{AUD:["x",STS],SUB:[ALICE]}`)},
		"no condition":              {one(federated, action, ``), one(federated, action, `,"Condition":{`+both+`}`)},
		"empty condition":           {one(federated, action, `,"Condition":{}`), one(federated, action, `,"Condition":{`+both+`}`)},
		"empty operator":            {when(`"StringEquals":{ }`), strings.Replace(when(both), `]}}}]}`, `] }}}]}`, 1)},
		"several actions":           {one(federated, `["sts:TagSession",`+action+`]`, ``), one(federated, `["sts:TagSession",`+action+`]`, `,"Condition":{`+both+`}`)},
		"an unknown element":        {one(federated, action, `,"Comment":"x"`), appended(one(federated, action, `,"Comment":"x","Condition":{`+both+`}`), own)},
		"further condition":         {when(`"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`), appended(when(`"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`), own)},
		"negative condition":        {when(`"StringNotEquals":{SUB:BOB}`), appended(when(`"StringNotEquals":{SUB:BOB}`), own)},
		"another principal":         {one(`{"Federated":"`+ours.ARN+`","Service":"ec2.amazonaws.com"}`, action, ``), appended(one(`{"Federated":"`+ours.ARN+`","Service":"ec2.amazonaws.com"}`, action, ``), own)},
		"everybody":                 {one(`"*"`, action, ``), appended(one(`"*"`, action, ``), own)},
		"misspelled element":        {one(federated, action, `,"condition":{}`), appended(one(federated, action, `,"condition":{}`), own)},
		"the provider listed twice": {one(`{"Federated":["`+ours.ARN+`","`+ours.ARN+`"]}`, action, ``), one(`{"Federated":["`+ours.ARN+`","`+ours.ARN+`"]}`, action, `,"Condition":{`+both+`}`)},
		"no statement at all":       {`{"Statement":[]}`, `{"Statement":[` + own + `]}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Grant([]byte(test.policy), ours, DefaultAudience, []string{alice})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("Grant differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGrantJoins lists when a statement that names subjects is joined: want is what
// becomes of its conditions, or empty when Grant adds a statement of its own instead.
func TestGrantJoins(t *testing.T) {
	tests := map[string]struct{ conditions, want string }{
		"list":                        {`"StringEquals":{AUD:STS,SUB:[BOB]}`, `"StringEquals":{AUD:STS,SUB:[BOB,ALICE]}`},
		"string":                      {`"StringEquals":{AUD:STS,SUB:BOB}`, `"StringEquals":{AUD:STS,SUB:[BOB` + wrapped + `ALICE]}`},
		"string with an escape":       {`"StringEquals":{AUD:STS,SUB:"system\u003aserviceaccount:x:y"}`, `"StringEquals":{AUD:STS,SUB:["system\u003aserviceaccount:x:y"` + wrapped + `ALICE]}`},
		"pattern that does not cover": {`"StringLike":{AUD:[STS],SUB:"*:bob:*"}`, `"StringLike":{AUD:[STS],SUB:["*:bob:*"` + wrapped + `ALICE]}`},
		"closed string":               {`"StringEquals":{AUD:STS,SUB:NOBODY}`, `"StringEquals":{AUD:STS,SUB:ALICE}`},
		"closed list":                 {`"StringEquals":{AUD:STS,SUB:[ NOBODY ]}`, `"StringEquals":{AUD:STS,SUB:[ ALICE ]}`},
		"closed with company":         {`"StringEquals":{AUD:STS,SUB:[NOBODY,BOB]}`, `"StringEquals":{AUD:STS,SUB:[NOBODY,BOB,ALICE]}`},
		"numbers keep their spelling": {`"StringEquals":{AUD:STS,SUB:[1.0e1, true]}`, `"StringEquals":{AUD:STS,SUB:[1.0e1, true, ALICE]}`},
		"no audience":                 {`"StringEquals":{SUB:[BOB]}`, ``},
		"another audience":            {`"StringEquals":{AUD:"x",SUB:[BOB]}`, ``},
		"one more audience":           {`"StringEquals":{AUD:[STS,"x"],SUB:[BOB]}`, ``},
		"audience by pattern":         {`"StringLike":{AUD:"sts*",SUB:[BOB]}`, ``},
		"two conditions on audience":  {`"StringEquals":{AUD:STS,SUB:[BOB]},"StringLike":{AUD:STS}`, ``},
		"two conditions on subject":   {`"StringEquals":{AUD:STS,SUB:[BOB]},"StringLike":{SUB:"*bob*"}`, ``},
		"IfExists on the subject":     {`"StringEquals":{AUD:STS},"StringEqualsIfExists":{SUB:[BOB]}`, ``},
		"ForAllValues on the subject": {`"StringEquals":{AUD:STS},"ForAllValues:StringLike":{SUB:[BOB]}`, ``},
		"ForAnyValue on the subject":  {`"StringEquals":{AUD:STS},"ForAnyValue:StringEquals":{SUB:[BOB]}`, ``},
		"IfExists on the audience":    {`"StringEqualsIfExists":{AUD:STS},"StringEquals":{SUB:[BOB]}`, ``},
		"case ignored":                {`"StringEquals":{AUD:STS},"StringEqualsIgnoreCase":{SUB:[BOB]}`, ``},
		"policy variable":             {`"StringEquals":{AUD:STS,SUB:"${THEIRS:sub}"}`, ``},
		"further condition":           {`"StringEquals":{AUD:STS,SUB:[BOB],"aws:PrincipalTag/x":"y"}`, ``},
		"no value":                    {`"StringEquals":{AUD:STS,SUB:[]}`, ``},
		"no audience at all":          {`"StringEquals":{AUD:[],SUB:[BOB]}`, ``},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			policy := when(test.conditions)
			want := when(test.want)
			if test.want == "" {
				want = appended(policy, ownStatement(ourSid, DefaultAudience, alice))
			}
			got, err := Grant([]byte(policy), ours, DefaultAudience, []string{alice})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("Grant differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGrantKeepsOutOfStatements lists statements that admit bob just as one of ours would,
// but also give or say something else.
func TestGrantKeepsOutOfStatements(t *testing.T) {
	federated, action := `{"Federated":"`+ours.ARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`
	bobs := `,"Condition":{` + withKeys(`"StringEquals":{AUD:STS,SUB:[BOB]}`) + `}`
	for name, policy := range map[string]string{
		"another action":                 one(federated, `[`+action+`,"sts:TagSession"]`, bobs),
		"more actions by a wildcard":     one(federated, `"sts:*"`, bobs),
		"another issuer":                 one(`{"Federated":["`+ours.ARN+`","`+theirs.ARN+`"]}`, action, bobs),
		"another kind of principal":      one(`{"Federated":"`+ours.ARN+`","AWS":"111122223333"}`, action, bobs),
		"everybody":                      one(`{"Federated":["`+ours.ARN+`","*"]}`, action, bobs),
		"only another issuer":            one(`{"Federated":"`+theirs.ARN+`"}`, action, bobs),
		"another account's provider":     one(`{"Federated":"`+abroad.ARN+`"}`, action, bobs),
		"an open one of another account": one(`{"Federated":"`+abroad.ARN+`"}`, action, ``),
		"an unknown element":             one(federated, action, bobs+`,"Comment":"x"`),
		"a resource":                     one(federated, action, bobs+`,"Resource":"*"`),
		"a misspelled element":           one(federated, action, bobs+`,"effect":"Deny"`),
	} {
		got, err := Grant([]byte(policy), ours, DefaultAudience, []string{alice})
		if want := appended(policy, ownStatement(ourSid, DefaultAudience, alice)); err != nil || string(got) != want {
			t.Errorf("%s: Grant = %s, %v; want %s", name, got, err, want)
		}
	}
}

// TestGrantIsContent lists conditions that admit a subject already.
func TestGrantIsContent(t *testing.T) {
	for _, conditions := range []string{
		`"StringEquals":{AUD:STS,SUB:[BOB,ALICE]}`,
		`"StringEquals":{SUB:ALICE}`,
		`"StringLike":{SUB:ALICE}`,
		`"StringEquals":{AUD:["x",STS],SUB:ALICE}`,
		`"StringLike":{AUD:"sts.*",SUB:"system:serviceaccount:alice:*"}`,
		`"StringLike":{SUB:"*"}`,
		`"StringLike":{SUB:"*"},"StringEquals":{SUB:ALICE}`,
	} {
		policy := when(conditions)
		got, err := Grant([]byte(policy), ours, DefaultAudience, []string{alice})
		if err != nil || string(got) != policy {
			t.Errorf("%s: Grant changed it to %s, %v", conditions, got, err)
		}
	}
}

// TestOwnStatements follows statements of our own through grants and revocations.
func TestOwnStatements(t *testing.T) {
	base := `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:TagSession"}]}`
	own := func(subjects ...string) string { return ownStatement(ourSid, DefaultAudience, subjects...) }
	other := func(subjects ...string) string { return ownStatement(ourSid+"2", "x", subjects...) }
	steps := []struct {
		name     string
		audience string
		grant    string
		revoke   string
		want     string
	}{
		{"the first subject brings a statement", DefaultAudience, alice, "", appended(base, own(alice))},
		{"the second joins it", DefaultAudience, bob, "", appended(base, own(alice, bob))},
		{"another audience gets another", "x", carol, "", appended(appended(base, own(alice, bob)), other(carol))},
		{"and is found again", "x", bob, "", appended(appended(base, own(alice, bob)), other(carol, bob))},
		{"revoke goes through both", "", "", bob, appended(appended(base, own(alice)), other(carol))},
		{"the emptied one goes", "", "", alice, appended(base, other(carol))},
		{"its Sid is free again", DefaultAudience, alice, "", appended(appended(base, other(carol)), own(alice))},
		{"and goes again", "", "", alice, appended(base, other(carol))},
		{"until the policy is what it was", "", "", carol, base},
	}
	policy := []byte(base)
	for _, step := range steps {
		var err error
		if step.grant != "" {
			policy, err = Grant(policy, ours, step.audience, []string{step.grant})
		} else {
			policy, err = Revoke(policy, ours, []string{step.revoke})
		}
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, string(policy)); diff != "" {
			t.Fatalf("%s: differs (-want +got):\n%s", step.name, diff)
		}
	}
}

// TestOwnStatementIsPreferred keeps what was granted in one place once there is one.
func TestOwnStatementIsPreferred(t *testing.T) {
	policy := appended(when(`"StringEquals":{AUD:STS,SUB:[BOB]}`), ownStatement(ourSid, DefaultAudience, alice))
	got, err := Grant([]byte(policy), ours, DefaultAudience, []string{carol})
	if err != nil {
		t.Fatal(err)
	}
	want := appended(when(`"StringEquals":{AUD:STS,SUB:[BOB]}`), ownStatement(ourSid, DefaultAudience, alice, carol))
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("Grant differs (-want +got):\n%s", diff)
	}
}
