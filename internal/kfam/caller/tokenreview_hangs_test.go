package caller

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// hangs is an API server that takes reviews and never answers.
type hangs struct{}

func (hangs) Create(ctx context.Context, _ *authenticationv1.TokenReview, _ metav1.CreateOptions) (*authenticationv1.TokenReview, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestAReviewThatHangsIsGivenUp before the server's time to answer is over, which is 30 s.
func TestAReviewThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthenticator(t, Options{TokenReviews: &TokenReviewOptions{Reviewer: hangs{}}})
		begin := time.Now()
		_, err := a.Authenticate(asToken(unsigned(`{"iss":"https://kubernetes.default.svc"}`)))
		wantRefusal(t, err, http.StatusServiceUnavailable, ReasonUnavailable)
		if took := time.Since(begin); took >= 20*time.Second {
			t.Errorf("given up after %s", took)
		}
	})
}
