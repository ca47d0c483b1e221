package docs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// kubectlVerbs are what documents use of kubectl, with the flags of each besides --namespace and
// --context. What is asked of the API server is done where it changes nothing.
var kubectlVerbs = map[string]struct {
	flags []string
	do    func(context.Context, kubectlCall) (outcome, error)
}{
	"get":      {[]string{"output", "selector", "all-namespaces", "watch"}, kubectlGet},
	"apply":    {[]string{"filename", "kustomize", "server-side", "force-conflicts", "dry-run"}, kubectlApply},
	"create":   {[]string{"filename", "clusterrole", "serviceaccount", "user", "audience", "duration", "dry-run", "output"}, kubectlCreate},
	"delete":   {[]string{"filename", "kustomize", "ignore-not-found", "all"}, kubectlNames},
	"annotate": {[]string{"overwrite", "all"}, kubectlNames},
	"label":    {[]string{"overwrite", "all"}, kubectlNames},
	"describe": {nil, kubectlNames},
	"edit":     {nil, kubectlNames},
	"patch":    {[]string{"type", "patch"}, kubectlNames},
	"scale":    {[]string{"replicas"}, kubectlNames},
	"wait":     {[]string{"for", "timeout", "all"}, kubectlNames},
	"rollout":  {[]string{"timeout"}, kubectlRollout},
	"set":      {[]string{"containers"}, kubectlRollout},
	"logs":     {[]string{"container", "follow", "tail", "since"}, kubectlNames},
	"exec":     {[]string{"stdin", "tty", "container"}, kubectlNames},
	"auth":     {[]string{"as", "as-group"}, kubectlAuth},
	"config":   {[]string{"minify", "output"}, kubectlConfig},
}

// kindsOfOthers are those that clusters have besides, and the control plane of the tests has not.
var kindsOfOthers = []string{"notebook", "notebooks", "virtualservice", "requestauthentication", "workflow", "servicemonitor"}

// kubectlCall is a command line of kubectl behind its verb.
type kubectlCall struct {
	words []string
	flags *pflag.FlagSet
}

func (c kubectlCall) flag(name string) string { return c.flags.Lookup(name).Value.String() }

// kubectl runs kubectl profile, and does or reads what else documents ask of kubectl.
func kubectl(arguments []string) (outcome, error) {
	if len(arguments) > 0 && arguments[0] == "profile" {
		return profileCommand(arguments[1:])
	}
	c := kubectlCall{flags: kubectlFlags()}
	if err := c.flags.Parse(arguments); err != nil {
		return outcome{}, err
	}
	c.words = c.flags.Args()
	if len(c.words) == 0 {
		return outcome{}, errors.New("no verb")
	}
	verb, known := kubectlVerbs[c.words[0]]
	if !known {
		return outcome{}, fmt.Errorf("the stand-in for kubectl has no verb %q; add it to test/docs/standin_kubectl_test.go", c.words[0])
	}
	c.words = c.words[1:]
	var wrong error
	c.flags.Visit(func(f *pflag.Flag) {
		if f.Name != "namespace" && f.Name != "context" && !slices.Contains(verb.flags, f.Name) {
			wrong = fmt.Errorf("--%s does not go with this verb", f.Name)
		}
	})
	if wrong != nil {
		return outcome{}, wrong
	}
	return verb.do(context.Background(), c)
}

func kubectlFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("kubectl", pflag.ContinueOnError)
	for _, name := range []string{"clusterrole", "serviceaccount", "user", "audience", "duration", "for", "timeout", "type", "tail", "since",
		"context", "as", "as-group", "dry-run", "replicas", "containers"} {
		flags.String(name, "", "")
	}
	for name, short := range map[string]string{"namespace": "n", "output": "o", "selector": "l", "filename": "f", "kustomize": "k", "patch": "p", "container": "c"} {
		if name == "filename" {
			flags.StringArrayP(name, short, nil, "")
			continue
		}
		flags.StringP(name, short, "", "")
	}
	for name, short := range map[string]string{"server-side": "", "force-conflicts": "", "all": "", "ignore-not-found": "", "overwrite": "", "minify": "", "follow": "",
		"all-namespaces": "A", "watch": "w", "stdin": "i", "tty": "t"} {
		flags.BoolP(name, short, false, "")
	}
	return flags
}

func clusterClient() (client.Client, error) {
	settings, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, err
	}
	settings.WarningHandlerWithContext = rest.NoWarnings{}
	return client.New(settings, client.Options{Scheme: playground.Scheme()})
}

