package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// withAWS begins a test with a controller that may ask IAM as often as it likes: the
// budget of a real account would only make tests wait.
func withAWS(t *testing.T, flags ...string) *fixture {
	t.Helper()
	return withController(t, append([]string{"-aws-requests-per-second=1000"}, flags...)...)
}

// subjectOf is how a token of a service account names it.
func subjectOf(namespace, account string) string {
	return "system:serviceaccount:" + namespace + ":" + account
}

// editorOf is the subject that a Profile's role is for when its spec names no others.
func editorOf(profile string) string { return subjectOf(profile, editor) }

// admits tells whether a role's trust policy lets an account in.
func admits(role, subject string) bool {
	return aws.Admits(role, clusterIssuer, subject, stsAudience)
}

func (f *fixture) mustAdmit(role string, subjects ...string) {
	f.t.Helper()
	for _, subject := range subjects {
		if !admits(role, subject) {
			f.t.Errorf("%s does not admit %s: %s", role, subject, aws.TrustPolicy(role))
		}
	}
}

func (f *fixture) mustNotAdmit(role string, subjects ...string) {
	f.t.Helper()
	for _, subject := range subjects {
		if admits(role, subject) {
			f.t.Errorf("%s admits %s: %s", role, subject, aws.TrustPolicy(role))
		}
	}
}

// mustNotAskFor fails the test if IAM got any request about the roles since their counts
// were taken.
func (f *fixture) mustNotAskFor(before map[string]map[string]int) {
	f.t.Helper()
	for role, count := range before {
		if now := requestsFor(role)[role]; !maps.Equal(now, count) {
			f.t.Errorf("requests about %s: %v, want no more than %v", role, now, count)
		}
	}
}

// outwait waits until IAM has been asked for one more Profile than before. What was in line
// earlier has been asked for by then.
func (f *fixture) outwait(profile string) {
	f.t.Helper()
	arn := f.role(profile, handMadePolicy())
	f.create(MakeProfile(profile).AWS(arn).Obj())
	f.awaitIdentity(profile, arn)
}

// requestsFor counts what IAM, and not STS, got about the roles.
func requestsFor(roles ...string) map[string]map[string]int {
	counts := map[string]map[string]int{}
	for _, role := range roles {
		counts[role] = aws.RequestsFor(role)
		delete(counts[role], "AssumeRoleWithWebIdentity")
	}
	return counts
}

// mustBeAnnotated fails the test unless the account has these annotations of the webhook
// and no others of it.
func (f *fixture) mustBeAnnotated(namespace, name string, want map[string]string) {
	f.t.Helper()
	mustEqual(f.t, "annotations of "+namespace+"/"+name, webhookAnnotations(live(f, accountNamed(namespace, name))), want)
}

const webhookPrefix = "eks.amazonaws.com/"

func webhookAnnotations(account *corev1.ServiceAccount) map[string]string {
	found := map[string]string{}
	for key, value := range account.Annotations {
		if strings.HasPrefix(key, webhookPrefix) {
			found[strings.TrimPrefix(key, webhookPrefix)] = value
		}
	}
	return found
}

// awaitAnnotated waits until the editor account has these annotations of the webhook and
// no others of it.
func (f *fixture) awaitAnnotated(namespace string, want map[string]string) {
	f.t.Helper()
	f.eventually("the editor of "+namespace+" is annotated", func() error {
		account := accountNamed(namespace, editor)
		f.read(account)
		if found := webhookAnnotations(account); !maps.Equal(found, want) {
			return fmt.Errorf("the annotations are %v, want %v", found, want)
		}
		return nil
	})
}

// awaitBound waits until the identities are bound, and nothing else is recorded, however
// often the Profile says meanwhile that it is Ready.
func (f *fixture) awaitBound(profile string, arns ...string) {
	f.t.Helper()
	f.eventually(profile+" is bound", func() error {
		p := f.profile(profile)
		var bound []string
		for _, record := range p.Status.Identities {
			bound = append(bound, string(record.Phase)+" "+record.Identity)
		}
		var want []string
		for _, arn := range arns {
			want = append(want, "Bound "+arn)
		}
		if ready := condition(p, profilev1.ConditionReady); ready.Reason != profilev1.ReasonReady || ready.ObservedGeneration != p.Generation || !slices.Equal(bound, want) {
			return fmt.Errorf("the identities are %v, want %v; Ready is %+v", bound, want, ready)
		}
		return nil
	})
}

