package identity

import (
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

func TestASealHoldsForTheRecordAsItWasWritten(t *testing.T) {
	settings := func(text string) func(*profilev1.IdentityBinding) {
		return func(r *profilev1.IdentityBinding) { r.Settings = &runtime.RawExtension{Raw: []byte(text)} }
	}
	tests := map[string]struct {
		profile types.UID
		change  func(*profilev1.IdentityBinding)
		genuine bool
	}{
		"as it was":               {ownUID, func(*profilev1.IdentityBinding) {}, true},
		"settings in other order": {ownUID, settings(`{ "b": {"d": 3, "c": 2.50}, "a": "<1>" }`), true},
		"settings escaped":        {ownUID, settings(`{"a":"\u003c1\u003e","b":{"c":2.50,"d":3}}`), true},
		"another Profile":         {"other-uid", func(*profilev1.IdentityBinding) {}, false},
		"no Profile":              {"", func(*profilev1.IdentityBinding) {}, false},
		"another plugin":          {ownUID, func(r *profilev1.IdentityBinding) { r.Plugin = "Other" }, false},
		"another account":         {ownUID, func(r *profilev1.IdentityBinding) { r.ServiceAccount = "viewer" }, false},
		"another identity":        {ownUID, func(r *profilev1.IdentityBinding) { r.Identity = "B" }, false},
		"another phase":           {ownUID, func(r *profilev1.IdentityBinding) { r.Phase = profilev1.IdentityBound }, false},
		"another annotation":      {ownUID, func(r *profilev1.IdentityBinding) { r.Annotations["role"] = "B" }, false},
		"an annotation more":      {ownUID, func(r *profilev1.IdentityBinding) { r.Annotations["x"] = "" }, false},
		"no annotations":          {ownUID, func(r *profilev1.IdentityBinding) { r.Annotations = nil }, false},
		"no settings":             {ownUID, func(r *profilev1.IdentityBinding) { r.Settings = nil }, false},
		"empty settings":          {ownUID, settings(`{}`), false},
		"another setting":         {ownUID, settings(`{"a":"<1>","b":{"c":2.5,"d":3}}`), false},
		"a setting more":          {ownUID, settings(`{"a":"<1>","b":{"c":2.50,"d":3},"e":null}`), false},
		"settings with a tail":    {ownUID, settings(`{"a":"<1>","b":{"c":2.50,"d":3}}{}`), false},
		"no seal":                 {ownUID, func(r *profilev1.IdentityBinding) { r.Seal = "" }, false},
		"half a seal":             {ownUID, func(r *profilev1.IdentityBinding) { r.Seal = r.Seal[:len(r.Seal)/2] }, false},
		"the seal of another's key": {ownUID, func(r *profilev1.IdentityBinding) {
			r.Seal = testSealer(2).Seal(ownUID, entryOf(*r), r.Phase).Seal
		}, false},
		"account and identity parted elsewhere": {ownUID, func(r *profilev1.IdentityBinding) { r.ServiceAccount, r.Identity = "edit", "orA" }, false},
		"account and identity exchanged":        {ownUID, func(r *profilev1.IdentityBinding) { r.Identity, r.ServiceAccount = r.ServiceAccount, r.Identity }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			record := pending(entry("editor", "A", `{"a":"<1>","b":{"c":2.50,"d":3}}`))
			test.change(&record)
			if got := testSealer(1).Genuine(test.profile, record); got != test.genuine {
				t.Errorf("the record %+v is genuine: %t, want %t", record, got, test.genuine)
			}
		})
	}
}

func TestASealSurvivesTheAPIServer(t *testing.T) {
	for name, e := range map[string]Entry{
		"all there is":   entry("editor", "A", `{"n":12345678901234567890,"u":"ü &"}`),
		"nothing to say": {Plugin: "Cloud", Binding: plugin.Binding{ServiceAccount: "editor", Identity: "A"}},
	} {
		text, err := json.Marshal(bound(e))
		if err != nil {
			t.Fatal(err)
		}
		var read profilev1.IdentityBinding
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if !genuine(read) || !entryOf(read).equal(e) {
			t.Errorf("%s: %s is read back as %+v, genuine %t", name, text, read, genuine(read))
		}
	}
}

func TestSealsTellNothingAndDiffer(t *testing.T) {
	first, second := pending(entry("editor", "A", "")), pending(entry("editor", "B", ""))
	if first.Seal == second.Seal || len(first.Seal) < 40 || strings.ContainsAny(first.Seal, "+/= ") {
		t.Errorf("seals are %q and %q", first.Seal, second.Seal)
	}
}

func TestAKeyOfTheWrongLengthIsRefused(t *testing.T) {
	for _, n := range []int{0, SealKeySize - 1, SealKeySize + 1} {
		if _, err := NewSealer(make([]byte, n)); err == nil {
			t.Errorf("a key of %d bytes is taken", n)
		}
	}
}

func TestSealingDoesNotShareAnnotations(t *testing.T) {
	e := entry("editor", "A", "")
	record := pending(e)
	e.Annotations["role"] = "B"
	if !genuine(record) {
		t.Error("a later change of the entry broke the seal of its record")
	}
}

// TestAnEmptyMapOfAnnotationsDoesNotBreakTheSeal has a plugin that annotates nothing: the
// API server leaves the empty map out.
func TestAnEmptyMapOfAnnotationsDoesNotBreakTheSeal(t *testing.T) {
	record := pending(Entry{Plugin: "p", Binding: plugin.Binding{ServiceAccount: "a", Identity: "b", Annotations: map[string]string{}}})
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	var stored profilev1.IdentityBinding
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	if !genuine(stored) {
		t.Errorf("%s is not genuine", text)
	}
}
