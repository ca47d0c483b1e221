package profile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var pods = schema.GroupResource{Resource: "pods"}

func namespaceTerminatingError() error {
	err := apierrors.NewForbidden(pods, "x", errors.New("being terminated"))
	err.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	return err
}

func TestClassify(t *testing.T) {
	tests := map[string]struct {
		err    error
		kind   failureKind
		reason string
	}{
		"our own":               {&failure{kind: waiting, reason: "MeshNotInstalled"}, waiting, "MeshNotInstalled"},
		"forbidden":             {apierrors.NewForbidden(pods, "x", errors.New("no")), refused, "Rejected"},
		"invalid":               {apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "x", nil), refused, "Rejected"},
		"namespace terminating": {namespaceTerminatingError(), waiting, "NamespaceTerminating"},
		"conflict":              {apierrors.NewConflict(pods, "x", errors.New("changed")), outrun, "Retrying"},
		"too many requests":     {apierrors.NewTooManyRequests("slow down", 1), retry, "Retrying"},
		"server away":           {apierrors.NewInternalError(errors.New("boom")), retry, "Retrying"},
		"no connection":         {errors.New("read tcp 127.0.0.1:41234->127.0.0.1:6443: connection reset"), retry, "Retrying"},
		"timed out":             {context.DeadlineExceeded, retry, "Retrying"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := classify(fmt.Errorf("create Pod x: %w", test.err))
			if got.kind != test.kind || got.reason != test.reason {
				t.Errorf("classify = %v, %s; want %v, %s", got.kind, got.reason, test.kind, test.reason)
			}
			if strings.Contains(got.message, "41234") {
				t.Errorf("the message %q holds a port, which changes each time", got.message)
			}
		})
	}
}

func TestTheWorstFailureIsReportedAndNoneIsLostToTheLog(t *testing.T) {
	got := worst([]error{nil, apierrors.NewTooManyRequests("slow down", 1), apierrors.NewForbidden(pods, "x", errors.New("no"))})
	if got.kind != refused {
		t.Errorf("kind = %v, want refused", got.kind)
	}
	if !strings.Contains(got.Error(), "slow down") || !strings.Contains(got.Error(), "forbidden") {
		t.Errorf("the log gets only %q", got.Error())
	}
	if worst([]error{nil, nil}) != nil {
		t.Error("no errors make a failure")
	}
}

func TestALongRefusalIsCutShort(t *testing.T) {
	got := classify(apierrors.NewForbidden(pods, "x", errors.New(strings.Repeat("ä", 5000))))
	if n := len([]rune(got.message)); n > longestExplanation+100 {
		t.Errorf("the message has %d characters", n)
	}
}
