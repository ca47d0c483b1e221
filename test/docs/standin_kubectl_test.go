package docs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// kubectl has the real kubectl do what a document says, so that it judges verbs, flags and kinds. What
// a command would change is shown to the API server and not stored: other pages find the cluster
// as it was.
func kubectl(arguments []string) (outcome, error) {
	if len(arguments) > 0 && arguments[0] == "profile" {
		return profileCommand(arguments[1:])
	}
	ctx, cancel := context.WithTimeout(context.Background(), kubectlPatience)
	defer cancel()
	arguments, err := mild(ctx, inRepository(arguments))
	if err != nil {
		return outcome{}, err
	}
	var complaints bytes.Buffer
	command := kubectlProcess(ctx, os.Getenv("DOCS_KUBECTL"), arguments...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, io.MultiWriter(os.Stderr, &complaints)
	err = command.Run()
	switch {
	case ctx.Err() != nil:
		return outcome{}, fmt.Errorf("not done after %s: what does it wait for?", kubectlPatience)
	case err != nil && onlyMissesWhatIsNotHere(complaints.String()):
		return tried, nil
	}
	return ran, err
}

// kubectlPatience is more than any command needs here, also on a machine that has a lot else to do.
const kubectlPatience = time.Minute

// kubectlProcess is the real kubectl, which finds kubectl profile beside itself. Where it would open an
// editor, the editor leaves all as it is.
func kubectlProcess(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"), "KUBE_EDITOR=true")
	command.WaitDelay = time.Second // A child of a killed kubectl may hold the output open.
	return command
}

// dryRun has the API server judge a change and not store it. A document's own dry run stays.
const dryRun = "--dry-run=server"

// soon are flags that end a command before kubectlPatience does, also one that says how long it would
// wait: without nodes no pod comes.
var soon = []string{"--timeout=15s", "--pod-running-timeout=1s", "--watch=false", "--request-timeout=15s"}

// mild adds to a command the flags above that its verb has. Which these are, kubectl knows: it
// completes them.
func mild(ctx context.Context, arguments []string) ([]string, error) {
	own, inside := arguments, []string(nil)
	if i := slices.Index(arguments, "--"); i >= 0 {
		own, inside = arguments[:i], arguments[i:]
	}
	// The answer has no flag that the command has already, and none if the command is wrong.
	answer, err := kubectlProcess(ctx, os.Getenv("DOCS_KUBECTL"), slices.Concat([]string{"__complete"}, own, []string{"--"})...).Output()
	if err != nil {
		return nil, fmt.Errorf("ask kubectl for flags: %w", err)
	}
	offered := func(flag string) bool { return bytes.Contains(answer, []byte(nameOf(flag)+"\t")) }
	var added []string
	if offered(dryRun) {
		added = append(added, dryRun)
	}
	for _, flag := range soon {
		if offered(flag) || slices.ContainsFunc(own, func(a string) bool { return nameOf(a) == nameOf(flag) }) {
			added = append(added, flag)
		}
	}
	return slices.Concat(own, added, inside), nil
}

func nameOf(flag string) string {
	name, _, _ := strings.Cut(flag, "=")
	return name
}

// inRepository finds the files that a command names: where the shell is, or in the repository.
func inRepository(arguments []string) []string {
	found := slices.Clone(arguments)
	folder := os.Getenv("DOCS_ROOT")
	for i, path := range arguments {
		if i == 0 || !slices.Contains([]string{"-f", "--filename", "-k", "--kustomize"}, arguments[i-1]) {
			continue
		}
		candidates := []string{path, filepath.Join(folder, path)}
		if at := slices.IndexFunc(candidates, func(p string) bool { _, err := os.Stat(p); return err == nil }); at >= 0 {
			found[i] = candidates[at]
		}
	}
	return found
}

// excuses are the complaints that are no fault of a document, since something is missing here
// that its reader has: a controller in the namespace kubeflow, kinds of others, nodes that run
// something, roles for the Profiles of other pages and of TestEveryManifest, and in a file what jq
// would have put there. All else that a document names is in the list settled, or is a mistake.
var excuses = regexp.MustCompile(`(?mi)` + strings.Join([]string{
	`^Error from server \(NotFound\): deployments.apps "profiles-deployment" not found$`,
	`^error: the server doesn't have a resource type "(` + strings.Join(kindsOfOthers, "|") + `)"$`,
	`resource mapping not found for .*: no matches for kind "(` + strings.Join(kindsOfOthers, "|") + `)" in version .*\nensure CRDs are installed first`,
	`^error: timed out waiting for the condition$`,
	`^(error: )?timed out waiting for the condition on profiles/(documented-.*|.*-[0-9]+)$`,
	`^error: no objects passed to apply$`,
	`^error: failed to create secret secrets "dex-ann" already exists$`, // The list settled has it, for the line behind.
	`^Warning: .*$`,
	`^error: |[][,\s]`, // Around several complaints.
}, "|"))

// onlyMissesWhatIsNotHere tells whether nothing but excuses is in what kubectl complains of.
func onlyMissesWhatIsNotHere(complaints string) bool {
	return complaints != "" && excuses.ReplaceAllString(complaints, "") == ""
}
