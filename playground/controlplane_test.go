package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// process is a playground that a test started.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *bytes.Buffer
	client kubernetes.Interface
}

// startPlayground runs a playground on dir and waits until it says that it is ready.
func startPlayground(t *testing.T, dir string, flags ...string) *process {
	t.Helper()
	p := &process{stderr: &bytes.Buffer{}}
	p.cmd = exec.CommandContext(t.Context(), os.Args[0], append(flags, "--dir", dir, "--stop-with-parent")...)
	p.cmd.Env = append(os.Environ(), asPlayground+"=1")
	p.cmd.Stderr = p.stderr
	stdin, err := p.cmd.StdinPipe()
	must(t, err)
	stdout, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	must(t, err)
	defer stdout.Close()
	p.cmd.Stdout = stdout
	p.stdin = stdin
	must(t, p.cmd.Start())

	want := fmt.Sprintf("ready kubeconfig=%s\n", filepath.Join(dir, "kubeconfig"))
	err = until(t.Context(), "the playground to say that it is ready", func(context.Context) error {
		got, err := os.ReadFile(stdout.Name())
		if err == nil && string(got) != want {
			err = fmt.Errorf("its output is %q, not %q", got, want)
		}
		return err
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, p.stderr)
	}
	config, err := adminConfig(filepath.Join(dir, "kubeconfig"), "playground-test")
	must(t, err)
	p.client, err = kubernetes.NewForConfig(config)
	must(t, err)
	return p
}

// stop closes the standard input of the playground, as its parent's death would.
func (p *process) stop(t *testing.T) {
	t.Helper()
	must(t, p.stdin.Close())
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("the playground did not stop cleanly: %v\n%s", err, p.stderr)
	}
}

func TestControlPlaneWorksAndKeepsItsDataAcrossARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	const issuer = "https://issuer.example"

	first := startPlayground(t, dir, "--service-account-issuer", issuer, "--audit-log")
	createNamespace(t, first.client, "room")
	token := requestToken(t, first.client, "room")
	if got := subjectOf(t, first.client, token); got != "system:serviceaccount:room:default" {
		t.Errorf("the token is one of %q", got)
	}
	publishes(t, first.client, issuer)
	refusesASecondStart(t, dir, first.cmd.Process.Pid)
	watched := watchForever(t, first.client)
	first.stop(t)
	<-watched
	auditNames(t, filepath.Join(dir, "audit.log"), "/api/v1/namespaces/room/serviceaccounts/default/token", "create")
	onlyProgressOnTheTerminal(t, first.stderr.String())

	second := startPlayground(t, dir, "--service-account-issuer", issuer)
	defer second.stop(t)
	if _, err := second.client.CoreV1().Namespaces().Get(t.Context(), "room", metav1.GetOptions{}); err != nil {
		t.Errorf("the namespace did not survive the restart: %v", err)
	}
	if got := subjectOf(t, second.client, token); got != "system:serviceaccount:room:default" {
		t.Errorf("after the restart a token from before is one of %q", got)
	}
	createNamespace(t, second.client, "another-room")
}

// A start that is interrupted half way makes the API server give up. It must still
// end as a clean stop, and its temporary folder must go.
func TestAnInterruptedStartIsACleanStop(t *testing.T) {
	temporary := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--stop-with-parent")
	cmd.Env = append(os.Environ(), asPlayground+"=1", "TMPDIR="+temporary)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stderr, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())

	waitForLine(t, stderr, "starting the API server")
	err = until(t.Context(), "the API server to listen", func(context.Context) error {
		logs, err := filepath.Glob(filepath.Join(temporary, "playground-*", "control-plane.log"))
		if err != nil {
			return err
		}
		if len(logs) == 0 {
			return errors.New("there is no log yet")
		}
		content, err := os.ReadFile(logs[0])
		if err == nil && !bytes.Contains(content, []byte("Serving securely")) {
			err = errors.New("its log does not say so")
		}
		return err
	})
	must(t, err)
	must(t, stdin.Close())
	rest, err := io.ReadAll(stderr)
	must(t, err)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the stop was not clean: %v\n%s", err, rest)
	}
	left, err := os.ReadDir(temporary)
	must(t, err)
	if len(left) > 0 {
		t.Errorf("%s was left behind", left[0].Name())
	}
}

