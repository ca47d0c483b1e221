package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestItServesUntilTheParentIsGone runs the program with a parent at the other end of its
// standard input.
func TestItServesUntilTheParentIsGone(t *testing.T) {
	stdin, parent := io.Pipe()
	stdout, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(t.Context(), []string{"--stop-with-parent", "--account", "111122223333", "--role", "alice", "--role", "profiles/open=https://oidc.example.com/id/a"}, stdin, writer)
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, word := range strings.Fields(line) {
		name, value, _ := strings.Cut(word, "=")
		said[name] = value
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := iam.NewFromConfig(aws.Config{
		Region: iamsts.Region, BaseEndpoint: aws.String(said["endpoint"]), HTTPClient: &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: said["access-key-id"], SecretAccessKey: said["secret-access-key"]}, nil
		}),
	})
	roles, err := client.ListRoles(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, role := range roles.Roles {
		found = append(found, aws.ToString(role.Arn))
	}
	if diff := cmp.Diff([]string{"arn:aws:iam::111122223333:role/alice", "arn:aws:iam::111122223333:role/profiles/open"}, found); diff != "" {
		t.Error(diff)
	}
	if err := parent.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestItServesUntilItIsTold(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stdout, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, nil, strings.NewReader(""), writer) }()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || !strings.HasPrefix(line, "ready endpoint=http://127.0.0.1:") {
		t.Errorf("said %q, %v", line, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestInitialRoles(t *testing.T) {
	server, err := iamsts.Start(iamsts.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	const issuer, anybody = "https://oidc.example.com/id/a", "system:serviceaccount:any:body"
	for value, open := range map[string]bool{"closed": false, "open=" + issuer: true} {
		r, err := parseRole(value)
		if err != nil {
			t.Fatal(err)
		}
		r.addTo(server)
		if got := server.Admits(r.name, issuer, anybody, audience); got != open {
			t.Errorf("%s admits anybody: %v", r.name, got)
		}
	}
}

func TestSettings(t *testing.T) {
	tests := map[string]struct {
		arguments string
		want      string
	}{
		"help":                      {"--help", flag.ErrHelp.Error()},
		"an argument":               {"alice", `no argument "alice"`},
		"a role without a name":     {"--role =https://x", "want NAME"},
		"an issuer that is no URL":  {"--role alice=oidc.example.com", "https://"},
		"a kubeconfig that is gone": {"--kubeconfig none", "none"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), strings.Fields(test.arguments), strings.NewReader(""), io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	if _, err := parseSettings([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}
