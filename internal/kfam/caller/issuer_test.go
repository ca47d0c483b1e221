package caller

import (
	"context"
	"crypto/rsa"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

const (
	clientID    = "kfam"
	redirectURI = "https://kfam.example/callback"
	password    = "verysecure"
)

// provider is the storage of an issuer that nobody here wrote, with groups and with keys that
// can be changed.
type provider struct {
	*storage.Storage
	key atomic.Pointer[signingKey]
}

// signingKey is a key as the issuer signs with it and as it publishes it.
type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

func (k *signingKey) ID() string                                  { return k.id }
func (k *signingKey) Use() string                                 { return "sig" }
func (k *signingKey) Algorithm() jose.SignatureAlgorithm          { return jose.RS256 }
func (k *signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

type privateKey struct{ *signingKey }

func (k privateKey) Key() any { return k.key }

type publicKey struct{ *signingKey }

func (k publicKey) Key() any { return k.key.Public() }

func (p *provider) SigningKey(context.Context) (op.SigningKey, error) {
	return privateKey{p.key.Load()}, nil
}

func (p *provider) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{p.key.Load()}}, nil
}

func (p *provider) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, request op.IDTokenRequest, scopes []string) error {
	info.AppendClaims("groups", []string{"data", "ml"})
	return p.Storage.SetUserinfoFromRequest(ctx, info, request, scopes)
}

// people are those who can log in.
type people map[string]*storage.User

func (p people) GetUserByID(id string) *storage.User         { return p[id] }
func (p people) GetUserByUsername(name string) *storage.User { return p[name] }
func (p people) ExampleClientID() string                     { return "unused" }

func startProvider(t *testing.T) (*httptest.Server, *provider) {
	t.Helper()
	users := people{}
	for _, user := range []*storage.User{{ID: "ann", Email: "Ann@example.com", EmailVerified: true}, {ID: "eve", Email: "admin@example.com"}} {
		user.Username, user.Password = user.ID, password
		users[user.ID] = user
	}
	clients := map[string]*storage.Client{}
	for _, id := range []string{clientID, "grafana"} {
		clients[id] = storage.WebClient(id, "secret", redirectURI)
	}
	p := &provider{Storage: storage.NewStorageWithClients(users, clients)}
	p.key.Store(&signingKey{"one", newKey(t)})
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = exampleop.SetupServer("https://"+server.Listener.Addr().String(), p, slog.New(slog.DiscardHandler), true)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, p
}

// login goes the way of a browser: it asks to log in, fills in the form, and is sent back to the
// application with an ID token.
func login(t *testing.T, server *httptest.Server, application, user string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Transport: server.Client().Transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	follow := func(method, address string, form url.Values) *url.URL {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		target, err := response.Location()
		if err != nil {
			body, _ := io.ReadAll(response.Body)
			t.Fatalf("%s: %v: %s", response.Status, err, body)
		}
		return target
	}
	query := url.Values{"client_id": {application}, "redirect_uri": {redirectURI}, "response_type": {"id_token"},
		"scope": {"openid email"}, "state": {"s"}, "nonce": {"n"}}
	form := follow(http.MethodGet, server.URL+"/auth?"+query.Encode(), nil)
	answer := url.Values{"id": {form.Query().Get("authRequestID")}, "username": {user}, "password": {password}}
	callback := follow(http.MethodPost, server.URL+"/login/username", answer)
	back := follow(http.MethodGet, callback.String(), nil)
	values, err := url.ParseQuery(back.Fragment)
	if err != nil || values.Get("id_token") == "" {
		t.Fatalf("sent back to %s without an ID token", back)
	}
	return values.Get("id_token")
}

func TestLoginsAtARealIssuer(t *testing.T) {
	server, p := startProvider(t)
	o := meshed()
	o.Names = tenancy.EmailsIgnoreCase
	o.OIDC = &OIDCOptions{Issuer: server.URL, Audiences: []string{clientID}, GroupsClaim: "groups", Client: server.Client()}
	a := newAuthenticator(t, o)
	want := Caller{Kind: User, Name: "Ann@example.com", Key: "ann@example.com", Groups: []string{"data", "ml"}, Via: ViaOIDC}
	called := func(token string) {
		t.Helper()
		got, err := a.Authenticate(asToken(token))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the caller differs (-want +got):\n%s", diff)
		}
	}
	before := login(t, server, clientID, "ann")
	called(before)

	_, err := a.Authenticate(asToken(login(t, server, "grafana", "ann")))
	wantRefusal(t, err, http.StatusUnauthorized, ReasonInvalidToken)
	_, err = a.Authenticate(asToken(login(t, server, clientID, "eve")))
	wantRefusal(t, err, http.StatusForbidden, ReasonUnusableName)

	p.key.Store(&signingKey{"two", newKey(t)})
	called(login(t, server, clientID, "ann"))
	_, err = a.Authenticate(asToken(before))
	wantRefusal(t, err, http.StatusUnauthorized, ReasonInvalidToken)
}
