package docs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// roleOfAll is a role that the double has from the start.
const roleOfAll = "every-document"

// needsProfile are the verbs whose first argument is a Profile that is there.
var needsProfile = []string{"get", "describe", "access", "share", "unshare", "transfer", "delete", "verify"}

// findsFaults are the verbs that end with 1 when they find something wrong, as they do on a
// control plane without nodes, for a role that common guides made.
var findsFaults = []string{"doctor", "audit"}

// changesTheInstallation are the verbs that would take away what the other commands need, and so
// are given a dry run. They have tests of their own.
var changesTheInstallation = []string{"migrate"}

// profileCommand has kubectl run its plugin. Each command works on a Profile of its own, so that none
// depends on another page.
func profileCommand(arguments []string) (outcome, error) {
	verb, names, err := readProfileCommand(arguments)
	if err != nil {
		return outcome{}, err
	}
	if slices.Contains(changesTheInstallation, verb) {
		if slices.Contains(arguments, "--rollback") {
			return parsed, nil // Nothing was changed that could be taken back.
		}
		arguments = append(slices.Clone(arguments), dryRun)
	}
	name := ""
	if len(names) > 0 && (verb == "create" || slices.Contains(needsProfile, verb)) {
		name = names[0] + "-" + strconv.Itoa(os.Getpid())
		arguments = slices.Clone(arguments)
		arguments[slices.Index(arguments, names[0])] = name
		if verb != "create" {
			if err := prepare(name, verb); err != nil {
				return outcome{}, err
			}
		}
	}
	return ran, runProfile(verb, name, arguments)
}

// readProfileCommand finds the verb and has it read its flags.
func readProfileCommand(arguments []string) (verb string, names []string, err error) {
	root := cli.NewCommand(cli.NewEnvironment())
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	c, rest, err := root.Find(arguments)
	if err != nil {
		return "", nil, err
	}
	c.InitDefaultHelpFlag()
	if err := c.ParseFlags(rest); err != nil {
		return "", nil, err
	}
	if c.HasSubCommands() && c.Flags().NArg() > 0 {
		return "", nil, fmt.Errorf("%s has no verb %q", c.CommandPath(), c.Flags().Arg(0))
	}
	return verbOf(c), c.Flags().Args(), nil
}

func verbOf(c *cobra.Command) string {
	if c.HasParent() {
		return c.Name()
	}
	return ""
}

func runProfile(verb, name string, arguments []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := kubectlProcess(ctx, os.Getenv("DOCS_KUBECTL"), append([]string{"profile"}, arguments...)...)
	answer := "yes"
	if verb == "delete" {
		answer = name
	}
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(answer+"\n"), os.Stdout, os.Stderr
	err := command.Run()
	ended, is := errors.AsType[*exec.ExitError](err)
	if is && ended.ExitCode() == 1 && slices.Contains(findsFaults, verb) {
		return nil
	}
	return err
}

func clusterClient() (client.Client, error) {
	settings, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, err
	}
	settings.WarningHandlerWithContext = rest.NoWarnings{}
	return client.New(settings, client.Options{Scheme: playground.Scheme()})
}

// prepare makes a Profile for a command and waits until the controller has dealt with it.
func prepare(name, verb string) error {
	cluster, err := clusterClient()
	if err != nil {
		return err
	}
	p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: profilev1.ProfileSpec{
		Owner:        rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "ann@example.com"},
		Contributors: []profilev1.Contributor{{Kind: rbacv1.UserKind, Name: "ben@example.com", Role: "view"}},
	}}
	if verb == "verify" {
		p.Spec.Plugins = []profilev1.Plugin{{Kind: "AwsIamForServiceAccount", Spec: &runtime.RawExtension{Raw: []byte(`{"awsIamRole":"arn:aws:iam::` + accountID + `:role/` + roleOfAll + `"}`)}}}
	}
	ctx := context.Background()
	if err := cluster.Create(ctx, p); err != nil {
		return err
	}
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		err := cluster.Get(ctx, client.ObjectKeyFromObject(p), p)
		return conditionOf(p, profilev1.ConditionReady).Status == metav1.ConditionTrue, err
	})
	if err != nil {
		err = fmt.Errorf("profile %s is not ready: %+v: %w", name, p.Status.Conditions, err)
	}
	return err
}

func conditionOf(p *profilev1.Profile, of profilev1.ConditionType) profilev1.ProfileCondition {
	i := slices.IndexFunc(p.Status.Conditions, func(c profilev1.ProfileCondition) bool { return c.Type == of })
	if i < 0 {
		return profilev1.ProfileCondition{}
	}
	return p.Status.Conditions[i]
}
