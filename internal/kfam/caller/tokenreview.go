package caller

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TokenReviewer asks the API server about a token. The typed client has it as
// AuthenticationV1().TokenReviews().
type TokenReviewer interface {
	Create(context.Context, *authenticationv1.TokenReview, metav1.CreateOptions) (*authenticationv1.TokenReview, error)
}

// TokenReviewOptions say how tokens of Kubernetes ServiceAccounts are verified.
type TokenReviewOptions struct {
	Reviewer TokenReviewer
	// Audiences are those of which a token must have one. Empty means the API server's own.
	// An audience of this API's own is better: whoever reads such a token here, or on its
	// way, cannot act with it at the API server.
	Audiences []string
	// Issuers are those whose tokens are reviewed. Empty means every issuer but that of OIDC,
	// since only the API server knows all that it has issued tokens as.
	Issuers []string
}

// tokenReview verifies tokens of ServiceAccounts.
type tokenReview struct {
	TokenReviewOptions
}

// reviewTimeout is how long the API server may take to review a token.
const reviewTimeout = 10 * time.Second

func (t tokenReview) verify(ctx context.Context, token string) (verified, *Refusal) {
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	review, err := t.Reviewer.Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: t.Audiences}}, metav1.CreateOptions{})
	if err != nil {
		return verified{}, unavailable(fmt.Errorf("review a token: %w", err))
	}
	return t.judge(review.Status)
}

// judge reads the API server's answer. An API server that knows nothing of audiences
// leaves them out of its answer, and has not looked at the token's.
func (t tokenReview) judge(status authenticationv1.TokenReviewStatus) (verified, *Refusal) {
	intended := len(t.Audiences) == 0 || slices.ContainsFunc(status.Audiences, func(a string) bool { return slices.Contains(t.Audiences, a) })
	switch {
	case !status.Authenticated:
		return verified{}, invalidToken(fmt.Errorf("the API server does not know the token: %s", status.Error))
	case !intended:
		return verified{}, invalidToken(fmt.Errorf("the token is for the audiences %q and not for one of %q", status.Audiences, t.Audiences))
	case !isServiceAccount(status.User.Username):
		return verified{}, &Refusal{Status: http.StatusForbidden, Reason: ReasonUnusableName,
			Message: "Only tokens of ServiceAccounts are accepted this way. People log in through the gateway or with a token of the identity provider.",
			Cause:   errors.New("the token is that of " + status.User.Username)}
	}
	return verified{name: status.User.Username, groups: status.User.Groups, via: ViaTokenReview}, nil
}
