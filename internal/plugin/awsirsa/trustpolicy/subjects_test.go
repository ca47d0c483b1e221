package trustpolicy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

func TestSubjectsOfRealShapedPolicies(t *testing.T) {
	teams := "system:serviceaccount:team-*:default-editor"
	tests := map[string]struct {
		want Admission
		open bool
	}{
		"careful-operators":  {Admission{Exact: []string{alice}, Elsewhere: []string{alice}}, true},
		"excepting":          {Admission{Patterns: []string{teams}}, false},
		"deny":               {Admission{}, false},
		"eksctl":             {Admission{Exact: []string{runner}}, false},
		"escapes-and-space":  {Admission{Exact: []string{bob}}, false},
		"further-conditions": {Admission{Elsewhere: []string{alice}}, false},
		"guide-open":         {Admission{}, true},
		"old-controller":     {Admission{Exact: []string{alice, bob}}, false},
		"pod-identity":       {Admission{}, false},
		"several-principals": {Admission{Exact: []string{alice, bob}}, true},
		"single-object":      {Admission{}, false},
		"terraform":          {Admission{Exact: []string{runner}, Patterns: []string{teams}}, false},
		"two-clusters":       {Admission{Exact: []string{alice}}, false},
		"wildcards":          {Admission{Patterns: []string{"system:serviceaccount:*:default-viewer"}}, true},
	}
	for name, policy := range allRealShaped(t) {
		test, ok := tests[name]
		if !ok {
			t.Errorf("nothing is said of %s", name)
			continue
		}
		checkSubjects(t, name, policy, test.want, test.open)
	}
}

func checkSubjects(t *testing.T, name, policy string, want Admission, open bool) {
	t.Helper()
	got, err := Subjects([]byte(policy), ours)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: Subjects differ (-want +got):\n%s", name, diff)
	}
	if got, err := Open([]byte(policy), ours); err != nil || got != open {
		t.Errorf("%s: Open = %v, %v", name, got, err)
	}
}

func TestSubjectsAndOpen(t *testing.T) {
	federated, action := `{"Federated":"`+ours.ARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`
	tests := map[string]struct {
		policy string
		want   Admission
		open   bool
	}{
		"closed":                     {when(`"StringEquals":{SUB:[NOBODY]}`), Admission{}, false},
		"repeated":                   {appended(when(`"StringEquals":{SUB:[ALICE,ALICE]}`), ownStatement("x", "y", alice)), Admission{Exact: []string{alice}}, false},
		"wildcard under equals":      {when(`"StringEquals":{SUB:"*"}`), Admission{Exact: []string{"*"}}, false},
		"variable under equals":      {when(`"StringEquals":{SUB:["a${aws:x}b"]}`), Admission{Patterns: []string{"a${aws:x}b"}}, false},
		"variable for everything":    {when(`"StringEquals":{SUB:["${x:sub}",ALICE]}`), Admission{Patterns: []string{"${x:sub}"}, Elsewhere: []string{alice}}, true},
		"literal star":               {when(`"StringLike":{SUB:"${*}"}`), Admission{Patterns: []string{"${*}"}}, false},
		"any service account":        {when(`"StringLike":{SUB:"system:serviceaccount:*:*"}`), Admission{Patterns: []string{"system:serviceaccount:*:*"}}, true},
		"any of one letter":          {when(`"StringLike":{SUB:"system:serviceaccount:?:?"}`), Admission{Patterns: []string{"system:serviceaccount:?:?"}}, false},
		"any with a letter at least": {when(`"StringLike":{SUB:"*:?*:?*"}`), Admission{Patterns: []string{"*:?*:?*"}}, true},
		"one condition is enough":    {when(`"StringLike":{SUB:"*"},"StringEquals":{SUB:ALICE}`), Admission{Exact: []string{alice}, Patterns: []string{"*"}}, false},
		"no value":                   {when(`"StringLike":{SUB:[]}`), Admission{}, false},
		"IfExists":                   {when(`"StringEqualsIfExists":{SUB:ALICE}`), Admission{Elsewhere: []string{alice}}, true},
		"ForAllValues":               {when(`"ForAllValues:StringEquals":{SUB:ALICE}`), Admission{Elsewhere: []string{alice}}, true},
		"ForAnyValue":                {when(`"ForAnyValue:StringEquals":{SUB:ALICE}`), Admission{Exact: []string{alice}}, false},
		"case ignored":               {when(`"StringEqualsIgnoreCase":{SUB:ALICE}`), Admission{Elsewhere: []string{alice}}, false},
		"negative":                   {when(`"StringNotEquals":{SUB:ALICE}`), Admission{}, true},
		"only a network":             {when(`"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`), Admission{}, true},
		"another claim of ours":      {when(`"StringEquals":{"` + ours.Issuer + `:amr":"x"}`), Admission{}, true},
		"another issuer's claim":     {when(`"StringEquals":{"THEIRS:sub":ALICE}`), Admission{}, false},
		"perhaps another's claim":    {when(`"StringEqualsIfExists":{"THEIRS:sub":ALICE}`), Admission{}, true},
		"everybody":                  {one(`{"AWS":"*"}`, `"*"`, `,"Condition":{`+withKeys(`"StringEquals":{SUB:ALICE}`)+`}`), Admission{Elsewhere: []string{alice}}, false},
		"everybody, open":            {one(`"*"`, `"*"`, ``), Admission{}, true},
		"federated everybody":        {one(`{"Federated":["*"]}`, action, ``), Admission{}, true},
		"another principal":          {one(`{"Federated":"`+theirs.ARN+`"}`, action, ``), Admission{}, false},
		"the ARN in another case":    {one(`{"Federated":"`+trusteval.FoldCase(ours.ARN)+`"}`, action, ``), Admission{}, false},
		"the ARN of another kind":    {one(`{"AWS":"`+ours.ARN+`"}`, action, ``), Admission{}, false},
		"another action":             {one(federated, `["sts:TagSession","sts:AssumeRole"]`, ``), Admission{}, false},
		"an action by wildcard":      {one(federated, `"Sts:Assume*"`, ``), Admission{}, true},
		"not an Allow":               {splice(t, when(``), `"Allow"`, `"allow"`), Admission{}, false},
		"NotPrincipal of others":     {`{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"x"},"Action":"*"}}`, Admission{}, true},
		"NotPrincipal of ours":       {`{"Statement":{"Effect":"Allow","NotPrincipal":` + federated + `,"Action":"*"}}`, Admission{}, false},
		"NotAction of others":        {`{"Statement":{"Effect":"Allow","Principal":` + federated + `,"NotAction":"sts:TagSession"}}`, Admission{}, true},
		"NotAction of ours":          {`{"Statement":{"Effect":"Allow","Principal":` + federated + `,"NotAction":"sts:*"}}`, Admission{}, false},
		"no principal, no action":    {`{"Statement":[{"Effect":"Allow"},{"Effect":"Allow","Principal":` + federated + `},{}]}`, Admission{}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { checkSubjects(t, name, withKeys(test.policy), test.want, test.open) })
	}
}

