package oidcissuer

import (
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// redirectURI is where an application wants people to be sent back to; nobody listens there.
const redirectURI = "https://application.example/callback"

// password is everybody's.
const password = "verysecure"

// Person is somebody who can log in.
type Person struct {
	// ID is the name to log in with, and the sub of the tokens.
	ID string
	// Email and EmailVerified are the claims of these names.
	Email         string
	EmailVerified bool
	// Groups is the claim "groups".
	Groups []string
}

// Options say who can log in where.
type Options struct {
	// Applications are the client IDs of those to which people can log in.
	Applications []string
	People       []Person
}

// Issuer is a running issuer. All methods may be called at the same time.
type Issuer struct {
	server *httptest.Server
	store  *store
}

// Start starts an issuer on a free port of 127.0.0.1.
func Start(o Options) (*Issuer, error) {
	users, groups := users{}, map[string][]string{}
	for _, p := range o.People {
		users[p.ID] = &storage.User{ID: p.ID, Username: p.ID, Password: password, Email: p.Email, EmailVerified: p.EmailVerified}
		groups[p.ID] = p.Groups
	}
	applications := map[string]*storage.Client{}
	for _, id := range o.Applications {
		applications[id] = storage.WebClient(id, "secret", redirectURI)
	}
	i := &Issuer{
		server: httptest.NewUnstartedServer(nil),
		store:  &store{Storage: storage.NewStorageWithClients(users, applications), groups: groups},
	}
	if err := i.Rotate(); err != nil {
		i.server.Close()
		return nil, err
	}
	address := "https://" + i.server.Listener.Addr().String()
	i.server.Config.Handler = exampleop.SetupServer(address, i.store, slog.New(slog.DiscardHandler), true)
	i.server.StartTLS()
	return i, nil
}

// URL is the issuer, as its tokens name it in iss.
func (i *Issuer) URL() string { return i.server.URL }

// Client returns a client that trusts the issuer's TLS certificate and nothing else.
func (i *Issuer) Client() *http.Client { return i.server.Client() }

// Certificate is the issuer's TLS certificate in PEM, for programs that must trust it.
func (i *Issuer) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.server.Certificate().Raw})
}

// Close returns when the issuer answers nobody any more.
func (i *Issuer) Close() { i.server.Close() }
