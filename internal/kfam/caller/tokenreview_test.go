package caller

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
)

const (
	cluster = "https://kubernetes.default.svc.cluster.local"
	bot     = "system:serviceaccount:ci:bot"
)

// machineToken looks like a ServiceAccount's token. The reviewer decides whether it is one.
func machineToken() string { return unsigned(`{"iss":"` + cluster + `","sub":"` + bot + `"}`) }

func TestServiceAccountToken(t *testing.T) {
	want := Caller{Kind: ServiceAccount, Name: bot, Key: bot, Groups: []string{"system:serviceaccounts", "system:authenticated"}, Via: ViaTokenReview}
	tests := map[string]TokenReviewOptions{
		"of any issuer, for the API server": {},
		"of the cluster's issuer":           {Issuers: []string{"https://old.example", cluster}},
		"for an audience":                   {Audiences: []string{"kfam", "other"}},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			reviewer := &reviews{status: account(bot, "other")}
			o.Reviewer = reviewer
			got, err := newAuthenticator(t, Options{TokenReviews: &o}).Authenticate(asToken(machineToken()))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the caller differs (-want +got):\n%s", diff)
			}
			if reviewer.last.Token != machineToken() || !slices.Equal(reviewer.last.Audiences, o.Audiences) {
				t.Errorf("asked about %+v", reviewer.last)
			}
		})
	}
}

func TestAttackTokensForReview(t *testing.T) {
	unknown := authenticationv1.TokenReviewStatus{Error: "[invalid bearer token, service account token has been invalidated]", User: authenticationv1.UserInfo{Username: bot}}
	tests := map[string]struct {
		options TokenReviewOptions
		status  authenticationv1.TokenReviewStatus
		failure error
		token   string
		want    int
		reason  Reason
		asked   int
	}{
		"that the API server does not know":      {status: unknown, want: 401, reason: ReasonInvalidToken, asked: 1},
		"for another audience":                   {options: TokenReviewOptions{Audiences: []string{"kfam"}}, status: account(bot, "vault"), want: 401, reason: ReasonInvalidToken, asked: 1},
		"of an API server without audiences":     {options: TokenReviewOptions{Audiences: []string{"kfam"}}, status: account(bot), want: 401, reason: ReasonInvalidToken, asked: 1},
		"of a person":                            {status: account("admin@example.com"), want: 403, reason: ReasonUnusableName, asked: 1},
		"of a part of Kubernetes":                {status: account("system:kube-controller-manager"), want: 403, reason: ReasonUnusableName, asked: 1},
		"of a person named like an account":      {status: account("system:serviceaccount:ci"), want: 403, reason: ReasonUnusableName, asked: 1},
		"of an account with odd letters":         {status: account("system:serviceaccount:ci:Bot"), want: 403, reason: ReasonUnusableName, asked: 1},
		"of an issuer that is not the cluster's": {options: TokenReviewOptions{Issuers: []string{"https://other"}}, status: account(bot), want: 401, reason: ReasonUnknownIssuer},
		"that are no JSON Web Token":             {status: account(bot), token: "bootstrap.token", want: 401, reason: ReasonUnknownIssuer},
		"while the API server is away":           {failure: errors.New("dial tcp 10.0.0.1:443: connection refused"), status: account(bot), want: 503, reason: ReasonUnavailable, asked: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			reviewer := &reviews{status: test.status, err: test.failure}
			test.options.Reviewer = reviewer
			if test.token == "" {
				test.token = machineToken()
			}
			_, err := newAuthenticator(t, Options{TokenReviews: &test.options}).Authenticate(asToken(test.token))
			told, _ := wantRefusal(t, err, test.want, test.reason)
			if reviewer.asked != test.asked {
				t.Errorf("the API server was asked %d times, want %d", reviewer.asked, test.asked)
			}
			if strings.Contains(told, "10.0.0.1") || strings.Contains(told, "admin@") {
				t.Errorf("the client is told %q", told)
			}
		})
	}
}

// Beside a trusted header a token is verified only when its issuer was named: an issuer that
// nobody named may be that of the browser's token, which the dashboard passes on.
func TestServiceAccountTokenBesideTheGatewaysHeader(t *testing.T) {
	tests := map[string]struct {
		issuers []string
		header  string
		asked   int
		via     Via
		status  int
	}{
		"issuer named, same account":  {[]string{cluster}, bot, 1, ViaTokenReview, 0},
		"issuer named, other account": {[]string{cluster}, "system:serviceaccount:ci:other", 1, "", http.StatusForbidden},
		"issuer named, a person":      {[]string{cluster}, "admin@example.com", 1, "", http.StatusForbidden},
		"no issuer named":             {nil, "ann@example.com", 0, ViaUserHeader, 0},
		"another issuer named":        {[]string{"https://x"}, "ann@example.com", 0, ViaUserHeader, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			reviewer := &reviews{status: account(bot)}
			o := meshed()
			o.TokenReviews = &TokenReviewOptions{Reviewer: reviewer, Issuers: test.issuers}
			got, err := newAuthenticator(t, o).Authenticate(through(gateway, "kubeflow-userid", test.header, "Authorization", "bearer "+machineToken()))
			if test.status != 0 {
				wantRefusal(t, err, test.status, ReasonDisagreement)
			} else if err != nil || got.Name != test.header || got.Via != test.via {
				t.Errorf("the caller is %+v, %v; want %s via %s", got, err, test.header, test.via)
			}
			if reviewer.asked != test.asked {
				t.Errorf("the API server was asked %d times, want %d", reviewer.asked, test.asked)
			}
		})
	}
}
