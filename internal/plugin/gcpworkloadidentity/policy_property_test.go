package gcpworkloadidentity

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// somePolicy draws a policy with bindings of all sorts, some of them with our members.
func somePolicy(t *rapid.T) string {
	var entries []any
	for range rapid.IntRange(0, 5).Draw(t, "bindings") {
		entry := map[string]any{
			"role":    rapid.SampledFrom([]string{role, role, "roles/viewer", "roles/iam.serviceAccountUser"}).Draw(t, "role"),
			"members": rapid.SliceOfN(rapid.SampledFrom(someMembers()), 1, 4).Draw(t, "members"),
		}
		if rapid.IntRange(0, 3).Draw(t, "conditional") == 0 {
			entry["condition"] = map[string]any{"title": rapid.StringMatching(`[<>&a-z" ]{0,8}`).Draw(t, "title"), "expression": "true"}
		}
		if rapid.IntRange(0, 4).Draw(t, "unknown") == 0 {
			entry["tomorrow"] = rapid.Float64().Draw(t, "value")
		}
		entries = append(entries, entry)
	}
	document := map[string]any{"etag": "BwU=", "bindings": entries}
	if rapid.Bool().Draw(t, "audited") {
		document["auditConfigs"] = []any{map[string]any{"service": "allServices"}}
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func someMembers() []string {
	members := []string{"user:a@example.com", "allUsers", "serviceAccount:elsewhere.svc.id.goog[a/default-editor]"}
	for i := range 4 {
		members = append(members, wishFor(fmt.Sprintf("p-%d", i), true).member)
	}
	return members
}

func someWishes(t *rapid.T) []wish {
	var wishes []wish
	for i := range 4 {
		if rapid.Bool().Draw(t, "wished") {
			wishes = append(wishes, wishFor(fmt.Sprintf("p-%d", i), rapid.Bool().Draw(t, "present")))
		}
	}
	return wishes
}

// TestEditsDoWhatIsWishedAndNothingElse takes all that wishes are about out of both policies;
// what remains must be the same.
func TestEditsDoWhatIsWishedAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, wishes := somePolicy(t), someWishes(t)
		before, err := newState([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		after, changed, err := before.edit(wishes)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wishes {
			if after.judge(w) != served {
				t.Fatalf("not served: %+v in %s", w, after.text)
			}
		}
		if diff := cmp.Diff(withoutWished(t, before.text, wishes), withoutWished(t, after.text, wishes)); diff != "" {
			t.Fatalf("lost or changed: %s", diff)
		}
		if again, changed, err := after.edit(wishes); err != nil || changed || string(again.text) != string(after.text) {
			t.Fatalf("the second edit changes: %v\n%s\n%s", err, after.text, again.text)
		}
		if !changed && string(after.text) != text {
			t.Fatalf("nothing changed, and the bytes did: %s", after.text)
		}
	})
}

// withoutWished is a policy without the members that wishes are about, where those are ours
// to change, without the bindings that they leave empty, and without the version.
func withoutWished(t *rapid.T, text []byte, wishes []wish) map[string]any {
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	delete(document, "version")
	var kept []any
	entries, _ := document["bindings"].([]any)
	for _, raw := range entries {
		entry := raw.(map[string]any)
		members := entry["members"].([]any)
		if entry["role"] == role && entry["condition"] == nil {
			members = slices.DeleteFunc(members, func(m any) bool {
				return slices.ContainsFunc(wishes, func(w wish) bool { return w.member == m })
			})
		}
		entry["members"] = members
		if len(members) > 0 {
			kept = append(kept, entry)
		}
	}
	document["bindings"] = kept
	return document
}
