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

// withoutKeys is what a pod has that the EKS webhook gave a role: the role, and no other credentials.
func withoutKeys(role string) []string {
	return []string{"AWS_ROLE_ARN=" + role, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="}
}

const documentedRole = "arn:aws:iam::" + accountID + ":role/" + roleOfAll

// TestVerificationNotebook runs verify_profile_iam.ipynb as in a pod of a Profile: with a token
// of its service account, against the double of AWS.
func TestVerificationNotebook(t *testing.T) {
	pod := startPod(t, "notebook")
	for name, c := range map[string]struct {
		environment []string
		says        string
	}{
		"the role of the Profile": {withoutKeys(documentedRole), "ml-data/ can be listed"},
		"no role":                 {[]string{"AWS_ROLE_ARN="}, "This pod has no role."},
		"the role of others":      {withoutKeys(documentedRole + "-of-others"), "AWS refused: AccessDenied."},
		"keys before the role":    {[]string{"AWS_ROLE_ARN=" + documentedRole}, "Other credentials come first"},
	} {
		t.Run(name, func(t *testing.T) {
			output := pod.run(t, "verify_profile_iam.ipynb", c.environment)
			if !strings.Contains(output, c.says) || strings.Contains(output, pod.token) {
				t.Errorf("want %q and no token in:\n%s", c.says, output)
			}
		})
	}
}

// TestPipelineNotebook runs pipeline_s3.ipynb, and the steps of its pipeline with no more than their
// own text and packages, under the role of the Profile. Kubeflow Pipelines is a stand-in, which
// testdata/python has.
func TestPipelineNotebook(t *testing.T) {
	pod := startPod(t, "pipeline")
	const object = "s3://ml-data/research/numbers/job-1.txt"
	for name, c := range map[string]struct {
		environment []string
		says        []string
	}{
		"the role of the Profile": {withoutKeys(documentedRole), []string{
			"the run works in pipeline as default-editor\n", "wrote " + object + " as arn:aws:sts::" + accountID + ":assumed-role/" + roleOfAll + "/",
			"write_numbers returned None\nadd_numbers returned 5050\nSUCCEEDED\n"}},
		"the role of others": {withoutKeys(documentedRole + "-of-others"), []string{
			"a step failed: An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation", "FAILED\nThe run did not succeed."}},
	} {
		t.Run(name, func(t *testing.T) {
			output := pod.run(t, "pipeline_s3.ipynb", c.environment)
			for _, says := range c.says {
				if !strings.Contains(output, says) {
					t.Errorf("want %q in:\n%s", says, output)
				}
			}
			if strings.Contains(output, pod.token) {
				t.Error("it prints the token")
			}
		})
	}
}

// notebookPod is what a notebook finds in its pod.
type notebookPod struct{ python, folder, token string }

// startPod makes a Profile with a role, and a token as the EKS webhook puts it into its pods.
func startPod(t *testing.T, profile string) notebookPod {
	t.Helper()
	python := pythonWithSDK(t)
	w := open(t)
	for _, variable := range w.environment {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	if err := prepare(profile, "verify"); err != nil {
		t.Fatal(err)
	}
	token, err := w.pg.Token(t.Context(), profile, "default-editor", "sts.amazonaws.com")
	if err != nil {
		t.Fatal(err)
	}
	pod := notebookPod{python, t.TempDir(), token}
	for file, text := range map[string]string{"token": token, "namespace": profile} {
		if err := os.WriteFile(filepath.Join(pod.folder, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pod
}

// pythonWithSDK is a Python that has boto3. The first on the path may be another than Debian's, for which
// python3-boto3 is installed.
func pythonWithSDK(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import boto3").Run() == nil {
			return python
		}
	}
	t.Skip("no Python has boto3, by which notebooks call AWS: apt-get install python3-boto3")
	return ""
}

// cells are the lines of a notebook's code, as one program.
func cells(t *testing.T, name string) string {
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
	return program.String()
}

// run runs the cells of a notebook of examples, one behind the other, with the SDK led to the doubles,
// and returns what they print.
func (p notebookPod) run(t *testing.T, name string, environment []string) string {
	t.Helper()
	standins, err := filepath.Abs(filepath.Join("testdata", "python"))
	if err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer(namespaceFile, filepath.Join(p.folder, "namespace"), `BUCKET = ""`, `BUCKET = "ml-data"`)
	command := exec.CommandContext(t.Context(), p.python, "-c", "import doubles\n"+here.Replace(cells(t, name)))
	command.Env = append(os.Environ(), append(environment, "AWS_WEB_IDENTITY_TOKEN_FILE="+filepath.Join(p.folder, "token"),
		"PYTHONPATH="+standins+string(filepath.ListSeparator)+os.Getenv("PYTHONPATH"), "PYTHONDONTWRITEBYTECODE=1", "AWS_EC2_METADATA_DISABLED=true")...)
	output, _ := command.CombinedOutput() // What is wrong is in what it says.
	return string(output)
}
