package main

import (
	"context"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// action is one request, with the rights of somebody.
type action func(context.Context) error

// Parts of the API server's messages that tell who refused a request. Without them a
// request that the wrong part refused would pass for the right one: a quota answers
// Forbidden just as missing rights do.
const (
	becauseOfRBAC       = " cannot "
	becauseOfEscalation = "attempting to grant RBAC permissions not currently held"
	becauseOfQuota      = "exceeded quota"
)

// may claims that a request succeeds.
func may(sentence string, do action) claim {
	return claim{sentence, "allowed", func(ctx context.Context) observation {
		return observeAllowed(soon(ctx, do, func(err error) bool { return err == nil }))
	}}
}

// mayNot claims that RBAC refuses a request.
func mayNot(sentence string, do action) claim {
	return claim{sentence, "forbidden", func(ctx context.Context) observation {
		return observeForbidden(do(ctx), becauseOfRBAC, "forbidden")
	}}
}

func observeAllowed(err error) observation {
	if err != nil {
		return observation{happened: inShort(err), err: err}
	}
	return observation{happened: "allowed", holds: true}
}

// observeForbidden is satisfied by a refusal for one reason only.
func observeForbidden(err error, because, happened string) observation {
	switch {
	case err == nil:
		return observation{happened: "allowed"}
	case !apierrors.IsForbidden(err):
		return observation{happened: inShort(err), err: err}
	case !strings.Contains(err.Error(), because):
		return observation{happened: "forbidden, for another reason", err: err}
	default:
		return observation{happened: happened, holds: true}
	}
}

// inShort is an error in a word or two.
func inShort(err error) string {
	switch reason := apierrors.ReasonForError(err); reason {
	case "":
		return "error"
	case metav1.StatusReasonForbidden:
		return "forbidden"
	default:
		return string(reason)
	}
}

// soonPatience is how long a new right or a new rule may take to be known everywhere
// inside the API server and the controller manager.
const soonPatience = 30 * time.Second

// soon repeats a request until its answer is the one that counts, and returns the last
// answer. That one is waited for even when it takes longer than the patience.
func soon(ctx context.Context, do action, counts func(error) bool) error {
	var last error
	_ = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, soonPatience, true, func(context.Context) (bool, error) {
		last = do(ctx)
		return counts(last), nil
	})
	return last
}