// createNamespace creates a namespace and waits for its default ServiceAccount.
func createNamespace(t *testing.T, client kubernetes.Interface, name string) {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
	must(t, err)
	must(t, until(t.Context(), "the default ServiceAccount", func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err
	}))
}

// requestToken asks for a token of the default ServiceAccount.
func requestToken(t *testing.T, client kubernetes.Interface, namespace string) string {
	t.Helper()
	request, err := client.CoreV1().ServiceAccounts(namespace).
		CreateToken(t.Context(), "default", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	must(t, err)
	return request.Status.Token
}

// subjectOf asks the API server whose token it is.
func subjectOf(t *testing.T, client kubernetes.Interface, token string) string {
	t.Helper()
	review, err := client.AuthenticationV1().TokenReviews().Create(t.Context(),
		&authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	must(t, err)
	return review.Status.User.Username
}

// publishes checks the discovery document of the issuer and its keys.
func publishes(t *testing.T, client kubernetes.Interface, issuer string) {
	t.Helper()
	for path, want := range map[string]string{
		"/.well-known/openid-configuration": fmt.Sprintf("%q:%q", "issuer", issuer),
		"/openid/v1/jwks":                   `"kty":"RSA"`,
	} {
		got, err := client.Discovery().RESTClient().Get().AbsPath(path).DoRaw(t.Context())
		must(t, err)
		if !strings.Contains(string(got), want) {
			t.Errorf("%s does not have %s: %s", path, want, got)
		}
	}
}

// refusesASecondStart starts another playground on a folder that is in use.
func refusesASecondStart(t *testing.T, dir string, pid int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--dir", dir)
	cmd.Env = append(os.Environ(), asPlayground+"=1")
	output, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(output), fmt.Sprintf("process %d", pid)) {
		t.Errorf("a second start ended with %v and said %q; it must name process %d", err, output, pid)
	}
}

// watchForever opens a watch that only the server ends. The channel closes when it has.
func watchForever(t *testing.T, client kubernetes.Interface) <-chan struct{} {
	t.Helper()
	watch, err := client.CoreV1().Namespaces().Watch(t.Context(), metav1.ListOptions{})
	must(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range watch.ResultChan() {
		}
	}()
	return ended
}

// auditNames looks for a request in the audit log, which must hold one JSON object a
// line and each request once.
func auditNames(t *testing.T, path, uri, verb string) {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	var count int
	for line := range bytes.Lines(content) {
		var event struct{ Verb, RequestURI, Stage, Level string }
		must(t, json.Unmarshal(line, &event))
		if event.Level != "Metadata" || event.Stage == "RequestReceived" {
			t.Fatalf("the audit log has level %s at stage %s", event.Level, event.Stage)
		}
		if event.Verb == verb && event.RequestURI == uri {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the audit log has %d lines for %s %s, not one", count, verb, uri)
	}
}

// onlyProgressOnTheTerminal checks that no component wrote between the progress lines.
func onlyProgressOnTheTerminal(t *testing.T, output string) {
	t.Helper()
	known := []string{"starting etcd", "starting the API server", "API server is ready", "starting the controllers", "ready (", "stopping", "stopped"}
	for line := range strings.Lines(output) {
		if !slices.ContainsFunc(known, func(start string) bool { return strings.HasPrefix(line, start) }) {
			t.Errorf("the terminal shows %q", line)
		}
	}
}

// waitForLine reads until a line has been seen.
func waitForLine(t *testing.T, output io.Reader, want string) {
	t.Helper()
	timeout := time.AfterFunc(readyTimeout, func() { t.Errorf("the line %q did not come", want) })
	defer timeout.Stop()
	var seen []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(seen, []byte(want+"\n")) {
		n, err := output.Read(one)
		seen = append(seen, one[:n]...)
		if err != nil {
			t.Fatalf("the output ended after %q: %v", seen, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
