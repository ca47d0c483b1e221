package cli

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// offers returns what Tab offers after these words, and whether the shell adds names of files.
func (term *terminal) offers(words ...string) (offered []string, files bool) {
	term.t.Helper()
	term.out.Reset()
	if code := Main(term.t.Context(), term.Environment, append([]string{cobra.ShellCompNoDescRequestCmd}, words...)); code != 0 {
		term.t.Fatalf("%v: exit code %d: %s", words, code, term.err.String())
	}
	lines := strings.Split(strings.TrimSuffix(term.out.String(), "\n"), "\n")
	last := len(lines) - 1
	directive, err := strconv.Atoi(strings.TrimPrefix(lines[last], ":"))
	if err != nil {
		term.t.Fatalf("%v: %s", words, term.out.String())
	}
	return lines[:last], cobra.ShellCompDirective(directive)&cobra.ShellCompDirectiveNoFileComp == 0
}

// everyCommand calls visit with all commands and the words that lead to each.
func everyCommand(c *cobra.Command, words []string, visit func(c *cobra.Command, words []string)) {
	visit(c, words)
	for _, verb := range c.Commands() {
		if verb.IsAvailableCommand() {
			everyCommand(verb, append(slices.Clone(words), verb.Name()), visit)
		}
	}
}

func TestCompletionOffersNoFilesWhereNoneAreWanted(t *testing.T) {
	term := open(t)
	kubeconfig(t, "https://127.0.0.1:1")
	looked := 0
	everyCommand(NewCommand(term.Environment), nil, func(c *cobra.Command, words []string) {
		for _, given := range [][]string{{""}, {"x", ""}} {
			if _, files := term.offers(append(slices.Clone(words), given...)...); files {
				t.Errorf("%s %v: files are offered", c.CommandPath(), given)
			}
		}
		look := func(flag *pflag.Flag) {
			looked++
			wanted := slices.Contains(fileFlags, flag.Name)
			if _, files := term.offers(append(slices.Clone(words), "--"+flag.Name+"=")...); flag.Value.Type() != "bool" && files != wanted {
				t.Errorf("%s --%s: files are offered: %t, want %t", c.CommandPath(), flag.Name, files, wanted)
			}
		}
		c.LocalFlags().VisitAll(look)
		c.InheritedFlags().VisitAll(look)
	})
	if looked < 100 {
		t.Errorf("only %d flags were found", looked)
	}
}

func TestCompletion(t *testing.T) {
	term := open(t, makeProfile("ann", "ann@example.com").obj(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kubeflow"}})
	kubeconfig(t, "https://127.0.0.1:1")
	objects := "wide json yaml kyaml name go-template go-template-file template templatefile jsonpath jsonpath-as-json jsonpath-file"
	for line, want := range map[string]string{
		"share ann --role ":            "admin edit view",
		"unshare ann --role ":          "admin edit view",
		"aws setup --role ":            "",
		"create x --dry-run ":          "none client server",
		"aws audit --dry-run=":         "none client",
		"aws create-role x -o ":        "aws-cli terraform",
		"aws audit -o ":                "wide json yaml",
		"access --output ":             "wide json yaml",
		"doctor -o ":                   "wide json yaml",
		"migrate --output ":            "wide json yaml",
		"list -o ":                     objects,
		"create ann -o ":               objects,
		"list --context ":              "blue green",
		"aws verify -n ":               "kubeflow",
		"get ":                         "ann",
		"get ann ":                     "",
		"create ":                      "",
		"aws create-role x --profile ": "ann",
		"aws ":                         "audit create-role setup verify",
	} {
		offered, _ := term.offers(strings.Split(line, " ")...)
		if diff := cmp.Diff(strings.Fields(want), offered); diff != "" && len(want)+len(offered) > 0 {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

func TestCompletionOfAClusterThatDoesNotAnswer(t *testing.T) {
	term := open(t)
	term.Connect = func() (client.WithWatch, error) { return nil, os.ErrDeadlineExceeded }
	for _, words := range [][]string{{"get", ""}, {"list", "-n", ""}} {
		if offered, files := term.offers(words...); len(offered) > 0 || files {
			t.Errorf("%v: %v is offered, files: %t", words, offered, files)
		}
	}
}
