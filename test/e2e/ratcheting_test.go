package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// odd are Profiles that the old CRD stored and ours would refuse, by their names.
var odd = map[string]string{
	"kube-odd":       `{metadata: {name: kube-odd}, spec: {owner: {kind: User, name: a@b}}}`,
	"odd.name":       `{metadata: {name: odd.name}, spec: {owner: {kind: User, name: a@b}}}`,
	"odd-kind":       `{metadata: {name: odd-kind}, spec: {owner: {kind: user, name: a@b}}}`,
	"odd-no-owner":   `{metadata: {name: odd-no-owner}, spec: {plugins: []}}`,
	"odd-no-spec":    `{metadata: {name: odd-no-spec}}`,
	"odd-no-name":    `{metadata: {name: odd-no-name}, spec: {owner: {kind: User}}}`,
	"odd-no-kind":    `{metadata: {name: odd-no-kind}, spec: {owner: {name: a@b}}}`,
	"odd-star":       `{metadata: {name: odd-star}, spec: {owner: {kind: User, name: "*"}}}`,
	"odd-plugin":     `{metadata: {name: odd-plugin}, spec: {owner: {kind: User, name: a@b}, plugins: [{spec: {a: 1}}, {kind: ""}]}}`,
	"odd-conditions": `{metadata: {name: odd-conditions}, spec: {owner: {kind: User, name: a@b}}, status: {conditions: [{type: Successful, status: "True", message: m}, {type: Successful, status: "True", message: m}, {type: Ready, status: "False", message: old}, {type: Ready, status: "False", message: old}]}}`,
}

// TestWhatTheOldCRDStoredKeepsWorking does to each stored Profile what a controller and an
// admin must be able to do, after our CRD took the place of Kubeflow's.
func TestWhatTheOldCRDStoredKeepsWorking(t *testing.T) {
	f := withoutController(t)
	var manifests []string
	for _, manifest := range odd {
		manifests = append(manifests, manifest)
	}
	f.storeUnderOldCRD(manifests...)
	for name, manifest := range odd {
		for _, version := range versions {
			t.Run(name+" "+version, func(t *testing.T) {
				f := f.within(t)
				p := profileFrom(f, manifest)
				p.SetAPIVersion("kubeflow.org/" + version)
				f.merge(p, `{"metadata":{"finalizers":["profile-finalizer"]}}`)
				f.merge(p, `{"metadata":{"annotations":{"example.com/note":"changed by `+version+`"},"labels":{"example.com/note":"l"}}}`)
				f.mergeStatus(p, `{"status":{"observedGeneration":1,"conditions":[{"type":"Ready","status":"False","reason":"R","message":"m","lastTransitionTime":"2024-01-01T00:00:00Z","observedGeneration":1},{"type":"Successful","status":"True","message":"m"}]}}`)
				f.mergeStatus(p, `{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Ready","status":"True"}]}}`)
				f.merge(p, `{"metadata":{"finalizers":null}}`)
			})
		}
	}
	for name := range odd {
		f.remove(profileNamed(name))
		f.awaitGone(profileNamed(name))
	}
}

// TestTheControllerLetsGoOfWhatTheOldCRDStored has the controller itself take on such
// Profiles with the finalizer of the old controller, and let them go.
func TestTheControllerLetsGoOfWhatTheOldCRDStored(t *testing.T) {
	f := withoutController(t)
	var manifests []string
	for _, manifest := range odd {
		manifests = append(manifests, strings.Replace(manifest, "metadata: {", "metadata: {finalizers: [profile-finalizer], ", 1))
	}
	f.storeUnderOldCRD(manifests...)
	f.start()
	for name, reason := range map[string]string{
		"kube-odd": profilev1.ReasonReservedName, "odd.name": profilev1.ReasonInvalidName,
		"odd-kind": profilev1.ReasonInvalidOwner, "odd-no-owner": profilev1.ReasonInvalidOwner, "odd-no-spec": profilev1.ReasonInvalidOwner,
		"odd-no-name": profilev1.ReasonInvalidOwner, "odd-no-kind": profilev1.ReasonInvalidOwner, "odd-star": profilev1.ReasonInvalidOwner,
		"odd-plugin": profilev1.ReasonUnknownPlugin, "odd-conditions": profilev1.ReasonReady,
	} {
		f.awaitCondition(name, profilev1.ConditionReady, reason)
	}
	f.checkInvariants()
	for name := range odd {
		f.remove(profileNamed(name))
	}
	for name := range odd {
		f.awaitGone(profileNamed(name))
	}
}

func TestAValidProfileCannotBeMadeInvalid(t *testing.T) {
	f := newFixture(t)
	f.create(MakeProfile("sound").Plugin("X", `{}`).Obj())
	for _, version := range versions {
		for _, breaking := range []struct{ patch, message string }{
			{`{"spec":{"owner":{"kind":"user"}}}`, "spec.owner.kind must be User, Group or ServiceAccount"},
			{`{"spec":{"owner":{"name":"*"}}}`, "spec.owner.name must not contain '*'"},
			{`{"spec":{"owner":null}}`, "spec.owner is required"},
			{`{"spec":{"plugins":[{"spec":{}}]}}`, "spec.plugins[0].kind: Required value"},
		} {
			p := profileFrom(f, `{metadata: {name: sound}}`)
			p.SetAPIVersion("kubeflow.org/" + version)
			err := pg.Client.Patch(f.ctx, p, client.RawPatch(mergePatch, []byte(breaking.patch)))
			if err == nil || !strings.Contains(err.Error(), breaking.message) {
				t.Errorf("%s answers %s with %v, want %s", version, breaking.patch, err, breaking.message)
			}
		}
	}
}

func (f *fixture) merge(p *unstructured.Unstructured, patch string) {
	f.t.Helper()
	if err := pg.Client.Patch(f.ctx, p.DeepCopy(), client.RawPatch(mergePatch, []byte(patch))); err != nil {
		f.t.Errorf("%s cannot be patched with %s: %v", p.GetName(), patch, err)
	}
}

func (f *fixture) mergeStatus(p *unstructured.Unstructured, patch string) {
	f.t.Helper()
	got := p.DeepCopy()
	if err := pg.Client.Status().Patch(f.ctx, got, client.RawPatch(mergePatch, []byte(patch))); err != nil {
		f.t.Errorf("the status of %s cannot be patched with %s: %v", p.GetName(), patch, err)
		return
	}
	var want map[string]any
	if err := json.Unmarshal([]byte(patch), &want); err != nil {
		f.t.Fatal(err)
	}
	conditions := func(o map[string]any) string {
		found, _, _ := unstructured.NestedSlice(o, "status", "conditions")
		return fmt.Sprint(found)
	}
	if conditions(got.Object) != conditions(want) {
		f.t.Errorf("the status of %s became %s, want %s", p.GetName(), conditions(got.Object), conditions(want))
	}
}
