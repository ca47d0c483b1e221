package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	profilev1beta1 "github.com/kfprofiles/kfprofiles/api/v1beta1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

func TestProfileBecomesARoomOfEightObjects(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("room").Owner("user@example.com").Quota("cpu", "2", "memory", "4Gi").Obj())
	f.awaitReady("room")
	p := f.profile("room")

	t.Run("namespace", func(t *testing.T) {
		n := live(f, namespaceNamed("room"))
		mustEqual(t, "labels", n.Labels, map[string]string{
			"kubernetes.io/metadata.name": "room", "istio-injection": "enabled", "app.kubernetes.io/part-of": "kubeflow-profile"})
		mustEqual(t, "annotations", n.Annotations, map[string]string{"owner": "user@example.com"})
		mustBelongTo(t, p, n)
	})
	t.Run("service accounts", func(t *testing.T) {
		f.eventually("Kubernetes makes its own account", func() error {
			return pg.Client.Get(f.ctx, client.ObjectKey{Namespace: "room", Name: "default"}, &corev1.ServiceAccount{})
		})
		mustHold(f, t, &corev1.ServiceAccountList{}, "room", "default", editor, viewer)
		for _, name := range []string{editor, viewer} {
			a := live(f, accountNamed("room", name))
			mustEqual(t, "annotations", a.Annotations, nil)
			mustBeOurs(t, p, a)
		}
	})
	t.Run("role bindings", func(t *testing.T) {
		mustHold(f, t, &rbacv1.RoleBindingList{}, "room", editor, viewer, ownerAdmin)
		for _, want := range []struct {
			name, clusterRole string
			subject           rbacv1.Subject
			annotations       map[string]string
		}{
			{editor, "kubeflow-edit", account("room", editor), nil},
			{viewer, "kubeflow-view", account("room", viewer), nil},
			{ownerAdmin, "kubeflow-admin", user("user@example.com"), map[string]string{"user": "user@example.com", "role": "admin"}},
		} {
			b := live(f, bindingNamed("room", want.name))
			mustEqual(t, "roleRef", b.RoleRef, rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: want.clusterRole})
			mustEqual(t, "subjects", b.Subjects, []rbacv1.Subject{want.subject})
			mustEqual(t, "annotations", b.Annotations, want.annotations)
			mustBeOurs(t, p, b)
		}
	})
	t.Run("mesh policy", func(t *testing.T) {
		mustHold(f, t, &istiov1beta1.AuthorizationPolicyList{}, "room", ownerPolicy)
		policy := live(f, policyIn("room"))
		mustEqual(t, "annotations", policy.Annotations, map[string]string{"user": "user@example.com", "role": "admin"})
		mustBeOurs(t, p, policy)
		mustHaveRules(t, policy, roomRules("room", "request.headers[x-goog-authenticated-user-email]", "accounts.google.com:user@example.com"))
	})
	t.Run("quota", func(t *testing.T) {
		mustHold(f, t, &corev1.ResourceQuotaList{}, "room", quotaName)
		quota := live(f, quotaIn("room"))
		mustEqual(t, "spec", quota.Spec, corev1.ResourceQuotaSpec{Hard: amounts("cpu", "2", "memory", "4Gi")})
		mustEqual(t, "annotations", quota.Annotations, nil)
		mustBeOurs(t, p, quota)
	})
	t.Run("profile", func(t *testing.T) {
		mustEqual(t, "finalizers", p.Finalizers, nil)
		mustEqual(t, "spec", p.Spec, MakeProfile("room").Owner("user@example.com").Quota("cpu", "2", "memory", "4Gi").Obj().Spec)
	})
}

func TestProfileWithoutLimitsHasNoQuota(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("plain").Obj())
	f.awaitReady("plain")
	f.mustBe("plain", profilev1.ConditionQuotaReady, metav1.ConditionTrue, profilev1.ReasonNoQuota)
	f.mustBe("plain", profilev1.ConditionIdentityReady, metav1.ConditionTrue, profilev1.ReasonNoPlugins)
	mustHold(f, t, &corev1.ResourceQuotaList{}, "plain")
}

func TestSettingsReachTheMeshPolicy(t *testing.T) {
	f := withController(t, "-userid-header=kubeflow-userid", "-userid-prefix=")
	f.create(MakeProfile("header").Owner("user@example.com").Obj())
	f.awaitReady("header")
	mustHaveRules(t, live(f, policyIn("header")), roomRules("header", "request.headers[kubeflow-userid]", "user@example.com"))
}

func TestBothVersionsShowTheSameProfile(t *testing.T) {
	f := withController(t)
	spec := MakeProfile("versions").Quota("pods", "4").Plugin("Nobody", `{"keep":{"me":true}}`).Obj().Spec
	f.create(
		&profilev1beta1.Profile{ObjectMeta: meta("", "versions-beta"), Spec: spec},
		&profilev1.Profile{ObjectMeta: meta("", "versions"), Spec: spec},
	)
	f.watchOver("versions-beta")
	for _, name := range []string{"versions", "versions-beta"} {
		f.awaitCondition(name, profilev1.ConditionReady, profilev1.ReasonUnknownPlugin)
		f.settle()
		v1, beta := contentOf(f, "v1", name), contentOf(f, "v1beta1", name)
		if v1 != beta {
			t.Errorf("profile %s differs between the versions:\n%s\n%s", name, v1, beta)
		}
		if !strings.Contains(beta, `"keep":{"me":true}`) || !strings.Contains(beta, `"reason":"UnknownPlugin"`) {
			t.Errorf("profile %s lost something on its way: %s", name, beta)
		}
	}
}

