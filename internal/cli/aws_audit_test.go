package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// accountOf makes a service account with its namespace, annotated with a role unless that is
// empty.
func accountOf(namespace, name, role string) []client.Object {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	if role != "" {
		account.Annotations = map[string]string{"eks.amazonaws.com/role-arn": role}
	}
	return []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, account}
}

// openMuddled opens a terminal at an account with all that can be wrong.
func openMuddled(t *testing.T) *awsTerminal {
	t.Helper()
	const guide = "arn:aws:iam::123456789012:role/guide"
	objects := append(accountOf("ann", "default-editor", ""), accountOf("vision", "default-editor", guide)...)
	objects = append(objects, accountOf("tools", "builder", guide)...)
	objects = append(objects, withRole(makeProfile("vision", "vera"), `{"awsIamRole": "`+guide+`", "AnnotateOnly": true}`), makeProfile("coming", "carl").obj())
	term := openAWS(t, objects...)
	term.aws.AddRole("ann", "/", trusting(`system:serviceaccount:ann:default-editor`), nil)
	term.aws.AddRole("guide", "/", guideTrust, nil)
	term.aws.AddRole("left", "/", trusting(`system:serviceaccount:ann:runner","system:serviceaccount:ann:default-editor","system:serviceaccount:gone:default-editor","system:serviceaccount:coming:default-editor`), nil)
	term.aws.AddRole("service", "/", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, nil)
	term.aws.AddRole("wild", "/", strings.Replace(trusting("system:serviceaccount:team-*:default-editor"), "StringEquals", "StringLike", 1), nil)
	for _, name := range []string{"left"} {
		policy := term.aws.TrustPolicy(name)
		policy = strings.Replace(strings.Replace(policy, `"system:serviceaccount:ann:runner`, `["system:serviceaccount:ann:runner`, 1), `coming:default-editor"`, `coming:default-editor"]`, 1)
		if err := term.aws.SetTrustPolicy(name, policy); err != nil {
			t.Fatal(err)
		}
	}
	term.aws.ResetRequests()
	return term
}

