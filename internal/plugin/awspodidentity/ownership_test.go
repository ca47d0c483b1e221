package awspodidentity

import "testing"

func TestWhatIsDoneWithAnAssociation(t *testing.T) {
	w := wish{account: account{"prod", "alice", "default-editor"}, profile: "alice", role: "A"}
	other := wish{account: w.account, profile: "alice", role: "B"}
	ours := func(role, target, mark string) *association {
		return &association{role: role, targetRole: target, tags: map[string]string{TagProfile: "alice", TagManagedBy: ManagedBy, TagBinding: mark}}
	}
	tagged := func(tags map[string]string, owner string) *association {
		return &association{role: "A", owner: owner, tags: tags}
	}
	tests := map[string]struct {
		found    *association
		hold     action
		takeBack action
	}{
		"none":                             {nil, create, nothing},
		"as it should be":                  {ours("A", "", w.mark()), nothing, remove},
		"stands for another binding":       {ours("B", "", other.mark()), change, leave},
		"half changed to another":          {ours("B", "", w.mark()), change, remove},
		"half changed to this one":         {ours("A", "", other.mark()), mark, remove},
		"changed by hand":                  {ours("X", "", w.mark()), change, remove},
		"with a target by hand":            {ours("A", "T", w.mark()), change, remove},
		"handed over":                      {tagged(map[string]string{TagProfile: "alice", TagManagedBy: ManagedBy}, ""), mark, remove},
		"without tags":                     {tagged(nil, ""), leave, leave},
		"of another Profile":               {tagged(map[string]string{TagProfile: "bob", TagManagedBy: ManagedBy, TagBinding: w.mark()}, ""), leave, leave},
		"managed by another tool":          {tagged(map[string]string{TagProfile: "alice", TagManagedBy: "terraform", TagBinding: w.mark()}, ""), leave, leave},
		"managed by nobody":                {tagged(map[string]string{TagProfile: "alice", TagBinding: w.mark()}, ""), leave, leave},
		"of an add-on, whatever the tags":  {tagged(tagsOf(w), "arn:aws:eks:us-east-1:123456789012:addon/prod/x/1"), leave, leave},
		"of another controller's tag only": {tagged(map[string]string{TagManagedBy: ManagedBy}, ""), leave, leave},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := toHold(w, test.found); got != test.hold {
				t.Errorf("to hold: %d, want %d", got, test.hold)
			}
			if got := toTakeBack(w, test.found); got != test.takeBack {
				t.Errorf("to take back: %d, want %d", got, test.takeBack)
			}
		})
	}
}
