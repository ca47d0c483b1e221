package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestErrorsOfTheAPIServer(t *testing.T) {
	resource := schema.GroupResource{Resource: "rolebindings"}
	terminating := apierrors.NewForbidden(resource, "secret-name", errors.New("being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	own := refusal(Forbidden, "No.")
	tests := map[string]struct {
		err  error
		want ErrorKind
	}{
		"namespace being removed": {terminating, Conflict},
		"conflict":                {apierrors.NewConflict(resource, "secret-name", nil), Conflict},
		"exists":                  {apierrors.NewAlreadyExists(resource, "secret-name"), Conflict},
		"not found":               {apierrors.NewNotFound(resource, "secret-name"), NotFound},
		"invalid":                 {apierrors.NewInvalid(schema.GroupKind{Kind: "RoleBinding"}, "secret-name", nil), Invalid},
		"bad request":             {apierrors.NewBadRequest("secret-name"), Invalid},
		"a right that we lack":    {apierrors.NewForbidden(resource, "secret-name", errors.New("x")), Unavailable},
		"throttled":               {apierrors.NewTooManyRequests("secret-name", 1), Unavailable},
		"server error":            {apierrors.NewGenericServerResponse(http.StatusBadGateway, "get", resource, "secret-name", "", 0, true), Unavailable},
		"time is up":              {context.DeadlineExceeded, Unavailable},
		"our own":                 {own, Forbidden},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := AsError(fmt.Errorf("create: %w", test.err))
			if got.Kind != test.want {
				t.Errorf("the kind is %d, want %d", got.Kind, test.want)
			}
			if strings.Contains(got.Message, "secret-name") || !strings.HasSuffix(got.Message, ".") {
				t.Errorf("the caller would read %q", got.Message)
			}
			if got != own && (!errors.Is(got, test.err) || !strings.Contains(got.Error(), test.err.Error())) {
				t.Errorf("the log would read %q", got.Error())
			}
		})
	}
}
