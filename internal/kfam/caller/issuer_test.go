package caller

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
	"github.com/kfprofiles/kfprofiles/test/cloud/oidcissuer"
)

func TestLoginsAtARealIssuer(t *testing.T) {
	provider, err := oidcissuer.Start(oidcissuer.Options{Applications: []string{"kfam", "grafana"}, People: []oidcissuer.Person{
		{ID: "ann", Email: "Ann@example.com", EmailVerified: true, Groups: []string{"data", "ml"}}, {ID: "eve", Email: "admin@example.com"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(provider.Close)
	login := func(application, person string) string {
		t.Helper()
		token, err := provider.Login(t.Context(), application, person)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	o := meshed()
	o.Names = tenancy.EmailsIgnoreCase
	o.OIDC = &OIDCOptions{Issuer: provider.URL(), Audiences: []string{"kfam"}, GroupsClaim: "groups", Client: provider.Client()}
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
	before := login("kfam", "ann")
	called(before)

	_, err = a.Authenticate(asToken(login("grafana", "ann")))
	wantRefusal(t, err, http.StatusUnauthorized, ReasonInvalidToken)
	_, err = a.Authenticate(asToken(login("kfam", "eve")))
	wantRefusal(t, err, http.StatusForbidden, ReasonUnusableName)

	if err := provider.Rotate(); err != nil {
		t.Fatal(err)
	}
	called(login("kfam", "ann"))
	_, err = a.Authenticate(asToken(before))
	wantRefusal(t, err, http.StatusUnauthorized, ReasonInvalidToken)
}
