package profile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func testProfile(name string) *profilev1.Profile {
	return &profilev1.Profile{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: "own-uid", Generation: 3},
		Spec:       profilev1.ProfileSpec{Owner: rbacv1.Subject{Kind: "User", Name: "a@example.com"}},
	}
}

func testNamespace(owner string, refs ...metav1.OwnerReference) *corev1.Namespace {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team", OwnerReferences: refs}}
	if owner != "" {
		ns.Annotations = map[string]string{"owner": owner}
	}
	return ns
}

func terminating(ns *corev1.Namespace) *corev1.Namespace {
	ns.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	return ns
}

func TestJudge(t *testing.T) {
	own := metav1.OwnerReference{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: "team", UID: "own-uid", Controller: ptr.To(true)}
	former := own
	former.UID = "former-uid"
	capsule := metav1.OwnerReference{APIVersion: "capsule.clastix.io/v1beta2", Kind: "Tenant", Name: "oil", UID: "t", Controller: ptr.To(true)}
	tests := map[string]struct {
		profile   *profilev1.Profile
		namespace *corev1.Namespace
		action    namespaceAction
		reason    string
	}{
		"no namespace yet":                         {testProfile("team"), nil, create, ""},
		"its own":                                  {testProfile("team"), testNamespace("a@example.com", own), keep, ""},
		"its own, naming the former owner":         {testProfile("team"), testNamespace("b@example.com", own), keep, ""},
		"unowned, naming the owner":                {testProfile("team"), testNamespace("a@example.com"), adopt, ""},
		"restored from a backup":                   {testProfile("team"), testNamespace("a@example.com", former), adopt, ""},
		"restored, naming somebody else":           {testProfile("team"), testNamespace("b@example.com", former), leaveAlone, "ForeignNamespace"},
		"unowned, naming nobody":                   {testProfile("team"), testNamespace(""), leaveAlone, "ForeignNamespace"},
		"unowned, naming somebody else":            {testProfile("team"), testNamespace("b@example.com"), leaveAlone, "ForeignNamespace"},
		"of another controller, naming the owner":  {testProfile("team"), testNamespace("a@example.com", capsule), leaveAlone, "ForeignNamespace"},
		"its own, on the way out":                  {testProfile("team"), terminating(testNamespace("a@example.com", own)), leaveAlone, "NamespaceTerminating"},
		"a former Profile's, on the way out":       {testProfile("team"), terminating(testNamespace("a@example.com", former)), leaveAlone, "PredecessorTerminating"},
		"reserved, although the annotation fits":   {testProfile("kube-public"), testNamespace("a@example.com"), leaveAlone, "ReservedName"},
		"reserved by the operator, although owned": {testProfile("knative-serving"), testNamespace("a@example.com", own), leaveAlone, "ReservedName"},
		"no name for a namespace":                  {testProfile("a.b"), nil, leaveAlone, "InvalidName"},
	}
	reserved := tenancy.ReservedNames{}.With("knative-serving")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := judge(&situation{profile: test.profile, namespace: test.namespace}, reserved)
			if got.action != test.action {
				t.Errorf("action = %v, want %v", got.action, test.action)
			}
			if (got.failure == nil) != (test.action != leaveAlone) {
				t.Errorf("failure = %v with action %v", got.failure, got.action)
			}
			if got.failure != nil && got.failure.reason != test.reason {
				t.Errorf("reason = %s, want %s", got.failure.reason, test.reason)
			}
		})
	}
}

func TestAnInvalidOwnerTouchesNothing(t *testing.T) {
	p := testProfile("team")
	p.Spec.Owner.Name = "*"
	if got := judge(&situation{profile: p}, tenancy.ReservedNames{}); got.action != leaveAlone || got.failure.reason != profilev1.ReasonInvalidOwner {
		t.Errorf("an owner that means everybody is answered with %+v", got)
	}
}
