package e2ekfam

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// namespaceOf is a namespace that names an owner, with these references to Profiles.
func namespaceOf(name, owner string, references ...metav1.OwnerReference) *corev1.Namespace {
	n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: references}}
	if owner != "" {
		n.Annotations = map[string]string{"owner": owner}
	}
	return n
}

// soon2xx repeats a call until it is carried out: the access API hears a moment later of what
// was done past it.
func soon2xx(t *testing.T, as, method, path, body string) {
	t.Helper()
	soon(t, fmt.Sprintf("%s %s as %s with %s", method, path, as, body), func() bool {
		return call(t, as, method, path, body).status == http.StatusOK
	})
}

// TestAttackRegisterAReservedNameAndGrantOneselfAdminThere is the way to the whole cluster that
// the existing API leaves open.
func TestAttackRegisterAReservedNameAndGrantOneselfAdminThere(t *testing.T) {
	const mallory = "squatter@example.com"
	for _, name := range []string{"kube-system", "kube-public", "kube-node-lease", "kube-anything", "default", "kubeflow", "istio-system"} {
		for _, as := range []string{mallory, "", admin} {
			mustSay(t, as, http.MethodPost, profilesPath, profileOf(name, mallory), http.StatusForbidden, "is reserved")
		}
		noProfile(t, name)
		must(t, mallory, http.MethodPost, bindingsPath, bindingOf(mallory, name, "admin"), http.StatusForbidden)
		must(t, admin, http.MethodPost, bindingsPath, bindingOf(mallory, name, "admin"), http.StatusNotFound)
	}
	if got := pairs(t, "kube-system"); len(got) > 0 {
		t.Errorf("kube-system has %v", got)
	}
}

// TestAttackSquatANamespaceByItsName registers Profiles for namespaces that there are, which
// the controller then leaves alone, and asks for rights in them.
func TestAttackSquatANamespaceByItsName(t *testing.T) {
	// The garbage collector cannot look up owners of a version that is not served, and so
	// leaves such a namespace alone.
	reference := metav1.OwnerReference{APIVersion: "kubeflow.org/v9", Kind: "Profile", UID: "11111111-2222-3333-4444-555555555555"}
	for name, victim := range map[string]*corev1.Namespace{
		"of nobody":                         namespaceOf("squat-nobody", ""),
		"of another owner":                  namespaceOf("squat-owner", "victim@example.com"),
		"of a Profile of another UID":       namespaceOf("squat-uid", "victim@example.com", named(reference, "squat-uid")),
		"of a Profile of another name":      namespaceOf("squat-name", "victim@example.com", named(reference, "another")),
		"of a Profile of another API group": namespaceOf("squat-group", "victim@example.com", metav1.OwnerReference{APIVersion: "example.com/v1", Kind: "Profile", Name: "squat-group", UID: reference.UID}),
	} {
		t.Run(name, func(t *testing.T) {
			create(t, victim)
			mallory := "mallory-" + victim.Name + "@example.com"
			must(t, mallory, http.MethodPost, profilesPath, profileOf(victim.Name, mallory), http.StatusOK, "")
			soon(t, "the controller refuses the Profile", func() bool {
				p := profile(t, victim.Name)
				return p != nil && len(p.Status.Conditions) > 0
			})
			must(t, mallory, http.MethodPost, bindingsPath, bindingOf(mallory, victim.Name, "admin"), http.StatusForbidden)
			must(t, mallory, http.MethodPost, bindingsPath, bindingOf("accomplice@example.com", victim.Name, "view"), http.StatusForbidden)
			must(t, admin, http.MethodPost, bindingsPath, bindingOf(mallory, victim.Name, "admin"), http.StatusNotFound)
			must(t, mallory, http.MethodGet, bindingsPath+"?namespace="+victim.Name, "", http.StatusOK, listOf())
			if got := pairs(t, victim.Name); len(got) > 0 {
				t.Errorf("the namespace has %v", got)
			}
			// Taking the registration back does not take the namespace with it.
			must(t, mallory, http.MethodDelete, profilesPath+"/"+victim.Name, "", http.StatusOK, "")
			soon(t, "the Profile is gone", func() bool { return profile(t, victim.Name) == nil })
			var left corev1.Namespace
			if err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(victim), &left); err != nil || left.DeletionTimestamp != nil {
				t.Errorf("the namespace is %v, %v", left.Status, err)
			}
		})
	}
}

func named(reference metav1.OwnerReference, name string) metav1.OwnerReference {
	reference.Name = name
	return reference
}

// TestAttackRegisterForSomebodyElse would make them the owner of what an attacker prepared, or
// use up what they may have.
func TestAttackRegisterForSomebodyElse(t *testing.T) {
	const mallory, victim = "registrar@example.com", "registered@example.com"
	owners := map[string]string{
		"a user":                 `{"kind":"User","name":"` + victim + `"}`,
		"oneself in other case":  `{"kind":"User","name":"Registrar@example.com"}`,
		"a group":                `{"kind":"Group","name":"vision"}`,
		"a group of one's name":  `{"kind":"Group","name":"` + mallory + `"}`,
		"a service account":      `{"kind":"ServiceAccount","name":"default","namespace":"default"}`,
		"the admin":              `{"kind":"User","name":"` + admin + `"}`,
		"the name twice, theirs": `{"kind":"User","name":"` + mallory + `","namespace":"x","Name":"` + victim + `"}`,
	}
	for name, owner := range owners {
		body := `{"metadata":{"name":"for-another"},"spec":{"owner":` + owner + `}}`
		got := call(t, mallory, http.MethodPost, profilesPath, body)
		if got.status != http.StatusForbidden && (got.status != http.StatusBadRequest || !strings.Contains(name, "twice")) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if strings.Contains(name, "group") || strings.Contains(name, "account") {
			must(t, "", http.MethodPost, profilesPath, body, http.StatusForbidden)
		}
	}
	noProfile(t, "for-another")
}