func TestAWSAudit(t *testing.T) {
	term := openMuddled(t)
	if code := term.run("aws audit"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	const want = `arn:aws:iam::123456789012:role/ann: 1 service account, 404 of 2048 characters
arn:aws:iam::123456789012:role/guide: 0 service accounts, 311 of 2048 characters
  ✗ open: any service account of the cluster may have this role
arn:aws:iam::123456789012:role/left: 2 service accounts, 531 of 2048 characters
  ✗ gone: system:serviceaccount:ann:runner: there is no service account runner in the namespace
  ✗ gone: system:serviceaccount:gone:default-editor: there is no namespace gone
arn:aws:iam::123456789012:role/wild: 0 service accounts, 405 of 2048 characters
  ✗ wildcard: system:serviceaccount:team-*:default-editor lets in whoever has or gets such a name
`
	if diff := cmp.Diff(want, term.out.String()); diff != "" {
		t.Error(diff)
	}
	const says = "error: something is wrong with 3 of 4 roles\nTo close what is open and take out who is gone: kubectl profile aws audit --fix --dry-run\n"
	if diff := cmp.Diff(says, term.err.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAWSAuditAsData(t *testing.T) {
	term := openAWS(t, accountOf("ann", "default-editor", "")...)
	term.prints("aws audit", "No role in account 123456789012 takes tokens of "+oidc+".\n")
	term.prints("aws audit -o json", "[]\n")
	term.aws.AddRole("ann", "/", trusting(`system:serviceaccount:ann:default-editor`), nil)
	term.prints("aws audit -o yaml", `
- limit: 2048
  open: false
  role: arn:aws:iam::123456789012:role/ann
  size: 404
  subjects:
  - system:serviceaccount:ann:default-editor
`)
	term.aws.AddRole("broken", "/", `{"Statement": "`+term.aws.ProviderARN("https://"+oidc)+`"}`, nil)
	term.fails("aws audit -o json", 1, "something is wrong with 1 of 2 roles\n")
	if !strings.Contains(term.out.String(), `"unreadable": "correct the role's trust policy, it cannot be edited as it is: its Statement is neither`) {
		t.Errorf("it prints %s", term.out.String())
	}
}

func TestAWSAuditTellsHowFullAPolicyIs(t *testing.T) {
	term := openAWSAt(t, iamsts.Options{TrustPolicySizeLimit: 420}, "https://"+oidc, accountOf("ann", "default-editor", "")...)
	term.aws.AddRole("ann", "/", trusting(`system:serviceaccount:ann:default-editor`), nil)
	term.fails("aws audit", 1, "error: something is wrong with 1 of 1 role\n")
	const want = `arn:aws:iam::123456789012:role/ann: 1 service account, 404 of 420 characters
  ✗ full: 404 of 420 characters are used. Have the quota raised, spread the Profiles over more roles, or use EKS Pod Identity
`
	if diff := cmp.Diff(want, term.out.String()); diff != "" {
		t.Error(diff)
	}
	// What may not be asked is taken to be IAM's default.
	term.aws.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "GetAccountSummary" {
			return iamsts.AccessDenied()
		}
		return iamsts.Fault{}
	})
	term.prints("aws audit", "arn:aws:iam::123456789012:role/ann: 1 service account, 404 of 2048 characters\n")
}

const cleaned = `arn:aws:iam::123456789012:role/guide
  - it is closed: any service account of the cluster could have it
  - system:serviceaccount:vision:default-editor keeps it
  - system:serviceaccount:tools:builder loses it: it is annotated with the role, and no Profile names both
arn:aws:iam::123456789012:role/left
  - system:serviceaccount:ann:runner is gone and taken out
  - system:serviceaccount:gone:default-editor is gone and taken out
`

func TestAWSAuditFix(t *testing.T) {
	term := openMuddled(t)
	term.prints("aws audit --fix --dry-run", "arn:aws:iam::123456789012:role/guide cleaned (dry run)\narn:aws:iam::123456789012:role/left cleaned (dry run)\n")
	if diff := cmp.Diff(cleaned, term.err.String()); diff != "" {
		t.Error(diff)
	}
	for answer, code := range map[string]int{"no\n": 1, "": 2} {
		term.in.WriteString(answer)
		term.fails("aws audit --fix", code, "To change 2 trust policies, type yes: error: nothing was changed")
	}
	if n := term.aws.Requests()["UpdateAssumeRolePolicy"]; n != 0 {
		t.Fatalf("it changed %d policies without leave", n)
	}
	term.in.WriteString("yes\n")
	term.prints("aws audit --fix", "arn:aws:iam::123456789012:role/guide cleaned\narn:aws:iam::123456789012:role/left cleaned\n")
	for role, subjects := range map[string]map[string]bool{
		"guide": {"vision:default-editor": true, "tools:builder": false, "ann:default-editor": false},
		"left":  {"ann:default-editor": true, "coming:default-editor": true, "gone:default-editor": false, "ann:runner": false},
	} {
		for subject, want := range subjects {
			if got := term.aws.Admits(role, "https://"+oidc, "system:serviceaccount:"+subject, "sts.amazonaws.com"); got != want {
				t.Errorf("%s lets %s in: %t", role, subject, got)
			}
		}
	}
	term.prints("aws audit --fix", "Nothing is to be changed.\n")
	if n := term.aws.Requests()["UpdateAssumeRolePolicy"]; n != 2 {
		t.Errorf("it changed %d policies", n)
	}
}

func TestAWSAuditKeepsWhomItIsTold(t *testing.T) {
	term := openMuddled(t)
	// Only who is annotated with an open role can be kept on it.
	term.run("aws audit --fix --yes --keep tools/builder,ann/default-editor")
	for subject, want := range map[string]bool{"vision:default-editor": true, "tools:builder": true, "ann:default-editor": false} {
		if got := term.aws.Admits("guide", "https://"+oidc, "system:serviceaccount:"+subject, "sts.amazonaws.com"); got != want {
			t.Errorf("it lets %s in: %t", subject, got)
		}
	}
}

func TestAWSAuditClosesARoleThatNobodyNames(t *testing.T) {
	term := openAWS(t)
	term.aws.AddRole("forgotten", "/", guideTrust, nil)
	term.prints("aws audit --fix -y", "arn:aws:iam::123456789012:role/forgotten cleaned\n")
	if want := "role/forgotten\n  - it is closed: any service account of the cluster could have it\n  - nobody keeps it, since no Profile names it\n"; !strings.HasSuffix(term.err.String(), want) {
		t.Errorf("it says %s", term.err.String())
	}
	if policy := term.aws.TrustPolicy("forgotten"); !strings.Contains(policy, "system:serviceaccount::nobody") || len(term.aws.History("forgotten")) != 2 {
		t.Errorf("its trust policy is %s", policy)
	}
	term.prints("aws audit", "arn:aws:iam::123456789012:role/forgotten: 0 service accounts, 395 of 2048 characters\n")
}

func TestAWSAuditLeavesWhatCannotBeClosed(t *testing.T) {
	term := openAWS(t)
	term.aws.AddRole("odd", "/", strings.Replace(trusting("system:serviceaccount:*"), "StringEquals", "StringLike", 1), nil)
	term.prints("aws audit --fix -y", "Nothing is to be changed.\n")
	if !strings.Contains(term.err.String(), "it stays open: some statement cannot be closed without guessing; edit its trust policy by hand") {
		t.Errorf("it says %s", term.err.String())
	}
}

// TestAWSAuditDoesNotOverwriteWhatOthersWrote changes the role between the look and the write.
func TestAWSAuditDoesNotOverwriteWhatOthersWrote(t *testing.T) {
	term := openAWS(t)
	term.aws.AddRole("busy", "/", guideTrust, nil)
	term.in.WriteString("yes\n")
	term.In = changesAsItIsRead{term, trusting("system:serviceaccount:ann:default-editor")}
	term.fails("aws audit --fix", 1, "arn:aws:iam::123456789012:role/busy: somebody has changed its trust policy meanwhile; run the command again")
	if n := term.aws.Requests()["UpdateAssumeRolePolicy"]; n != 0 {
		t.Error("it overwrote what others wrote")
	}
}

// changesAsItIsRead is an answer that takes long.
type changesAsItIsRead struct {
	term  *awsTerminal
	trust string
}

// Read has the role changed before the answer comes.
func (c changesAsItIsRead) Read(into []byte) (int, error) {
	if err := c.term.aws.SetTrustPolicy("busy", c.trust); err != nil {
		return 0, err
	}
	return c.term.in.Read(into)
}

func TestAWSAuditMistakes(t *testing.T) {
	term := openAWS(t)
	for line, says := range map[string]string{
		"aws audit -o wide":                `-o is "wide"; it must be json or yaml`,
		"aws audit --fix -o json":          "-o is for looking; leave it out with --fix",
		"aws audit --yes":                  "--yes, --keep and --dry-run go with --fix",
		"aws audit --dry-run":              "--yes, --keep and --dry-run go with --fix",
		"aws audit --fix --keep builder":   "--keep builder: write NAMESPACE/NAME",
		"aws audit --fix --dry-run=server": "AWS cannot try this",
		"aws audit now":                    `unexpected argument "now"`,
	} {
		term.fails(line, 2, says)
	}
}
