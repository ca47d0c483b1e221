package cli

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// TestAWSScripts compares what is printed with files that a reviewer can read.
func TestAWSScripts(t *testing.T) {
	const rights = " --s3-bucket ml-data --prefix vision/ --attach arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"
	for golden, test := range map[string]struct {
		line string
		// audiences are those that the account takes of the cluster, if it does at all.
		audiences []string
	}{
		"aws_setup.sh":               {setUp + " -o aws-cli", nil},
		"aws_setup.tf":               {setUp + " -o terraform", nil},
		"aws_setup_with_provider.tf": {setUp + " -o terraform", []string{"sts.amazonaws.com"}},
		"aws_setup_with_audience.tf": {setUp + " -o terraform", []string{"other"}},
		"aws_create_role.sh":         {createRole + rights + " -o aws-cli", nil},
		"aws_create_role.tf":         {createRole + rights + " -o terraform", nil},
	} {
		t.Run(golden, func(t *testing.T) {
			term := openAWS(t, installed()...)
			if test.audiences != nil {
				term.aws.AddProvider("https://"+oidc, test.audiences...)
			}
			if code := term.run(test.line); code != 0 || term.err.Len() > 0 {
				t.Errorf("exit code %d: %s", code, term.err.String())
			}
			mustEqualGolden(t, golden, term.out.String())
			if term.changes() != 0 {
				t.Error("printing a script changed something")
			}
		})
	}
}

// TestAWSScriptsWithoutRightsInIAM prints for somebody else to run.
func TestAWSScriptsWithoutRightsInIAM(t *testing.T) {
	term := openAWS(t, installed()...)
	deny(term, "GetOpenIDConnectProvider")
	if code := term.run(setUp + " -o terraform"); code != 0 || !strings.HasPrefix(term.err.String(), "note: could not look whether the account takes the tokens of the cluster already") {
		t.Errorf("exit code %d: %s", code, term.err.String())
	}
	mustEqualGolden(t, "aws_setup.tf", term.out.String())
}

// runScript runs a script as a shell does that knows aws and kubectl.
func runScript(t *testing.T, script string) (said string, err error) {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "sh")
	shell.Stdin = strings.NewReader(script)
	out, err := shell.CombinedOutput()
	return string(out), err
}

// TestAWSScriptsDoTheSame runs each script twice and has the command look at what it made.
func TestAWSScriptsDoTheSame(t *testing.T) {
	log := standInFor(t, "aws", "kubectl")
	term := openAWS(t, installed()...)
	for i, line := range []string{setUp, createRole + " --s3-bucket ml-data --prefix vision/ --attach arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"} {
		term.run(line + " -o aws-cli")
		script := term.out.String()
		for range 2 {
			if said, err := runScript(t, script); err != nil {
				t.Fatalf("%s: %v: %s", line, err, said)
			}
		}
		term.aws.ResetRequests()
		if code := term.run(line); code != 0 || term.changes() != 0 {
			t.Errorf("%s finds something to do in IAM, exit code %d:\n%s%s", line, code, term.out.String(), term.err.String())
		}
		if want := []int{3, 4}[i]; strings.Count(term.out.String(), "unchanged") < want {
			t.Errorf("%s prints\n%s", line, term.out.String())
		}
	}
	lines, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	const at = "kubectl --context arn:aws:eks:eu-central-1:123456789012:cluster/demo "
	const want = at + "annotate serviceaccount profiles-controller-service-account -n profiles-system --overwrite eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/profiles-controller-demo\n" +
		at + `patch deployment profiles-deployment -n profiles-system --type merge -p {"spec":{"template":{"metadata":{"annotations":{"kubeflow.org/aws-role-arn":"arn:aws:iam::123456789012:role/profiles-controller-demo"}}}}}` + "\n"
	if diff := cmp.Diff(want+want, string(lines)); diff != "" {
		t.Error(diff)
	}
}

// TestAWSScriptsGiveAProviderItsAudience has a provider that somebody made for something else.
func TestAWSScriptsGiveAProviderItsAudience(t *testing.T) {
	standInFor(t, "aws", "kubectl")
	term := openAWS(t, installed()...)
	term.aws.AddProvider("https://"+oidc, "other")
	term.run(setUp + " -o aws-cli")
	if said, err := runScript(t, term.out.String()); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if term.run(setUp); !strings.HasPrefix(term.out.String(), "oidc-provider/"+oidc+" unchanged") {
		t.Errorf("it prints %s", term.out.String())
	}
}

