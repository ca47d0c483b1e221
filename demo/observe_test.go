package main

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var pods = schema.GroupResource{Resource: "pods"}

func TestOnlyTheRightRefusalCounts(t *testing.T) {
	byRBAC := apierrors.NewForbidden(pods, "p", errors.New(`User "u" cannot create resource "pods"`))
	byQuota := apierrors.NewForbidden(pods, "p", errors.New("exceeded quota: kf-resource-quota"))
	for name, test := range map[string]struct {
		err      error
		holds    bool
		happened string
	}{
		"refused by RBAC":         {byRBAC, true, "forbidden"},
		"refused by a quota":      {byQuota, false, "forbidden, for another reason"},
		"allowed":                 {nil, false, "allowed"},
		"not there":               {apierrors.NewNotFound(pods, "p"), false, "NotFound"},
		"no answer":               {errors.New("connection refused: it cannot be reached"), false, "error"},
		"unauthorized, no rights": {apierrors.NewUnauthorized("you cannot do this"), false, "Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			got := observeForbidden(test.err, becauseOfRBAC, "forbidden")
			if got.holds != test.holds || got.happened != test.happened {
				t.Errorf("got %q, holds %v; want %q, holds %v", got.happened, got.holds, test.happened, test.holds)
			}
			if !got.holds && !errors.Is(got.err, test.err) {
				t.Errorf("the answer was lost: got %v, want %v", got.err, test.err)
			}
		})
	}
}

func TestARefusalThatPassesIsNotHeldAgainstTheClaim(t *testing.T) {
	requests := 0
	got := may("", func(context.Context) error {
		requests++
		if requests < 3 {
			return apierrors.NewForbidden(pods, "p", errors.New("the right has not arrived yet"))
		}
		return nil
	}).try(t.Context())
	if !got.holds || requests != 3 {
		t.Errorf("got %+v after %d requests, want it to hold after 3", got, requests)
	}
}

func TestWhatMustBeRefusedIsTriedOnce(t *testing.T) {
	requests := 0
	got := mayNot("", func(context.Context) error {
		requests++
		return nil
	}).try(t.Context())
	if got.holds || requests != 1 {
		t.Errorf("got %+v after %d requests, want it not to hold after 1", got, requests)
	}
}
