package cli

import (
	"fmt"
	"net/http"
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
	term.aws.RemoveRole("wild") // What is left is another test.
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
	for _, mistyped := range []string{"tools/bilder", "ann/default-editor"} {
		term.fails("aws audit --fix --yes --keep tools/builder,"+mistyped, 2, "error: --keep "+mistyped+": it is annotated with no open role, so there is nothing to keep\n")
	}
	if n := term.aws.Requests()["UpdateAssumeRolePolicy"]; n != 0 {
		t.Fatalf("it changed %d policies", n)
	}
	for range 2 { // Once more finds them kept.
		term.fails("aws audit --fix --yes --keep tools/builder", 1, "error: something stays wrong with 1 of 4 roles\n")
	}
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
	term.fails("aws audit --fix -y", 1, `arn:aws:iam::123456789012:role/odd
  - it stays open: some statement cannot be closed without guessing; edit its trust policy by hand
error: something stays wrong with 1 of 1 role
`)
	const want = `Nothing is to be changed.
arn:aws:iam::123456789012:role/odd: 0 service accounts, 385 of 2048 characters
  ✗ open: any service account of the cluster may have this role
  ✗ wildcard: system:serviceaccount:* lets in whoever has or gets such a name
`
	if diff := cmp.Diff(want, term.out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestAWSAuditSaysOfNobodyThatTheyKeepOrLoseARoleThatStaysOpen has a Profile that names such a role,
// and an account that is annotated with it.
func TestAWSAuditSaysOfNobodyThatTheyKeepOrLoseARoleThatStaysOpen(t *testing.T) {
	const odd = "arn:aws:iam::123456789012:role/odd"
	term := openAWS(t, append(accountOf("tools", "builder", odd), withRole(makeProfile("vision", "vera"), `{"awsIamRole": "`+odd+`"}`))...)
	unclosable := strings.Replace(trusting("system:serviceaccount:*"), "StringEquals", "StringLike", 1)
	term.aws.AddRole("odd", "/", unclosable, nil)
	const stays = "  - it stays open: some statement cannot be closed without guessing; edit its trust policy by hand\nerror: something stays wrong with 1 of 1 role\n"
	term.run("aws audit --fix -y")
	if diff := cmp.Diff(odd+"\n"+stays, term.err.String()); diff != "" {
		t.Error(diff)
	}
	if got := len(term.aws.History("odd")); got != 1 {
		t.Errorf("its trust policy had %d states", got)
	}
	// What can be closed is closed all the same.
	statement := guideTrust[strings.Index(guideTrust, "[")+1 : strings.LastIndex(guideTrust, "]")]
	if err := term.aws.SetTrustPolicy("odd", strings.Replace(unclosable, "[", "["+statement+",", 1)); err != nil {
		t.Fatal(err)
	}
	term.run("aws audit --fix -y")
	if diff := cmp.Diff(odd+"\n  - those of its statements that can be closed are closed\n"+stays, term.err.String()); diff != "" {
		t.Error(diff)
	}
	if policy := term.aws.TrustPolicy("odd"); !strings.Contains(policy, "system:serviceaccount:vision:default-editor") {
		t.Errorf("its trust policy is %s", policy)
	}
}

func TestAWSAuditFixTellsWhatIsLeft(t *testing.T) {
	term := openMuddled(t)
	term.fails("aws audit --fix --dry-run", 1, "error: something stays wrong with 1 of 4 roles\n")
	const left = `arn:aws:iam::123456789012:role/wild: 0 service accounts, 405 of 2048 characters
  ✗ wildcard: system:serviceaccount:team-*:default-editor lets in whoever has or gets such a name
`
	if diff := cmp.Diff("arn:aws:iam::123456789012:role/guide cleaned (dry run)\narn:aws:iam::123456789012:role/left cleaned (dry run)\n"+left, term.out.String()); diff != "" {
		t.Error(diff)
	}
	term.fails("aws audit --fix --yes", 1, "error: something stays wrong with 1 of 4 roles\n")
	if !strings.HasSuffix(term.out.String(), "left cleaned\n"+left) {
		t.Errorf("it prints %s", term.out.String())
	}
	term.aws.RemoveRole("wild")
	term.prints("aws audit --fix --yes", "Nothing is to be changed.\n")
}

// TestAWSAuditOfAMistypedSubject has a subject that nobody can have, which keeps no other role from
// being cleaned.
func TestAWSAuditOfAMistypedSubject(t *testing.T) {
	term := openAWS(t, accountOf("ann", "default-editor", "")...)
	term.aws.AddRole("a-typo", "/", trusting("system:serviceaccount:team-*:default-editor"), nil)
	term.aws.AddRole("b-typo", "/", trusting("system:serviceaccounts:ann:default-editor"), nil)
	term.aws.AddRole("open", "/", guideTrust, nil)
	typos := `arn:aws:iam::123456789012:role/a-typo: 0 service accounts, 407 of 2048 characters
  ✗ names nobody: system:serviceaccount:team-*:default-editor: * and ? are wildcards only under StringLike
arn:aws:iam::123456789012:role/b-typo: 0 service accounts, 405 of 2048 characters
  ✗ names nobody: system:serviceaccounts:ann:default-editor: no service account can be called so; its subject is system:serviceaccount:NAMESPACE:NAME
`
	term.fails("aws audit", 1, "something is wrong with 3 of 3 roles")
	if !strings.HasPrefix(term.out.String(), typos) {
		t.Errorf("it prints %s", term.out.String())
	}
	term.fails("aws audit --fix --yes", 1, "error: something stays wrong with 2 of 3 roles\n")
	if diff := cmp.Diff("arn:aws:iam::123456789012:role/open cleaned\n"+typos, term.out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestAWSAuditCleansTheOtherRoles has roles that cannot be cleaned before one that can.
func TestAWSAuditCleansTheOtherRoles(t *testing.T) {
	term := openAWSAt(t, iamsts.Options{TrustPolicySizeLimit: 450}, "https://"+oidc,
		withRole(makeProfile("a-profile-with-a-long-name", "ann"), `{"awsIamRole": "arn:aws:iam::123456789012:role/full", "serviceAccounts": ["default-editor", "another-one"]}`))
	term.aws.AddRole("full", "/", guideTrust, nil)
	term.aws.AddRole("locked", "/", guideTrust, nil)
	term.aws.AddRole("open", "/", guideTrust, nil)
	term.aws.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "UpdateAssumeRolePolicy" && r.Role == "locked" {
			return iamsts.AccessDenied()
		}
		return iamsts.Fault{}
	})
	if code := term.run("aws audit --fix --yes"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, says := range []string{
		"error: arn:aws:iam::123456789012:role/full: to name whoever keeps it takes 492 characters, and the account allows 450. Have the quota raised, have fewer Profiles name the role, or, if the quota is higher already, have iam:GetAccountSummary allowed, which tells\n",
		"arn:aws:iam::123456789012:role/locked: operation error IAM: UpdateAssumeRolePolicy, ",
		"\nYour AWS credentials may not call iam:UpdateAssumeRolePolicy. Have it allowed, or use other credentials (AWS_PROFILE); docs/aws.md lists what each command needs.\n",
		"\nsomething stays wrong with 2 of 3 roles\n",
	} {
		if !strings.Contains(term.err.String(), says) {
			t.Errorf("it says %s, and not %s", term.err.String(), says)
		}
	}
	if len(term.aws.History("full")) != 1 || len(term.aws.History("locked")) != 1 || len(term.aws.History("open")) != 2 {
		t.Errorf("it printed %s", term.out.String())
	}
}

func TestAWSAuditTellsWhichActionIsNotAllowed(t *testing.T) {
	term := openAWS(t)
	term.aws.Fault(func(r iamsts.Request) iamsts.Fault {
		if r.Action == "ListRoles" {
			return iamsts.AccessDenied()
		}
		return iamsts.Fault{}
	})
	term.fails("aws audit", 1, "\nYour AWS credentials may not call iam:ListRoles. Have it allowed, or use other credentials (AWS_PROFILE); docs/aws.md lists what each command needs.\n")
}

func TestAWSAuditWithCredentialsThatAWSDoesNotTake(t *testing.T) {
	term := openAWS(t)
	for code, says := range map[string]string{
		"ExpiredToken":         "\nLog in to AWS, for example with aws sso login, and choose the account with AWS_PROFILE\n",
		"InvalidClientTokenId": "choose the account with AWS_PROFILE; in China and GovCloud, name a region of there with --region\n",
	} {
		term.aws.Fault(func(iamsts.Request) iamsts.Fault { return iamsts.Fail(http.StatusForbidden, code, "no") })
		term.fails("aws audit", 1, says)
	}
}

// TestAWSAuditReadsEveryPage has more roles than IAM lists at once, and the wrong one last.
func TestAWSAuditReadsEveryPage(t *testing.T) {
	term := openAWS(t)
	// The SDK may close a long answer that comes as quickly as from this double, and asks again.
	t.Setenv("AWS_MAX_ATTEMPTS", "5")
	for i := range 1000 {
		term.aws.AddRole(fmt.Sprintf("r%04d", i), "/", `{"Version":"2012-10-17","Statement":[]}`, nil)
	}
	term.aws.AddRole("zz", "/teams/of/ours/", guideTrust, nil)
	term.fails("aws audit", 1, "something is wrong with 1 of 1 role")
	if n := term.aws.Requests()["ListRoles"]; n < 2 {
		t.Errorf("it asked for %d pages", n)
	}
	// A role's path is in its ARN and not in its name.
	term.prints("aws audit --fix --yes", "arn:aws:iam::123456789012:role/teams/of/ours/zz cleaned\n")
}

func TestAWSAuditWide(t *testing.T) {
	term := openAWS(t, append(accountOf("ann", "default-editor", ""), accountOf("ann", "runner", "")[1])...)
	limited := strings.Replace(trusting("system:serviceaccount:ann:runner"), `"StringEquals"`, `"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "StringEquals"`, 1)
	term.aws.AddRole("ann", "/", trusting("system:serviceaccount:ann:default-editor"), nil)
	term.aws.AddRole("limited", "/", limited, nil)
	term.prints("aws audit -o wide", `
arn:aws:iam::123456789012:role/ann: 1 service account, 404 of 2048 characters
  ✓ system:serviceaccount:ann:default-editor
arn:aws:iam::123456789012:role/limited: 0 service accounts, 440 of 2048 characters
  … system:serviceaccount:ann:runner, by a statement with further conditions, or an open one
`)
	term.aws.AddRole("limited-too", "/", strings.Replace(limited, "ann:runner", "gone:runner", 1), nil)
	term.Terminal = true
	term.fails("aws audit", 1, "error: something is wrong with 1 of 3 roles\n")
	if want := "  \x1b[31m✗\x1b[0m gone, in a statement that is edited by hand: system:serviceaccount:gone:runner: there is no namespace gone\n"; !strings.HasSuffix(term.out.String(), want) {
		t.Errorf("it prints %s", term.out.String())
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
		"aws audit -o name":                `-o is "name"; it must be wide, json or yaml`,
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