// contentOf returns a Profile as one version shows it, without the version's name.
func contentOf(f *fixture, version, name string) string {
	f.t.Helper()
	u := &unstructured.Unstructured{}
	u.SetAPIVersion("kubeflow.org/" + version)
	u.SetKind("Profile")
	u.SetName(name)
	f.read(u)
	u.SetAPIVersion("")
	u.SetManagedFields(nil)
	content, err := json.Marshal(u.Object)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(content)
}

// TestKubectlWaitForReadyReturns does what kubectl wait --for=condition=Ready does: it
// watches, and believes a condition only when it speaks of the present generation.
func TestKubectlWaitForReadyReturns(t *testing.T) {
	f := withController(t)
	watcher, err := client.NewWithWatch(pg.Admin, client.Options{Scheme: playground.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	changes, err := watcher.Watch(f.ctx, &profilev1.ProfileList{}, client.MatchingFields{"metadata.name": "awaited"})
	if err != nil {
		t.Fatal(err)
	}
	defer changes.Stop()
	f.create(MakeProfile("awaited").Obj())
	f.eventually("the watch shows a Ready Profile", func() error { return nextReady(changes) })
}

// nextReady reads what the watch has to tell so far.
func nextReady(changes watch.Interface) error {
	for {
		select {
		case e := <-changes.ResultChan():
			p, isProfile := e.Object.(*profilev1.Profile)
			if !isProfile {
				return fmt.Errorf("the watch tells of %T", e.Object)
			}
			if ready := condition(p, profilev1.ConditionReady); ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == p.Generation {
				return nil
			}
		default:
			return errors.New("it does not yet")
		}
	}
}

// TestKubectlGetShowsWhatMatters asks for the table that kubectl get profiles prints.
func TestKubectlGetShowsWhatMatters(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("columns").Owner("columns@example.com").Obj(), MakeProfile("columns-bad").Plugin("Nobody", `{}`).Obj())
	f.awaitReady("columns")
	f.awaitCondition("columns-bad", profilev1.ConditionReady, profilev1.ReasonUnknownPlugin)
	f.awaitEvent("Profile", "columns-bad", profilev1.ReasonUnknownPlugin) // It comes later, and the next test counts.
	for _, version := range versions {
		for name, want := range map[string]string{"columns": "[columns columns@example.com True Ready]", "columns-bad": "[columns-bad columns-bad@example.com False UnknownPlugin]"} {
			table := tableOf(f, version, name)
			var headings []string
			for _, c := range table.ColumnDefinitions {
				if c.Priority == 0 {
					headings = append(headings, c.Name)
				}
			}
			mustEqual(t, "headings", headings, []string{"Name", "Owner", "Ready", "Reason", "Age"})
			if got := fmt.Sprint(table.Rows[0].Cells[:4]); got != want {
				t.Errorf("%s shows %s, want %s", version, got, want)
			}
		}
	}
}

func tableOf(f *fixture, version, name string) metav1.Table {
	f.t.Helper()
	transport, err := rest.HTTPClientFor(pg.Admin)
	if err != nil {
		f.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(f.ctx, http.MethodGet, pg.Admin.Host+"/apis/kubeflow.org/"+version+"/profiles/"+name, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
	response, err := transport.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	var table metav1.Table
	if err := json.NewDecoder(response.Body).Decode(&table); err != nil || len(table.Rows) != 1 {
		f.t.Fatalf("the answer %s has %d rows: %v", response.Status, len(table.Rows), err)
	}
	return table
}

func TestCreationCostsNineWrites(t *testing.T) {
	f := withController(t)
	before := f.mark()
	f.create(MakeProfile("frugal").Quota("cpu", "2").Obj())
	f.awaitReady("frugal")
	f.settle()
	f.mustHaveWritten(before,
		"create namespaces frugal",
		"create serviceaccounts frugal/default-editor", "create serviceaccounts frugal/default-viewer",
		"create rolebindings frugal/default-editor", "create rolebindings frugal/default-viewer", "create rolebindings frugal/namespaceAdmin",
		"create authorizationpolicies frugal/ns-owner-access-istio", "create resourcequotas frugal/kf-resource-quota",
		"patch profiles/status frugal",
	)
	if all := f.writesSince(before); len(all) > 9 {
		t.Errorf("the controller sent %d writes, refused ones and Events included, want at most 9: %v", len(all), all)
	}
}

// TestManyCreationsAtOnceCostNoMore has the controller's caches lag behind its writes, which
// must not make it write anything twice, not even in vain.
func TestManyCreationsAtOnceCostNoMore(t *testing.T) {
	f := withController(t)
	before := f.mark()
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("crowd-%02d", i))
	}
	var group sync.WaitGroup
	for _, name := range names {
		group.Go(func() {
			if err := pg.Client.Create(f.ctx, MakeProfile(name).Quota("cpu", "2").Obj()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	f.watchOver(names...)
	f.awaitReady(names...)
	f.settle()
	counts := map[string]int{}
	all := f.writesSince(before)
	for _, r := range all {
		counts[r.String()]++
		if counts[r.String()] > 1 {
			t.Errorf("the controller sent %s %d times, the last time with the answer %d", r, counts[r.String()], r.code)
		}
	}
	if want := 9 * len(names); len(all) != want {
		t.Errorf("the controller sent %d writes, want %d", len(all), want)
	}
}
