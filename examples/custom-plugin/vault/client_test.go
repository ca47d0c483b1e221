package vault

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

// TestWhatIsNotVaultIsNotBelieved has a proxy answer for Vault.
func TestWhatIsNotVaultIsNotBelieved(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"404 as a page": http.NotFound,
		"404 as other JSON": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			_, _ = w.Write([]byte(`{"error":"no"}`))
		},
		"200 as a page":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`<html>`)) },
		"a connection ended": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			proxy := httptest.NewServer(answer)
			t.Cleanup(proxy.Close)
			s := newStage(t, func(o *Options) { o.Address = proxy.URL })
			plugintest.WantError(t, s.Revoke(t.Context(), "alice", s.alice(`{"policy":"research"}`)), plugin.Retry, profilev1.ReasonRetrying, "-vault-address")
		})
	}
}

func TestTheTokenDoesNotFollowARedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	standby := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(standby.Close)
	s := newStage(t, func(o *Options) { o.Address = standby.URL })
	plugintest.WantError(t, s.Apply(t.Context(), "alice", s.alice(`{"policy":"research"}`)), plugin.Retry, profilev1.ReasonRetrying, "(307)", "-vault-address")
}

func TestTheAuthoritiesOfTheFileAreTrusted(t *testing.T) {
	plain, o := startVault(t)
	plain.PutPolicy("research")
	secure := httptest.NewUnstartedServer(plain.Config.Handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // It would tell of the handshake that must fail.
	secure.StartTLS()
	t.Cleanup(secure.Close)
	o.Address = secure.URL + "/"
	b := (&stage{T: t, Plugin: newPlugin(o, nil, time.Now)}).alice(`{"policy":"research"}`)

	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(t.Context(), "alice", b); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority is answered with %v", err)
	}

	o.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "-vault-ca-file") {
		t.Errorf("a file that is not there is answered with %v", err)
	}
	for text, good := range map[string]bool{"no certificate": false,
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})): true} {
		if err := os.WriteFile(o.CAFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := New(o)
		if (err == nil) != good {
			t.Fatalf("a file with %.20q is answered with %v", text, err)
		}
		if good && p.Apply(t.Context(), "alice", b) != nil {
			t.Errorf("with the authority: %v", p.Apply(t.Context(), "alice", b))
		}
	}
}
