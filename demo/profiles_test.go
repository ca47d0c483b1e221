package main

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func profileWith(name string, generation int64, conditions ...profilev1.ProfileCondition) profilev1.Profile {
	return profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name, Generation: generation},
		Status: profilev1.ProfileStatus{Conditions: conditions}}
}

func TestReadyMustSpeakOfTheLatestChange(t *testing.T) {
	ready := profilev1.ProfileCondition{Type: profilev1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 2}
	if !isReady(profileWith("p", 2, ready)) {
		t.Error("a Ready Profile is said not to be")
	}
	if isReady(profileWith("p", 3, ready)) {
		t.Error("a Profile whose latest change was not dealt with is said to be Ready")
	}
	if isReady(profileWith("p", 1)) {
		t.Error("a Profile without conditions is said to be Ready")
	}
}

func TestConditionsInOneLine(t *testing.T) {
	p := profileWith("p", 1,
		profilev1.ProfileCondition{Type: profilev1.ConditionNamespaceReady, Status: metav1.ConditionTrue, Reason: profilev1.ReasonApplied},
		profilev1.ProfileCondition{Type: profilev1.ConditionQuotaReady, Status: metav1.ConditionTrue, Reason: profilev1.ReasonNoQuota},
		profilev1.ProfileCondition{Type: profilev1.ConditionAccessReady, Status: metav1.ConditionFalse, Reason: profilev1.ReasonMeshNotInstalled})
	const want = "NamespaceReady, QuotaReady (NoQuota), AccessReady=False (MeshNotInstalled)"
	if got := conditionsLine(p); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnreadyProfilesAreDescribedInFull(t *testing.T) {
	const want = `  slow
    the controller has written no conditions
  wrong
    Ready=False UnknownPlugin: This controller has no such plugin.`
	got := describeUnready([]profilev1.Profile{
		profileWith("fine", 1, profilev1.ProfileCondition{Type: profilev1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 1}),
		profileWith("slow", 1),
		profileWith("wrong", 1, profilev1.ProfileCondition{Type: profilev1.ConditionReady, Status: metav1.ConditionFalse,
			Reason: profilev1.ReasonUnknownPlugin, Message: "This controller has no such plugin."}),
	})
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