// toRole is what the annotations of an account say that is bound to a role.
func toRole(arn string) map[string]string { return map[string]string{"role-arn": arn} }

// mustNotWarn fails the test if an Event warns of something about a Profile.
func (f *fixture) mustNotWarn(profile string) {
	f.t.Helper()
	for _, e := range f.events("Profile", profile) {
		if e.Type == corev1.EventTypeWarning {
			f.t.Errorf("an Event warns of %s: %s", e.Reason, e.Note)
		}
	}
}

// plug replaces the plugins of a Profile by one of AWS with these settings in JSON, or by
// none.
func (f *fixture) plug(profile string, settings ...string) {
	f.t.Helper()
	change(f, profileNamed(profile), func(p *profilev1.Profile) {
		p.Spec.Plugins = nil
		for _, s := range settings {
			p.Spec.Plugins = append(p.Spec.Plugins, profilev1.Plugin{Kind: awsKind, Spec: &runtime.RawExtension{Raw: []byte(s)}})
		}
	})
}

// touch has the controller look at a Profile again, as any change of it does.
func (f *fixture) touch(profile string) {
	f.t.Helper()
	change(f, profileNamed(profile), func(p *profilev1.Profile) {
		p.Annotations = with(p.Annotations, "example.com/touched", fmt.Sprint(len(p.Annotations["example.com/touched"]))+p.Annotations["example.com/touched"])
	})
}

// mustSay fails the test unless the text has all the words.
func (f *fixture) mustSay(text string, words ...string) {
	f.t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			f.t.Errorf("%q does not say %q", text, w)
		}
	}
}

// ordered are the faults that tests ordered for roles of their own, by the role's name.
// All tests share one account, and the account takes one order only.
var (
	ordered     sync.Map
	takesOrders sync.Once
)

// spoil has IAM treat requests about a role as the test says, until heal.
func (f *fixture) spoil(role string, how func(iamsts.Request) iamsts.Fault) {
	takesOrders.Do(func() {
		aws.Fault(func(r iamsts.Request) iamsts.Fault {
			if choose, found := ordered.Load(r.Role); found {
				return choose.(func(iamsts.Request) iamsts.Fault)(r)
			}
			return iamsts.Fault{}
		})
	})
	ordered.Store(role, how)
	f.t.Cleanup(func() { f.heal(role) })
}

func (f *fixture) heal(role string) { ordered.Delete(role) }

// always is the same fault for every request.
func always(fault iamsts.Fault) func(iamsts.Request) iamsts.Fault {
	return func(iamsts.Request) iamsts.Fault { return fault }
}

// writes is the same fault for every change of a trust policy.
func writes(fault iamsts.Fault) func(iamsts.Request) iamsts.Fault {
	return func(r iamsts.Request) iamsts.Fault {
		if r.Action == "UpdateAssumeRolePolicy" {
			return fault
		}
		return iamsts.Fault{}
	}
}

// statementsOf returns the source text of each statement of a policy.
func statementsOf(f *fixture, policy string) []string {
	f.t.Helper()
	var document struct{ Statement []json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		f.t.Fatalf("%v in %s", err, policy)
	}
	var statements []string
	for _, s := range document.Statement {
		statements = append(statements, string(s))
	}
	return statements
}

// handMade are statements as people and other tools write them, none of which lets an
// account of this cluster in.
func handMade() []string {
	return []string{
		`{"Sid" : "Engineers",  "Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"sts:ExternalId":"a\u0062c"}}}`,
		`{ "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole" }`,
		fmt.Sprintf(`{"Sid":"OtherCluster","Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.example.com/id/OTHER:aud":"sts.amazonaws.com","oidc.example.com/id/OTHER:sub":"system:serviceaccount:a:b"}}}`,
			aws.ProviderARN("https://oidc.example.com/id/OTHER")),
		`{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRoleWithWebIdentity","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
	}
}

// handMadePolicy has the hand-made statements and more.
func handMadePolicy(more ...string) string {
	return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    " + strings.Join(append(handMade(), more...), ",\n\n    ") + "\n  ]\n}\n"
}

// mustKeep fails the test unless the role has the hand-made statements to the byte.
func (f *fixture) mustKeep(role string, statements ...string) {
	f.t.Helper()
	found := statementsOf(f, aws.TrustPolicy(role))
	for _, s := range statements {
		if !slices.Contains(found, s) {
			f.t.Errorf("%s lost the statement %s: %s", role, s, aws.TrustPolicy(role))
		}
	}
}
