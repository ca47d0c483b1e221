// Package metricsguard lets only those read the metrics whom the cluster's RBAC allows to
// get /metrics. controller-runtime has a filter that does the same with the API server's own
// library, which brings gRPC, CEL and OpenTelemetry into the controller; docs/decisions/0006-own-metrics-filter.md tells what that costs.
package metricsguard

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// New is a FilterProvider for the metrics server. The caller's bearer token is shown to the
// API server for review at each request, so a right that is taken back is gone at once.
func New(config *rest.Config, client *http.Client) (metricsserver.Filter, error) {
	authentication, err := authenticationclient.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, err
	}
	authorization, err := authorizationclient.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, err
	}
	g := guard{tokens: authentication.TokenReviews(), access: authorization.SubjectAccessReviews()}
	return g.filter, nil
}

type guard struct {
	tokens authenticationclient.TokenReviewInterface
	access authorizationclient.SubjectAccessReviewInterface
}

func (g guard) filter(log logr.Logger, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, err := g.judge(r.Context(), r)
		if err != nil {
			log.Error(err, "a request for the metrics could not be judged and was refused")
		}
		if status == http.StatusOK {
			next.ServeHTTP(w, r)
			return
		}
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		http.Error(w, explanations[status], status)
	}), nil
}

var explanations = map[int]string{
	http.StatusUnauthorized:       "Send a bearer token of this cluster, for example that of a service account.",
	http.StatusForbidden:          "This account may not read the metrics. It needs a ClusterRole with the verb get on the nonResourceURL /metrics.",
	http.StatusServiceUnavailable: "The API server could not be asked whether this account may read the metrics. Try again.",
}

// judge returns StatusOK for those who may, and otherwise the status to answer with. An
// error is for the log.
func (g guard) judge(ctx context.Context, r *http.Request) (int, error) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found || token == "" {
		return http.StatusUnauthorized, nil
	}
	review, err := g.tokens.Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		return http.StatusServiceUnavailable, err
	}
	if !review.Status.Authenticated {
		return http.StatusUnauthorized, nil
	}
	access, err := g.access.Create(ctx, question(review.Status.User, r), metav1.CreateOptions{})
	switch {
	case err != nil:
		return http.StatusServiceUnavailable, err
	case !access.Status.Allowed:
		return http.StatusForbidden, nil
	default:
		return http.StatusOK, nil
	}
}

// question asks whether a user may do to a path what the request does.
func question(user authenticationv1.UserInfo, r *http.Request) *authorizationv1.SubjectAccessReview {
	extra := map[string]authorizationv1.ExtraValue{}
	for key, values := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	return &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: r.URL.Path, Verb: strings.ToLower(r.Method)},
	}}
}
