package docs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// namespaceFile is where Kubernetes tells a pod its namespace.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// TestVerificationNotebook runs verify_profile_iam.ipynb as in a pod of a Profile: with a token
// of its service account, against the double of AWS. It needs Python with a boto3 that reads
// AWS_ENDPOINT_URL, which are those from 1.28 on: an older one would call AWS itself.
func TestVerificationNotebook(t *testing.T) {
	const usable = "import boto3; assert tuple(int(n) for n in boto3.__version__.split('.')[:2]) >= (1, 28)"
	if err := exec.CommandContext(t.Context(), "python3", "-c", usable).Run(); err != nil {
		t.Skipf("no Python with boto3 1.28 or later (Debian: python3-boto3): %v", err)
	}
	pod := startPod(t)
	role := "arn:aws:iam::" + accountID + ":role/" + roleOfAll
	for name, c := range map[string]struct {
		environment []string
		says        string
	}{
		"the role of the Profile": {[]string{"AWS_ROLE_ARN=" + role, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="}, "ml-data/ can be listed"},
		"no role":                 {[]string{"AWS_ROLE_ARN="}, "This pod has no role."},
		"the role of others":      {[]string{"AWS_ROLE_ARN=" + role + "-of-others", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="}, "AWS refused: AccessDenied."},
		"keys before the role":    {[]string{"AWS_ROLE_ARN=" + role}, "Other credentials come first"},
	} {
		t.Run(name, func(t *testing.T) {
			output := pod.run(t, "verify_profile_iam.ipynb", c.environment)
			if !strings.Contains(output, c.says) || strings.Contains(output, pod.token) {
				t.Errorf("want %q and no token in:\n%s", c.says, output)
			}
		})
	}
}

// notebookPod is what a notebook finds in its pod.
type notebookPod struct{ folder, token string }

// startPod makes a Profile with a role, and a token as the EKS webhook puts it into its pods.
func startPod(t *testing.T) notebookPod {
	t.Helper()
	w := open(t)
	for _, variable := range w.environment {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	const name = "notebook"
	if err := prepare(name, "verify"); err != nil {
		t.Fatal(err)
	}
	token, err := w.pg.Token(t.Context(), name, "default-editor", "sts.amazonaws.com")
	if err != nil {
		t.Fatal(err)
	}
	pod := notebookPod{t.TempDir(), token}
	for file, text := range map[string]string{"token": token, "namespace": name} {
		if err := os.WriteFile(filepath.Join(pod.folder, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pod
}

// run runs the cells of a notebook of examples, one behind the other, and returns what they print.
func (p notebookPod) run(t *testing.T, name string, environment []string) string {
	t.Helper()
	folder, err := playground.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "examples", "notebooks", name))
	if err != nil {
		t.Fatal(err)
	}
	var n notebook
	if err := json.Unmarshal(text, &n); err != nil {
		t.Fatal(err)
	}
	var program strings.Builder
	for _, c := range n.Cells {
		if c.Type == "code" {
			program.WriteString(strings.Join(c.Source, "") + "\n")
		}
	}
	here := strings.NewReplacer(namespaceFile, filepath.Join(p.folder, "namespace"), `BUCKET = ""`, `BUCKET = "ml-data"`)
	command := exec.CommandContext(t.Context(), "python3", "-c", here.Replace(program.String()))
	command.Env = append(os.Environ(), append(environment, "AWS_WEB_IDENTITY_TOKEN_FILE="+filepath.Join(p.folder, "token"))...)
	output, _ := command.CombinedOutput() // What is wrong is in what it says.
	return string(output)
}