// TestAWSScriptsTagARoleThatIsForThis has one as eksctl makes it.
func TestAWSScriptsTagARoleThatIsForThis(t *testing.T) {
	standInFor(t, "aws")
	term := openWithProvider(t)
	term.run(createRole + " -o aws-cli")
	term.aws.AddRole("vision", "/profiles/", trusting("system:serviceaccount:vision:default-editor"), nil)
	if said, err := runScript(t, term.out.String()); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	term.prints(createRole, `
role/profiles/vision unchanged: lets system:serviceaccount:vision:default-editor in
role/profiles/vision unchanged: has its tags
`)
}

// TestAWSScriptsStop prints a script, and has something happen before it is run.
func TestAWSScriptsStop(t *testing.T) {
	vision := map[string]string{"kubeflow.org/profile": "vision"}
	editors := trusting("system:serviceaccount:vision:default-editor")
	for says, happens := range map[string]func(*awsTerminal){
		"There is a role of that name already: arn:aws:iam::123456789012:role/vision.": func(term *awsTerminal) { term.aws.AddRole("vision", "/", editors, vision) },
		"role/profiles/vision is not for this: its tag kubeflow.org/profile is ann.": func(term *awsTerminal) {
			term.aws.AddRole("vision", "/profiles/", editors, map[string]string{"kubeflow.org/profile": "ann"})
		},
		"does not name system:serviceaccount:vision:default-editor. Add it there, or use kubectl ": func(term *awsTerminal) { term.aws.AddRole("vision", "/profiles/", guideTrust, vision) },
		"does not name system:serviceaccount:vision:default-editor.":                               func(term *awsTerminal) { term.aws.AddRole("vision", "/profiles/", guideTrust, nil) },
		"(ExpiredToken)": func(term *awsTerminal) {
			term.aws.Fault(func(r iamsts.Request) iamsts.Fault {
				if r.Action == "GetRole" {
					return iamsts.Fail(http.StatusForbidden, "ExpiredToken", "log in again")
				}
				return iamsts.Fault{}
			})
		},
	} {
		standInFor(t, "aws")
		term := openWithProvider(t)
		term.run(createRole + " --s3-bucket ml-data -o aws-cli")
		happens(term)
		term.aws.ResetRequests()
		if said, err := runScript(t, term.out.String()); err == nil || !strings.Contains(said, says) {
			t.Errorf("want %q: %v: %s", says, err, said)
		}
		if n := term.changes(); n != 0 {
			t.Errorf("%q: it changed %d things", says, n)
		}
	}
}

// TestAWSScriptsLeaveAPolicyThatIsThere: somebody may have narrowed it.
func TestAWSScriptsLeaveAPolicyThatIsThere(t *testing.T) {
	standInFor(t, "aws")
	term := openWithProvider(t)
	term.run(createRole + " --s3-bucket ml-data -o aws-cli")
	script := term.out.String()
	term.run(createRole)
	term.give("vision", "kubeflow-s3-ml-data", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::ml-data/*"}]}`)
	before := term.policies()
	if said, err := runScript(t, script); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if diff := cmp.Diff(before, term.policies()); diff != "" {
		t.Error(diff)
	}
}

// TestAWSScriptsAreForTheirAccount runs one with credentials of another.
func TestAWSScriptsAreForTheirAccount(t *testing.T) {
	standInFor(t, "aws", "kubectl")
	term := openAWS(t, installed()...)
	term.run(setUp + " -o aws-cli")
	script := term.out.String()
	other := openAWSAt(t, iamsts.Options{AccountID: "999999999999"}, "https://"+oidc)
	if said, err := runScript(t, script); err == nil || !strings.Contains(said, "This is for the account 123456789012, and the credentials are of 999999999999.") {
		t.Errorf("%v: %s", err, said)
	}
	if n := other.changes(); n != 0 {
		t.Errorf("it changed %d things", n)
	}
}

// TestAWSScriptsAreRefusedAsTheirCommandsAre has roles that the commands refuse.
func TestAWSScriptsAreRefusedAsTheirCommandsAre(t *testing.T) {
	term := openWithRole(t, strings.Replace(trusting("system:serviceaccount:*"), "StringEquals", "StringLike", 1))
	term.aws.AddRole("vision", "/profiles/", trusting("system:serviceaccount:ann:default-editor"), map[string]string{"kubeflow.org/profile": "ann"})
	for _, format := range []string{" -o aws-cli", " -o terraform"} {
		term.fails(setUp+format, 1, "lets any service account of the cluster in")
		term.fails(createRole+format, 1, "is the role of profile ann")
		if term.out.Len() > 0 {
			t.Errorf("it prints %s", term.out.String())
		}
	}
}