// kindOf finds the kind that a word of kubectl's stands for. It is empty for kinds of others.
func kindOf(cluster client.Client, word string) (schema.GroupVersionKind, error) {
	word, _, _ = strings.Cut(word, "/")
	if slices.Contains(kindsOfOthers, word) {
		return schema.GroupVersionKind{}, nil
	}
	resource := schema.ParseGroupResource(map[string]string{"deploy": "deployments", "sa": "serviceaccounts", "ns": "namespaces", "crd": "customresourcedefinitions"}[word])
	if resource.Empty() {
		resource = schema.ParseGroupResource(word)
	}
	return cluster.RESTMapper().KindFor(resource.WithVersion(""))
}

func kubectlGet(ctx context.Context, c kubectlCall) (outcome, error) {
	cluster, err := clusterClient()
	if err != nil {
		return outcome{}, err
	}
	for word := range strings.SplitSeq(c.words[0], ",") {
		kind, err := kindOf(cluster, word)
		if err != nil {
			return outcome{}, err
		}
		if kind.Empty() {
			return parsed, nil
		}
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		if err := cluster.List(ctx, list, client.InNamespace(c.flag("namespace")), client.Limit(1)); err != nil {
			return outcome{}, err
		}
	}
	return ran, nil
}

// kubectlNames has the kind of the object checked.
func kubectlNames(_ context.Context, c kubectlCall) (outcome, error) {
	if len(c.words) == 0 {
		return parsed, nil // Objects come from files.
	}
	cluster, err := clusterClient()
	if err != nil {
		return outcome{}, err
	}
	_, err = kindOf(cluster, c.words[0])
	return parsed, err
}

func kubectlRollout(ctx context.Context, c kubectlCall) (outcome, error) {
	if len(c.words) < 2 || !slices.Contains([]string{"restart", "status", "undo", "image", "env"}, c.words[0]) {
		return outcome{}, fmt.Errorf("unknown: %q", c.words)
	}
	return kubectlNames(ctx, kubectlCall{c.words[1:], c.flags})
}

func kubectlCreate(ctx context.Context, c kubectlCall) (outcome, error) {
	if len(c.words) > 0 && (c.words[0] == "token" || c.words[0] == "configmap") {
		return parsed, nil
	}
	return kubectlNames(ctx, c)
}

func kubectlAuth(context.Context, kubectlCall) (outcome, error)   { return parsed, nil }
func kubectlConfig(context.Context, kubectlCall) (outcome, error) { return parsed, nil }

// kubectlApply shows the objects to the API server, and only renders a kustomization: its
// namespace need not be there.
func kubectlApply(ctx context.Context, c kubectlCall) (outcome, error) {
	if folder := c.flag("kustomize"); folder != "" {
		if err := os.Chdir(os.Getenv("DOCS_ROOT")); err != nil {
			return outcome{}, err
		}
		_, err := playground.Render(folder)
		return parsed, err
	}
	cluster, err := clusterClient()
	if err != nil {
		return outcome{}, err
	}
	paths, err := c.flags.GetStringArray("filename")
	if err != nil {
		return outcome{}, err
	}
	for _, path := range paths {
		objects, err := objectsIn(path)
		if err != nil {
			return outcome{}, err
		}
		for _, o := range objects {
			if err := tryObject(ctx, cluster, o); err != nil {
				return outcome{}, err
			}
		}
	}
	return ran, nil
}

// objectsIn reads a file or all files of a folder, which are where the shell is, in the
// repository, or among the examples.
func objectsIn(path string) ([]*unstructured.Unstructured, error) {
	folder := os.Getenv("DOCS_ROOT")
	candidates := []string{path, filepath.Join(folder, path), filepath.Join(folder, "examples", "aws", path)}
	i := slices.IndexFunc(candidates, func(p string) bool { _, err := os.Stat(p); return err == nil })
	if i < 0 {
		return nil, fmt.Errorf("there is no %s", path)
	}
	var objects []*unstructured.Unstructured
	err := filepath.WalkDir(candidates[i], func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		more, err := playground.Read(path)
		objects = append(objects, more...)
		return err
	})
	return objects, err
}

// tryObject has the API server judge an object and store nothing. Kinds of others are passed over.
func tryObject(ctx context.Context, cluster client.Client, o *unstructured.Unstructured) error {
	if slices.Contains(kindsOfOthers, strings.ToLower(o.GetKind())) {
		return nil
	}
	err := cluster.Apply(ctx, client.ApplyConfigurationFromUnstructured(o), client.FieldOwner("docs"), client.ForceOwnership, client.DryRunAll)
	if meta.IsNoMatchError(err) {
		return fmt.Errorf("the control plane has no kind %s; list it in kindsOfOthers of test/docs/standin_kubectl_test.go if another project has it", o.GetKind())
	}
	return err
}