// TestAttackRegisterMoreThanAPlainProfile asks for rights that only administrators give out.
func TestAttackRegisterMoreThanAPlainProfile(t *testing.T) {
	const mallory = "greedy@example.com"
	attacks := map[string]struct{ metadata, spec string }{
		"an AWS role":                  {"", `,"plugins":[{"kind":"AwsIamForServiceAccount","spec":{"awsIamRole":"arn:aws:iam::123456789012:role/admin"}}]`},
		"an AWS role in other letters": {"", `,"PlugIns":[{"kind":"AwsIamForServiceAccount","spec":{"awsIamRole":"arn:aws:iam::123456789012:role/admin"}}]`},
		"a quota":                      {"", `,"resourceQuotaSpec":{"hard":{"cpu":"1000"}}`},
		"contributors":                 {"", `,"contributors":[{"kind":"User","name":"accomplice@example.com","role":"admin"}]`},
		"a label":                      {`,"labels":{"pod-security.kubernetes.io/enforce":"privileged"}`, ""},
		"an annotation":                {`,"annotations":{"kubeflow.org/prevent-deletion":"true"}`, ""},
		"a finalizer":                  {`,"finalizers":["example.com/never"]`, ""},
		"an owner":                     {`,"ownerReferences":[{"apiVersion":"v1","kind":"Namespace","name":"default","uid":"x"}]`, ""},
		"a name to be made up":         {`,"generateName":"kube-"`, ""},
		"a namespace":                  {`,"namespace":"kube-system"`, ""},
	}
	for name, a := range attacks {
		for _, as := range []string{mallory, ""} {
			got := call(t, as, http.MethodPost, profilesPath, profileWith("greedy", mallory, a.metadata, a.spec))
			if got.status != http.StatusForbidden || !strings.Contains(got.body, "nothing else") {
				t.Errorf("%s, by %q: %d %s", name, as, got.status, got.body)
			}
		}
	}
	must(t, mallory, http.MethodPost, profilesPath,
		strings.TrimSuffix(profileOf("greedy", mallory), "}")+`,"status":{"conditions":[{"type":"Ready","status":"True"}]}}`, http.StatusForbidden)
	noProfile(t, "greedy")
}

// TestAttackManyRegistrationsAtOnceForMoreThanTheLimit has all of them find that the user has
// none yet.
func TestAttackManyRegistrationsAtOnceForMoreThanTheLimit(t *testing.T) {
	const hoarder = "hoarder@example.com"
	got := atOnce(12, func(i int) int {
		as := hoarder
		if i%2 == 0 {
			as = "" // The dashboard for its user.
		}
		return call(t, as, http.MethodPost, profilesPath, profileOf(fmt.Sprintf("hoard-%d", i), hoarder)).status
	})
	if got[http.StatusOK] != 1 || got[http.StatusForbidden] != 11 {
		t.Errorf("the answers are %v", got)
	}
	mustSay(t, hoarder, http.MethodPost, profilesPath, profileOf("hoard-more", hoarder), http.StatusForbidden, "no more can be registered")
	must(t, admin, http.MethodPost, profilesPath, profileOf("hoard-given", hoarder), http.StatusOK, "")
}

// TestAttackManyRegisterTheSameNameAtOnce: one gets it, and nobody what is another's.
func TestAttackManyRegisterTheSameNameAtOnce(t *testing.T) {
	got := atOnce(8, func(i int) int {
		runner := fmt.Sprintf("runner-%d@example.com", i)
		return call(t, runner, http.MethodPost, profilesPath, profileOf("race", runner)).status
	})
	if got[http.StatusOK] != 1 || got[http.StatusConflict] != 7 {
		t.Errorf("the answers are %v", got)
	}
}

// atOnce counts the answers to calls that are under way together.
func atOnce(n int, call func(int) int) map[int]int {
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		count = map[int]int{}
	)
	for i := range n {
		all.Go(func() {
			status := call(i)
			mu.Lock()
			defer mu.Unlock()
			count[status]++
		})
	}
	all.Wait()
	return count
}

// TestAttackShareWithTheClusterItself names what Kubernetes takes for many, or for all.
func TestAttackShareWithTheClusterItself(t *testing.T) {
	owner := room(t, "generous")
	for _, everybody := range []rbacv1.Subject{
		{Kind: "User", Name: "*"}, {Kind: "User", Name: "*@example.com"}, {Kind: "Group", Name: "system:authenticated"}, {Kind: "Group", Name: "system:unauthenticated"},
		{Kind: "Group", Name: "system:serviceaccounts"}, {Kind: "Group", Name: "system:masters"}, {Kind: "User", Name: "system:anonymous"},
		{Kind: "User", Name: "system:admin"}, {Kind: "User", Name: " x"}, {Kind: "User", Name: "x\ny"}, {Kind: "User", Name: strings.Repeat("x", 1025)},
	} {
		for _, as := range []string{owner, admin} {
			must(t, as, http.MethodPost, bindingsPath, bindingFor(everybody.Kind, everybody.Name, "generous", "view"), http.StatusBadRequest)
		}
	}
	if got := pairs(t, "generous"); len(got) > 0 {
		t.Errorf("the namespace has %v", got)
	}
}
