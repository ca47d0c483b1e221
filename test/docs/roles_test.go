package docs

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// tryRoles has the controller carry out the Profiles of a page, those in files that its commands wrote
// included, with the roles that its commands have just made: what a page makes has to be what its
// Profiles name. A page that makes no role speaks of roles as given; of these TestEveryGivenRole
// wants no more than that the controller could have them.
func tryRoles(t *testing.T, p page, folder string) {
	t.Helper()
	made := rolesMade(t)
	if len(made) == 0 {
		return
	}
	for _, o := range append(profilesOf(t, p), profilesIn(t, folder)...) {
		roles := rolesOf(t, o)
		for _, role := range roles {
			if !slices.Contains(made, role) {
				t.Errorf("%s: the Profile %s has the role %s, and the page makes %q", p.path, o.GetName(), role, made)
			}
		}
		if len(roles) > 0 {
			tryIdentity(t, o)
		}
	}
}

var roleARNs = regexp.MustCompile("<Arn>([^<]*:role/[^<]*)<")

// rolesMade are the ARNs of the roles that the double has, but for the one that it starts with.
func rolesMade(t *testing.T) []string {
	t.Helper()
	answer, err := query("iam", url.Values{"Action": {"ListRoles"}, "Version": {apiVersions["iam"]}})
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for _, found := range roleARNs.FindAllStringSubmatch(answer, -1) {
		if !strings.HasSuffix(found[1], "/"+roleOfAll) {
			made = append(made, found[1])
		}
	}
	return made
}

// profilesOf are the Profiles in a page's blocks.
func profilesOf(t *testing.T, p page) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, b := range p.in("yaml") {
		all = append(all, manifests(t, b)...)
	}
	return onlyProfiles(all)
}

// profilesIn are the Profiles in the files that a page's commands left in a folder.
func profilesIn(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(text, &o.Object); err != nil {
			t.Fatalf("%s: %v", filepath.Base(path), err)
		}
		all = append(all, o)
	}
	return onlyProfiles(all)
}

func onlyProfiles(all []*unstructured.Unstructured) []*unstructured.Unstructured {
	return slices.DeleteFunc(all, func(o *unstructured.Unstructured) bool { return o.GetKind() != "Profile" })
}

// rolesOf are the ARNs that the entries of AwsIamForServiceAccount in a Profile name.
func rolesOf(t *testing.T, o *unstructured.Unstructured) []string {
	t.Helper()
	plugins, _, err := unstructured.NestedSlice(o.Object, "spec", "plugins")
	if err != nil {
		t.Fatal(err)
	}
	var roles []string
	for _, plugin := range plugins {
		entry, isMap := plugin.(map[string]any)
		if !isMap {
			t.Fatalf("the entry %v is no plugin", plugin)
		}
		if role, has, _ := unstructured.NestedString(entry, "spec", "awsIamRole"); has {
			roles = append(roles, role)
		}
	}
	return roles
}

// tryIdentity makes a Profile, under a name of its own, and wants its identities to be bound.
func tryIdentity(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	cluster := open(t).pg.Client
	named := o.GetName()
	o.SetName("")
	o.SetGenerateName("documented-")
	if err := cluster.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer forgetProfile(t, o)
	var identity profilev1.ProfileCondition
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		p := &profilev1.Profile{}
		err := cluster.Get(ctx, client.ObjectKeyFromObject(o), p)
		identity = conditionOf(p, profilev1.ConditionIdentityReady)
		return identity.Status == metav1.ConditionTrue, errorOf(err, identity)
	})
	if err != nil {
		t.Errorf("with the roles that the page makes, the Profile %s does not become ready: %v", named, err)
	}
}

// forgetProfile deletes a Profile and waits until it is gone: the roles of the page go next, and while
// the controller still takes one back, it would remember for a while that there is no such role.
func forgetProfile(t *testing.T, o client.Object) {
	t.Helper()
	cluster := open(t).pg.Client
	if err := cluster.Delete(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		err := cluster.Get(ctx, client.ObjectKeyFromObject(o), &profilev1.Profile{})
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	if err != nil {
		t.Fatalf("the Profile %s does not go: %v", o.GetName(), err)
	}
}

// errorOf returns err, or an error if a condition says that waiting does not help.
func errorOf(err error, identity profilev1.ProfileCondition) error {
	passing := []string{"", profilev1.ReasonBinding, profilev1.ReasonRetrying, profilev1.ReasonNamespaceNotReady, profilev1.ReasonNamespaceTerminating}
	if err == nil && identity.Status != metav1.ConditionTrue && !slices.Contains(passing, identity.Reason) {
		err = fmt.Errorf("%s: %s", identity.Reason, identity.Message)
	}
	return err
}

// namedRole is a role of a Profile, wherever a document or an example names one.
var namedRole = regexp.MustCompile(`(?:awsIamRole|roleArn|--aws-role)[:= ]+"?arn:aws:iam::[^:]*:role/([^\s"}]+)`)

// TestEveryGivenRole wants the roles of Profiles to be where the documents let the controller edit
// roles: below /profiles/. A role elsewhere ends in PermissionMissing.
func TestEveryGivenRole(t *testing.T) {
	examples, err := filepath.Glob(filepath.Join(root(t), "examples", "*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all := pages(t)
	for _, path := range examples {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parsePage("examples/"+filepath.Base(path), string(text)))
	}
	n := 0
	for _, p := range all {
		for i, line := range p.lines {
			for _, found := range namedRole.FindAllStringSubmatch(line, -1) {
				n++
				if !strings.HasPrefix(found[1], "profiles/") {
					t.Errorf("%s:%d: the role %s is not below /profiles/", p.path, i+1, found[1])
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d roles were found", n)
	}
}
