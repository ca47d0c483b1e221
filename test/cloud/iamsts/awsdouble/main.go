// Command awsdouble runs the double of AWS IAM and STS as a process of its own, for trying
// things by hand. When it is ready it prints one line to standard output:
//
//	ready endpoint=http://127.0.0.1:40001 access-key-id=AKIAIOSFODNN7EXAMPLE secret-access-key=...
//
// The credentials are the ones that AWS's documentation uses as an example.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run is main with its surroundings as parameters.
func run(ctx context.Context, arguments []string, stdin io.Reader, stdout io.Writer) error {
	s, err := parseSettings(arguments)
	if err != nil {
		return err
	}
	if s.stopWithParent {
		ctx = untilEndOfInput(ctx, stdin)
	}
	options, clusterIssuer, err := s.account(ctx)
	if err != nil {
		return err
	}
	server, err := iamsts.Start(options)
	if err != nil {
		return err
	}
	if clusterIssuer != "" {
		server.AddProvider(clusterIssuer, audience)
	}
	for _, r := range s.roles {
		r.addTo(server)
	}
	c := server.Credentials()
	fmt.Fprintf(stdout, "ready endpoint=%s access-key-id=%s secret-access-key=%s\n", server.URL(), c.AccessKeyID, c.SecretAccessKey)
	<-ctx.Done()
	return server.Close()
}

// account returns how the account is set up, and the issuer of the cluster if there is one.
func (s settings) account(ctx context.Context) (iamsts.Options, string, error) {
	options := iamsts.Options{Address: s.address, AccountID: s.accountID}
	if s.kubeconfig == "" {
		return options, "", nil
	}
	config, err := clientcmd.BuildConfigFromFlags("", s.kubeconfig)
	if err != nil {
		return options, "", err
	}
	if options.IssuerClient, err = issuer.ThroughAPIServer(config); err != nil {
		return options, "", err
	}
	name, err := issuer.OfAPIServer(ctx, config)
	return options, name, err
}

// untilEndOfInput returns a context that also ends when the input does. Whoever holds its
// other end lets go of it by ending, in whatever way.
func untilEndOfInput(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, in)
	}()
	return ctx
}
