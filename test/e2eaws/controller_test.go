//go:build e2eaws

package e2eaws

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

const roleAnnotation = "eks.amazonaws.com/role-arn"

// running is the controller, once a test has needed it.
var running *playground.Controller

// withController has the controller work, with the gateway as its AWS.
func withController(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() && running != nil {
			log, _ := os.ReadFile(running.LogPath)
			t.Logf("the controller's log ends with:\n%s", log[max(0, len(log)-6000):])
		}
	})
	if running != nil {
		return
	}
	for variable, value := range gateway.Environment() {
		t.Setenv(variable, value)
	}
	ctx := t.Context()
	if err := pg.Install(ctx); err != nil {
		t.Fatal(err)
	}
	if err := pg.InstallMesh(ctx); err != nil {
		t.Fatal(err)
	}
	var err error
	if running, err = pg.StartController(ctx, playground.ControllerOptions{Flags: []string{"-aws-start-delay=0s"}}); err != nil {
		t.Fatal(err)
	}
}

// awsSpec is what a Profile says to the plugin.
type awsSpec struct {
	AwsIamRole   string `json:"awsIamRole"`
	AnnotateOnly bool   `json:"annotateOnly"`
}

// plugins is the list of plugins of a Profile that wants a role.
func plugins(t *testing.T, spec awsSpec) []profilev1.Plugin {
	t.Helper()
	raw, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	return []profilev1.Plugin{{Kind: "AwsIamForServiceAccount", Spec: &runtime.RawExtension{Raw: raw}}}
}

// createProfile creates a Profile with plugins and waits until its identity is ready.
func createProfile(t *testing.T, name string, wanted []profilev1.Plugin) {
	t.Helper()
	p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.Spec.Owner = rbacv1.Subject{Kind: "User", APIGroup: rbacv1.GroupName, Name: name + "@example.com"}
	p.Spec.Plugins = wanted
	if err := pg.Client.Create(t.Context(), p); err != nil {
		t.Fatalf("create profile %s: %v", name, err)
	}
	awaitIdentity(t, name)
}

// changePlugins gives a Profile other plugins and waits until that is carried out.
func changePlugins(t *testing.T, name string, wanted []profilev1.Plugin) {
	t.Helper()
	p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(p), p); err != nil {
		t.Fatal(err)
	}
	before := p.DeepCopy()
	p.Spec.Plugins = wanted
	if err := pg.Client.Patch(t.Context(), p, client.MergeFrom(before)); err != nil {
		t.Fatalf("change profile %s: %v", name, err)
	}
	awaitIdentity(t, name)
}

// deleteProfile deletes a Profile and waits until it is gone.
func deleteProfile(t *testing.T, name string) {
	t.Helper()
	p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := pg.Client.Delete(t.Context(), p); err != nil {
		t.Fatalf("delete profile %s: %v", name, err)
	}
	eventually(t, "profile "+name+" is gone", func() error {
		err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(p), p)
		if err == nil {
			return fmt.Errorf("it is there: %+v", p.Status.Conditions)
		}
		return client.IgnoreNotFound(err)
	})
}

// awaitIdentity waits until IdentityReady is True for the Profile as it stands now.
func awaitIdentity(t *testing.T, name string) {
	t.Helper()
	eventually(t, "IdentityReady of profile "+name, func() error {
		p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(p), p); err != nil {
			return err
		}
		for _, c := range p.Status.Conditions {
			if c.Type == profilev1.ConditionIdentityReady && c.Status == metav1.ConditionTrue && c.ObservedGeneration == p.Generation {
				return nil
			}
		}
		return fmt.Errorf("at generation %d the conditions are %+v", p.Generation, p.Status.Conditions)
	})
}

// annotatedRole is the role that the EKS webhook would give to pods of the account.
func annotatedRole(t *testing.T, namespace string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: editor}}
	if err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(account), account); err != nil {
		t.Fatal(err)
	}
	return account.Annotations[roleAnnotation]
}

// eventually waits until check has nothing to object to.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	limit := time.After(patience)
	for {
		objection := check()
		if objection == nil {
			return
		}
		select {
		case <-limit:
			t.Fatalf("%s: not so within %s: %v", what, patience, objection)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