func TestValidation(t *testing.T) {
	valid := []string{"a:a", "0:0", "kubeflow-user-example-com:default-editor", "a:b.c-d.e"}
	for _, name := range valid {
		if err := CheckSubject(subjectPrefix + name); err != nil {
			t.Error(err)
		}
	}
	invalid := []string{
		"", "alice", "system:serviceaccount", "system:serviceaccount:", "system:serviceaccount:a", "system:serviceaccount:a:",
		"system:serviceaccount::a", "system:serviceaccount:a:*", "system:serviceaccount:?:a", "system:serviceaccount:a:b:c",
		"system:serviceaccount:A:a", "system:serviceaccount:a.b:a", "system:serviceaccount:-a:a", "system:serviceaccount:a:a-",
		"system:serviceaccount:a:a..b", "system:serviceaccount:a:a\n", "system:serviceaccount:a:${x}", "System:serviceaccount:a:a",
		`system:serviceaccount:a:"`, "xsystem:serviceaccount:a:a", "system:serviceaccount:ä:a", Nobody,
		Subject(strings.Repeat("a", 64), "a"), Subject("a", strings.Repeat("a", 254)),
	}
	for _, subject := range invalid {
		if err := CheckSubject(subject); err == nil {
			t.Errorf("%q is valid", subject)
		}
	}
}

// TestNobodyIsNobody holds the closing subject against what Kubernetes and IAM make of it:
// a service account in a namespace without a name, and no wildcard.
func TestNobodyIsNobody(t *testing.T) {
	if !strings.HasPrefix(Nobody, "system:serviceaccount::") || strings.ContainsAny(Nobody, `*?$"\`) {
		t.Errorf("%q may be somebody", Nobody)
	}
}

func TestNewProvider(t *testing.T) {
	got, err := NewProvider("aws-cn", "111122223333", "https://oidc.eks.cn-north-1.amazonaws.com.cn/id/X")
	want := Provider{
		ARN:    "arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/X",
		Issuer: "oidc.eks.cn-north-1.amazonaws.com.cn/id/X",
	}
	if err != nil || got != want {
		t.Errorf("NewProvider = %v, %v", got, err)
	}
	if _, err := NewProvider("aws", "111122223333", "https://127.0.0.1:6443/id/x"); err != nil {
		t.Errorf("an issuer with a port: %v", err)
	}
	for _, bad := range [][3]string{
		{"", "111122223333", "https://x"}, {"aws", "1111", "https://x"}, {"aws", "111122223333", ""},
		{"aws", "111122223333", "http://x"}, {"aws", "111122223333", `https://x"y`}, {"aws", "111122223333", "https://x*"},
		{"aws", "111122223333", "https://x y"}, {"aws", "111122223333", "https://x?y=${z}"},
		{"AWS", "111122223333", "https://x"}, {"aws", "11112222333x", "https://x"},
	} {
		if p, err := NewProvider(bad[0], bad[1], bad[2]); err == nil || p != (Provider{}) {
			t.Errorf("NewProvider(%q) = %v, %v", bad, p, err)
		}
	}
	if err := (Provider{ARN: ours.ARN, Issuer: theirs.Issuer}).validate(); err == nil {
		t.Error("an ARN of another issuer is valid")
	}
}
