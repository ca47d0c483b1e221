// Package e2ekfam tries the access-management API over HTTP, on a real control plane with
// the controller beside it, both under their own account. One access API believes the user
// header from anybody, as without a mesh; another one believes only what the mesh, an
// OpenID Connect issuer and the API server vouch for. What attackers try is in the files
// attack_*_test.go, and the names of their tests say what must not succeed.
package e2ekfam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kfprofiles/kfprofiles/internal/kfam"
	"github.com/kfprofiles/kfprofiles/internal/kfam/kfamtest"
	"github.com/kfprofiles/kfprofiles/test/cloud/oidcissuer"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

var (
	pg *playground.Playground
	// unmeshed believes the user header from anybody.
	unmeshed *playground.KFAM
	// meshed believes the sidecar, the provider and the API server.
	meshed *playground.KFAM
	// provider is where people log in.
	provider *oidcissuer.Issuer
	// contract is the OpenAPI document, against which every answer is held.
	contract *kfamtest.Contract
)

const admin = "admin@example.com"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	log.SetLogger(logr.Discard())
	slog.SetDefault(slog.New(slog.DiscardHandler))
	var parts stops
	var err error
	if contract, err = kfamtest.NewContract(kfam.OpenAPI()); err == nil {
		err = start(context.Background(), &parts)
	}
	if err == nil {
		code = m.Run()
	}
	if err = errors.Join(err, parts.stop()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// stops are what has to be called at the end, the last first.
type stops []func() error

func (s *stops) stop() error {
	var failures []error
	for i := len(*s) - 1; i >= 0; i-- {
		failures = append(failures, (*s)[i]())
	}
	return errors.Join(failures...)
}

func start(ctx context.Context, parts *stops) (err error) {
	if pg, err = playground.Start(ctx, playground.Options{}); err != nil {
		return err
	}
	*parts = append(*parts, pg.Stop)
	for _, install := range []func(context.Context) error{pg.Install, pg.InstallMesh} {
		if err := install(ctx); err != nil {
			return err
		}
	}
	controller, err := pg.StartController(ctx, playground.ControllerOptions{Flags: []string{"-userid-header=kubeflow-userid", "-userid-prefix="}})
	if err != nil {
		return err
	}
	*parts = append(*parts, controller.Stop)
	if unmeshed, err = pg.StartKFAM(ctx, playground.KFAMOptions{Flags: unmeshedFlags()}); err != nil {
		return err
	}
	*parts = append(*parts, unmeshed.Stop)
	return startMeshed(ctx, parts)
}

func unmeshedFlags(more ...string) []string {
	return append([]string{"-trust-user-header", "-userid-header=kubeflow-userid", "-userid-prefix=", "-cluster-admin=" + admin}, more...)
}

// startMeshed starts the issuer and the access API that believes it. The header and its prefix
// are the defaults.
func startMeshed(ctx context.Context, parts *stops) (err error) {
	if provider, err = oidcissuer.Start(oidcissuer.Options{Applications: []string{"kfam", "grafana"}, People: people}); err != nil {
		return err
	}
	*parts = append(*parts, func() error { provider.Close(); return nil })
	authorities := filepath.Join(pg.Folder, "issuer.pem")
	if err := os.WriteFile(authorities, provider.Certificate(), 0o600); err != nil {
		return err
	}
	meshed, err = pg.StartKFAM(ctx, playground.KFAMOptions{Environment: []string{"SSL_CERT_FILE=" + authorities}, Flags: meshedFlags()})
	if err != nil {
		return err
	}
	*parts = append(*parts, meshed.Stop)
	return nil
}

func meshedFlags() []string {
	return []string{"-cluster-admin=" + admin, "-cluster-admin-groups=operators", "-accept-service-accounts",
		"-oidc-issuer=" + provider.URL(), "-oidc-audiences=kfam"}
}

// people are those who can log in.
var people = []oidcissuer.Person{
	{ID: "olga", Email: "olga@example.com", EmailVerified: true, Groups: []string{"vision", "operators"}},
	{ID: "vera", Email: "vera@example.com", EmailVerified: true, Groups: []string{"vision"}},
	{ID: "eve", Email: admin},
}

// clients are those that from made, by address.
var clients sync.Map

// from returns a client whose connections come from one address of this machine.
func from(address string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	client := &http.Client{Transport: contract.Transport(&http.Transport{DialContext: dialer.DialContext})}
	known, _ := clients.LoadOrStore(address, client)
	return known.(*http.Client)
}
