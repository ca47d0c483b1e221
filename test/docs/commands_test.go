package docs

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryCommand has a shell do what each document says, and the controller carry out the Profiles
// of the document with the roles that come of it.
func TestEveryCommand(t *testing.T) {
	s := newShell(t)
	for _, p := range pages(t) {
		if len(p.in("console")) == 0 {
			continue
		}
		t.Run(p.path, func(t *testing.T) {
			folder := t.TempDir()
			if output, err := s.runIn(t, folder, p); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			tryRoles(t, p, folder)
		})
	}
	report(t, s.entries(t))
}

// shell is a bash that finds the stand-ins and a few ordinary programs, and nothing else.
type shell struct {
	path, log   string
	environment []string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	s := &shell{path: t.TempDir(), log: filepath.Join(t.TempDir(), "log"), environment: open(t).environment}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(standins)), foreign) {
		s.link(t, self, name)
	}
	for _, name := range ordinary {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		s.link(t, path, name)
	}
	return s
}

func (s *shell) link(t *testing.T, program, name string) {
	t.Helper()
	if err := os.Symlink(program, filepath.Join(s.path, name)); err != nil {
		t.Fatal(err)
	}
}

// run runs a page's commands in an empty folder and returns all that they print.
func (s *shell) run(t *testing.T, p page) (string, error) {
	t.Helper()
	return s.runIn(t, t.TempDir(), p)
}

func (s *shell) runIn(t *testing.T, folder string, p page) (string, error) {
	t.Helper()
	s.forgetRoles(t)
	command := exec.CommandContext(t.Context(), "bash", "-c", p.script())
	command.Dir = folder
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig") // A page may change its own.
	if err := open(t).kubeconfigOfEKS(kubeconfig); err != nil {
		t.Fatal(err)
	}
	command.Env = slices.Concat(s.environment, []string{"PATH=" + s.path, "DOCS_LOG=" + s.log, "DOCS_PAGE=" + p.path, "KUBECONFIG=" + kubeconfig})
	output, err := command.CombinedOutput()
	return string(output), err
}

// forgetRoles takes away the roles that other pages made, so that each page starts as its reader
// does.
func (s *shell) forgetRoles(t *testing.T) {
	t.Helper()
	for _, variable := range s.environment {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value)
		}
	}
	answer, err := query("iam", url.Values{"Action": {"ListRoles"}, "Version": {apiVersions["iam"]}})
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range roleNames.FindAllStringSubmatch(answer, -1) {
		if found[1] != roleOfAll {
			if err := forgetRole(found[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var roleNames = regexp.MustCompile("<RoleName>([^<]*)<")

func forgetRole(name string) error {
	_, err := query("iam", url.Values{"Action": {"DeleteRole"}, "Version": {apiVersions["iam"]}, "RoleName": {name}})
	return err
}

// entries are what the stand-ins wrote down.
func (s *shell) entries(t *testing.T) []entry {
	t.Helper()
	file, err := os.Open(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []entry
	for decoder := json.NewDecoder(file); ; {
		var e entry
		err := decoder.Decode(&e)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
}

// report says how much was tried, and finds entries of the list that no document needs.
func report(t *testing.T, all []entry) {
	t.Helper()
	count := map[string]int{}
	used := map[string]bool{}
	for _, e := range all {
		count[e.How]++
		if e.How == "tried" {
			t.Logf("  tried: %s:%s: %s", e.Page, e.Line, e.Command)
		}
		if e.How == "listed" {
			used[e.Name] = true
		}
	}
	t.Logf("commands: %d ran, %d were tried on what is not here, %d were read, %d are listed as not to be run here",
		count["ran"], count["tried"], count["parsed"], count["listed"])
	for _, name := range slices.Sorted(maps.Keys(used)) {
		t.Logf("  listed: %s: %s", name, listed[name])
	}
	if t.Failed() {
		return // A page that stopped half way has not used what comes later.
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		if !used[name] {
			t.Errorf("no document has %q any more: take it off the list in test/docs/listed_test.go", name)
		}
	}
}

// TestWrongCommandsFail shows that the shell lets nothing through that does not work.
func TestWrongCommandsFail(t *testing.T) {
	s := newShell(t)
	for text, says := range map[string]string{
		"ansible-playbook site.yaml":                         "ansible-playbook: command not found",
		"gcloud projects delete ml":                          "nobody knows this command",
		"kubectl frobnicate profile ann":                     `unknown command "frobnicate"`,
		"kubectl get frobs":                                  `a resource type "frobs"`,
		"kubectl get deployment profile -n profiles-system":  `"profile" not found`,
		"kubectl delete profile chemistry -n":                "flag needs an argument",
		"kubectl get profiles --purge":                       "unknown flag: --purge",
		"kubectl apply -f nowhere.yaml":                      `the path "nowhere.yaml" does not exist`,
		"kubectl profile frobnicate":                         "frobnicate",
		"kubectl profile list --colour":                      "unknown flag: --colour",
		"kubectl profile share ann --user b --role root":     "must be admin, edit or view",
		"aws iam get-role --role-name nobody":                "NoSuchEntity",
		"aws iam create-rolle --role-name x":                 "InvalidAction",
		"curl -X DELETE $KFAM_URL/kfam/v1/profiles/nobody-s": "the access API answers 40",
		"make coffee":   "the Makefile does not know coffee",
		"echo $NOT_SET": "NOT_SET: unbound variable",
		"cat > t.json <<END\n{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Federated\": \"arn:aws:iam::123456789012:oidc-provider/${DOCS_ISSUER#https://}\"}, \"Action\": \"sts:AssumeRoleWithWebIdentity\", \"Condition\": {\"StringEquals\": {\"${DOCS_ISSUER#https://}:aud\": \"sts.amazonaws.com\"}}}}\nEND\n$ aws iam create-role --role-name open --assume-role-policy-document file://t.json": "open to every service account",
	} {
		output, err := s.run(t, parsePage("wrong.md", "```console\n$ "+text+"\n```\n"))
		if err == nil || !strings.Contains(output, says) || !strings.Contains(output, "wrong.md:") && !strings.Contains(output, "unbound") {
			t.Errorf("%s: %v, want an error with %q:\n%s", text, err, says, output)
		}
	}
}

// TestNoPageChangesAnother has kubectl do its worst, after which all is there that was.
func TestNoPageChangesAnother(t *testing.T) {
	s := newShell(t)
	for _, text := range []string{
		"$ kubectl -n ci delete serviceaccount bot\n$ kubectl delete profiles --all\n$ kubectl scale deployment/dex -n auth --replicas 3\n" +
			"$ kubectl rollout -n profiles-system restart deployment/profiles-deployment\n$ kubectl edit deployment/dex -n auth\n" +
			"$ kubectl exec deployment/dex -n auth -- rm -r /\n$ kubectl config set-context --current --namespace ci",
		"$ kubectl get profile/research namespace/ci deployment/dex -n auth\n$ kubectl get serviceaccount bot -n ci\n" +
			"$ test $(kubectl get deployment dex -n auth -o jsonpath={.spec.replicas}) = 1\n$ test -z $(kubectl config view --minify -o jsonpath={..namespace})",
	} {
		if output, err := s.run(t, parsePage("page.md", "```console\n"+text+"\n```\n")); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
	}
}
