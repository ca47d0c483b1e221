package e2ekfam

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// clientOf has the rights that a user has at the API server.
func clientOf(t *testing.T, user string) client.Client {
	t.Helper()
	c, err := pg.As(user)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mayWork waits until a user may list the Pods of a namespace, or may not.
func mayWork(t *testing.T, user, namespace string, want bool) {
	t.Helper()
	c := clientOf(t, user)
	what := user + " may work in " + namespace
	if !want {
		what = user + " may not work in " + namespace
	}
	soon(t, what, func() bool {
		return (c.List(t.Context(), &corev1.PodList{}, client.InNamespace(namespace)) == nil) == want
	})
}

// create creates objects as the administrator of the cluster.
func create(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		if err := pg.Client.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		if err := client.IgnoreNotFound(pg.Client.Delete(t.Context(), o)); err != nil {
			t.Fatal(err)
		}
	}
}

// pair are the two objects of contributors in a namespace, by name.
type pair struct {
	binding *rbacv1.RoleBinding
	policy  *istiov1beta1.AuthorizationPolicy
}

// pairs returns what a namespace has of contributors and of those who look like one: all that
// claims a user, but not the owner's.
func pairs(t *testing.T, namespace string) map[string]pair {
	t.Helper()
	var bindings rbacv1.RoleBindingList
	var policies istiov1beta1.AuthorizationPolicyList
	for _, list := range []client.ObjectList{&bindings, &policies} {
		if err := pg.Client.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]pair{}
	for _, b := range bindings.Items {
		if b.Annotations["user"] != "" && b.Name != "namespaceAdmin" {
			p := all[b.Name]
			p.binding = &b
			all[b.Name] = p
		}
	}
	for _, a := range policies.Items {
		if a.Annotations["user"] != "" && a.Name != "ns-owner-access-istio" {
			p := all[a.Name]
			p.policy = a
			all[a.Name] = p
		}
	}
	return all
}

// onlyPair returns the one pair that a namespace must have.
func onlyPair(t *testing.T, namespace string) pair {
	t.Helper()
	all := pairs(t, namespace)
	for _, p := range all {
		if len(all) == 1 && p.binding != nil && p.policy != nil {
			return p
		}
	}
	t.Fatalf("%s does not have one whole pair: %v", namespace, all)
	return pair{}
}

// profile reads a Profile; nil means that there is none.
func profile(t *testing.T, name string) *profilev1.Profile {
	t.Helper()
	var p profilev1.Profile
	err := pg.Client.Get(t.Context(), client.ObjectKey{Name: name}, &p)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	if err != nil {
		return nil
	}
	return &p
}

// noProfile fails the test when a Profile of that name came to be.
func noProfile(t *testing.T, name string) {
	t.Helper()
	if p := profile(t, name); p != nil {
		t.Errorf("the Profile %s is there: %+v", name, p.Spec)
	}
}

// bindingNamed is a RoleBinding that is still to be given subjects.
func bindingNamed(namespace, name, clusterRole string, annotations map[string]string, subjects ...rbacv1.Subject) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: annotations},
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole}, Subjects: subjects}
}

// claim are the annotations of a contributor.
func claim(user, role string) map[string]string { return map[string]string{"user": user, "role": role} }

func user(name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: name}
}
