package caller

import (
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// On a real API server: its tokens, its audiences, and the end of a token with its account.
func TestServiceAccountTokensOfARealAPIServer(t *testing.T) {
	ctx := t.Context()
	pg, err := playground.Start(ctx, playground.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	client, err := kubernetes.NewForConfig(pg.Admin)
	if err != nil {
		t.Fatal(err)
	}
	if err := pg.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ci"}}); err != nil {
		t.Fatal(err)
	}
	create := func(name string) *corev1.ServiceAccount {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "ci", Name: name}}
		if err := pg.Client.Create(ctx, account); err != nil {
			t.Fatal(err)
		}
		return account
	}
	token := func(name string, audiences ...string) string {
		token, err := pg.Token(ctx, "ci", name, audiences...)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	create("bot")
	leaver := create("leaver")
	reviewer := client.AuthenticationV1().TokenReviews()
	plain := newAuthenticator(t, Options{TokenReviews: &TokenReviewOptions{Reviewer: reviewer}})
	kfam := newAuthenticator(t, Options{TokenReviews: &TokenReviewOptions{Reviewer: reviewer, Audiences: []string{"kfam"}}})
	forAPIServer, forKFAM, forVault, ofLeaver := token("bot"), token("bot", "kfam"), token("bot", "vault", "kfam2"), token("leaver", "kfam")

	tests := map[string]struct {
		authenticator *Authenticator
		token         string
		welcome       bool
	}{
		"API server's audience, its token":    {plain, forAPIServer, true},
		"API server's audience, KFAM's token": {plain, forKFAM, false},
		"own audience, its token":             {kfam, forKFAM, true},
		"own audience, API server's token":    {kfam, forAPIServer, false},
		"own audience, another's token":       {kfam, forVault, false},
		"own audience, its token cut short":   {kfam, forKFAM[:len(forKFAM)-8], false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := test.authenticator.Authenticate(asToken(test.token))
			if !test.welcome {
				wantRefusal(t, err, http.StatusUnauthorized, ReasonInvalidToken)
				return
			}
			if err != nil || c.Kind != ServiceAccount || c.Name != "system:serviceaccount:ci:bot" || c.Via != ViaTokenReview {
				t.Errorf("the caller is %+v, %v", c, err)
			}
		})
	}
	if err := pg.Client.Delete(ctx, leaver); err != nil {
		t.Fatal(err)
	}
	// The API server's own view of its accounts is a moment old, and it remembers for seconds
	// that a token was good.
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(time.Minute); err == nil; <-again.C {
		if time.Now().After(deadline) {
			t.Fatal("the token outlives its account")
		}
		_, err = kfam.Authenticate(asToken(ofLeaver))
	}
	wantRefusal(t, err, http.StatusUnauthorized, ReasonInvalidToken)
}
