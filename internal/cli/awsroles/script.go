package awsroles

import (
	"bytes"
	_ "embed" // For the templates.
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

// Script is what an admin may run, or hand to others, instead of having it done.
type Script struct {
	// Provider is what there is of the cluster's OIDC provider, which is made first if it is missing.
	// It is nil when the script is not about it.
	Provider *FoundProvider
	Role     Role
	// Controller is the service account of the controller that shall have the role, or empty.
	Controller client.ObjectKey
	// Context is that of the kubeconfig in which the controller is, or empty for the current one.
	Context string
}

var (
	//go:embed aws-cli.tmpl
	commands string
	//go:embed terraform.tmpl
	terraform string
)

// Formats are the languages that a Script can be written in.
var Formats = []string{"aws-cli", "terraform"}

// Write writes the script in one of the Formats.
func (s Script) Write(out io.Writer, format string) error {
	trust, err := s.Role.Trust()
	if err != nil {
		return err
	}
	text := commands
	if format == "terraform" {
		text = terraform
	}
	t, err := template.New(format).Funcs(template.FuncMap{"sh": plain.ShellQuoted, "label": label, "hcl": hclQuoted, "object": hclObject, "json": laidOut, "base": path.Base}).Parse(text)
	if err != nil {
		return err
	}
	return t.Execute(out, struct {
		Script
		RoleName, Path, ARN, Trust  string
		Tags                        []tag
		Annotation, Restart, Deploy string
		Kubectl                     string
	}{s, s.Role.name(), s.Role.path(), s.Role.ARN(), trust, tagsOf(s.Role.Tags),
		AnnotationRole + "=" + s.Role.ARN(), restartPatch(s.Role.ARN()), installation.Deployment, kubectl(s.Context)})
}

// kubectl is the command for a context.
func kubectl(context string) string {
	if context == "" {
		return "kubectl"
	}
	return "kubectl --context " + plain.ShellQuoted(context)
}

// restartPatch notes the role on the controller's pods, as setup does. It restarts them, and being
// applied a second time it changes nothing.
func restartPatch(role string) string {
	return `{"spec":{"template":{"metadata":{"annotations":{"` + rolloutAnnotation + `":"` + role + `"}}}}}`
}

type tag struct{ Key, Value string }

func tagsOf(tags map[string]string) []tag {
	var list []tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, tag{key, tags[key]})
	}
	return list
}

// hclQuoted is a string of Terraform's language, in which ${ and %{ begin expressions.
func hclQuoted(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(fmt.Sprintf("%q", text))
}

var notInLabel = regexp.MustCompile(`[^a-z0-9]+`)

// label names a block of Terraform's after something else. It begins with no digit.
func label(name string) string {
	text := strings.Trim(notInLabel.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if text == "" || text[0] <= '9' {
		return "_" + text
	}
	return text
}

var jsonKey = regexp.MustCompile(`(?m)^( *"[^"]*"): `)

// hclObject is a JSON text as Terraform's formatter lays it out.
func hclObject(text string) (string, error) {
	out, err := indented("  ", text)
	return jsonKey.ReplaceAllString(out, "$1 : "), err
}

// laidOut is a JSON text for people to read.
func laidOut(text string) (string, error) {
	return indented("", text)
}

// indented is a JSON text with each line but the first behind a margin.
func indented(margin, text string) (string, error) {
	var out bytes.Buffer
	err := json.Indent(&out, []byte(text), margin, "  ")
	return out.String(), err
}
