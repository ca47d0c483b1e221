package identity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

var actionNames = map[Action]string{Record: "Record", Apply: "Apply", Check: "Check", Revoke: "Revoke", Keep: "Keep", Distrust: "Distrust", Strand: "Strand"}

// said is a step in one line: what to do, about whom, and which annotations go.
func said(s Step) string {
	text := strings.TrimSpace(fmt.Sprintf("%s %s %s %s", actionNames[s.Do], s.ServiceAccount, s.Identity, s.Settings))
	if len(s.Former) > 0 {
		text += fmt.Sprintf(" without %v", slices.Sorted(maps.Keys(s.Former)))
	}
	return text
}

func TestSteps(t *testing.T) {
	const one, two = `{"a":1}`, `{"a":2}`
	a, b, viewer := entry("editor", "A", one), entry("editor", "B", one), entry("viewer", "A", one)
	entries := func(e ...Entry) Wishes { return Wishes{Entries: e} }
	unclear := func(e ...Entry) Wishes { return Wishes{Entries: e, Unclear: []string{"Cloud"}} }
	records := func(r ...profilev1.IdentityBinding) []profilev1.IdentityBinding { return r }
	tests := map[string]struct {
		wishes  Wishes
		records []profilev1.IdentityBinding
		leaving bool
		want    []string
	}{
		"nothing":                        {},
		"a new wish is written down":     {wishes: entries(a, viewer), want: []string{`Record editor A {"a":1}`, `Record viewer A {"a":1}`}},
		"what is written down is done":   {entries(a), records(pending(a)), false, []string{`Apply editor A {"a":1}`}},
		"what is done is looked after":   {entries(a), records(bound(a)), false, []string{`Check editor A {"a":1}`}},
		"what is not asked for goes":     {entries(), records(bound(a)), false, []string{`Revoke editor A {"a":1}`}},
		"so does what may have begun":    {entries(), records(pending(a)), false, []string{`Revoke editor A {"a":1}`}},
		"another account is another one": {entries(viewer), records(bound(a)), false, []string{`Revoke editor A {"a":1}`, `Record viewer A {"a":1}`}},
		"another plugin is another one": {entries(a.by("Other")), records(bound(a)), false,
			[]string{`Revoke editor A {"a":1}`, `Record editor A {"a":1}`}},

		"A to B: B is written down, A stays": {entries(b), records(bound(a)), false, []string{`Keep editor A {"a":1}`, `Record editor B {"a":1}`}},
		"A to B: B is done, A stays":         {entries(b), records(bound(a), pending(b)), false, []string{`Keep editor A {"a":1}`, `Apply editor B {"a":1}`}},
		"A to B: B holds, A goes":            {entries(b), records(bound(a), bound(b)), false, []string{`Revoke editor A {"a":1}`, `Check editor B {"a":1}`}},
		"A to B: said to hold by a forger":   {entries(b), records(bound(a), forged(b, profilev1.IdentityBound)), false, []string{`Keep editor A {"a":1}`, `Record editor B {"a":1}`}},
		"A to B and back before B was done":  {entries(a), records(bound(a), pending(b)), false, []string{`Check editor A {"a":1}`, `Revoke editor B {"a":1}`}},
		"A to B of the viewer holds up nobody else": {entries(entry("viewer", "B", one)), records(bound(a), bound(viewer)), false,
			[]string{`Revoke editor A {"a":1}`, `Keep viewer A {"a":1}`, `Record viewer B {"a":1}`}},

		"other settings: the old ones go first": {entries(entry("editor", "A", two)), records(bound(a)), false,
			[]string{`Revoke editor A {"a":1}`, `Record editor A {"a":2}`}},
		"other settings: the new ones wait": {entries(entry("editor", "A", two)), records(bound(a), pending(entry("editor", "A", two))), false,
			[]string{`Revoke editor A {"a":1}`, `Keep editor A {"a":2}`}},
		"other settings: the old ones are gone": {entries(entry("editor", "A", two)), records(pending(entry("editor", "A", two))), false,
			[]string{`Apply editor A {"a":2}`}},
		"other settings made up by a forger are in nobody's way": {entries(a), records(forged(entry("editor", "A", two), profilev1.IdentityBound), pending(a)), false,
			[]string{`Distrust editor A {"a":2}`, `Apply editor A {"a":1}`}},
		"the same settings in another order": {entries(entry("editor", "A", `{"b":2,"a":1}`)), records(bound(entry("editor", "A", `{ "a":1, "b":2 }`))), false,
			[]string{`Check editor A {"a":1,"b":2}`}},

		"an annotation more is written down": {entries(entry("editor", "A", one, "audience")), records(bound(a)), false, []string{`Record editor A {"a":1}`}},
		"an annotation less is withdrawn": {entries(a), records(bound(entry("editor", "A", one, "audience", "sts"))), false,
			[]string{`Record editor A {"a":1} without [audience sts]`}},

		"while a wish is unclear nothing goes":       {unclear(), records(bound(a), pending(b)), false, []string{`Keep editor A {"a":1}`, `Keep editor B {"a":1}`}},
		"but what is clear is done":                  {unclear(b), records(bound(a), pending(b)), false, []string{`Keep editor A {"a":1}`, `Apply editor B {"a":1}`}},
		"one unclear plugin does not hold up others": {unclear(), records(bound(a.by("Other"))), false, []string{`Revoke editor A {"a":1}`}},

		"made up: pending":                {entries(), records(forged(a, profilev1.IdentityPending)), false, []string{`Distrust editor A {"a":1}`}},
		"made up: bound":                  {entries(), records(forged(a, profilev1.IdentityBound)), false, []string{`Distrust editor A {"a":1}`}},
		"made up of what is asked for":    {entries(a), records(forged(a, profilev1.IdentityBound)), false, []string{`Record editor A {"a":1}`}},
		"made up beside a genuine one":    {entries(), records(bound(b), forged(a, profilev1.IdentityBound)), false, []string{`Revoke editor B {"a":1}`, `Distrust editor A {"a":1}`}},
		"made up while a wish is unclear": {unclear(), records(forged(a, profilev1.IdentityBound)), false, []string{`Distrust editor A {"a":1}`}},
		"for another Profile":             {entries(), records(testSealer(1).Seal("other-uid", a, profilev1.IdentityBound)), false, []string{`Distrust editor A {"a":1}`}},
		"pending made bound by hand":      {entries(a), records(changed(pending(a), func(r *profilev1.IdentityBinding) { r.Phase = profilev1.IdentityBound })), false, []string{`Record editor A {"a":1}`}},

		"twice the same":            {entries(a), records(bound(a), bound(a), pending(a)), false, []string{`Check editor A {"a":1}`}},
		"a forger's copy behind it": {entries(), records(bound(a), forged(a, profilev1.IdentityPending)), false, []string{`Revoke editor A {"a":1}`}},
		"a forger's copy before it": {entries(), records(forged(a, profilev1.IdentityPending), bound(a)), false, []string{`Distrust editor A {"a":1}`, `Revoke editor A {"a":1}`}},
		"a plugin that went away":   {entries(), records(bound(a.by("Gone"))), false, []string{`Strand editor A {"a":1}`}},
		"made up of no such plugin": {entries(), records(forged(a.by("Gone"), profilev1.IdentityBound)), false, []string{`Distrust editor A {"a":1}`}},

		"leaving: all goes":                {entries(a), records(bound(a), pending(b)), true, []string{`Revoke editor A {"a":1}`, `Revoke editor B {"a":1}`}},
		"leaving: nothing new":             {wishes: entries(a), leaving: true},
		"leaving: although unclear":        {unclear(), records(bound(a)), true, []string{`Revoke editor A {"a":1}`}},
		"leaving: made up but asked for":   {entries(a), records(forged(a, profilev1.IdentityBound)), true, []string{`Revoke editor A {"a":1}`}},
		"leaving: made up":                 {entries(b), records(forged(a, profilev1.IdentityBound)), true, []string{`Distrust editor A {"a":1}`}},
		"leaving: a plugin that went away": {entries(), records(bound(a.by("Gone"))), true, []string{`Strand editor A {"a":1}`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ledger := Ledger{Wishes: test.wishes, Records: test.records, Leaving: test.leaving, Genuine: genuine,
				Registered: func(kind string) bool { return kind != "Gone" }}
			var got []string
			for _, step := range ledger.Steps() {
				got = append(got, said(step))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func changed(record profilev1.IdentityBinding, change func(*profilev1.IdentityBinding)) profilev1.IdentityBinding {
	change(&record)
	return record
}

func TestAStepCarriesWhatWasFoundAndWhatIsWished(t *testing.T) {
	before, after := entry("editor", "A", "", "audience"), entry("editor", "A", "")
	steps := Ledger{Wishes: Wishes{Entries: []Entry{after}}, Records: []profilev1.IdentityBinding{bound(before)},
		Genuine: genuine, Registered: func(string) bool { return true }}.Steps()
	if len(steps) != 1 {
		t.Fatalf("%d steps, want 1", len(steps))
	}
	want := Step{Entry: after, Do: Record, Former: map[string]string{"audience": "x"}, Stored: bound(before)}
	if diff := cmp.Diff(want, steps[0]); diff != "" {
		t.Errorf("step (-want +got):\n%s", diff)
	}
}

func TestUnwantedAnnotations(t *testing.T) {
	going := entry("editor", "A", "", "audience", "sts")
	tests := map[string]struct {
		wishes []Entry
		want   map[string]string
	}{
		"nobody wants the account":          {nil, map[string]string{"role": "A", "audience": "x", "sts": "x"}},
		"another account has its own":       {[]Entry{entry("viewer", "B", "", "audience")}, map[string]string{"role": "A", "audience": "x", "sts": "x"}},
		"the successor has some of them":    {[]Entry{entry("editor", "B", "", "sts")}, map[string]string{"audience": "x"}},
		"two have all of them between them": {[]Entry{entry("editor", "B", "", "sts"), entry("editor", "C", "", "audience").by("Other")}, nil},
	}
	for name, test := range tests {
		got := Ledger{Wishes: Wishes{Entries: test.wishes}}.Unwanted(going)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: unwanted (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(entry("editor", "A", "", "audience", "sts"), going); diff != "" {
		t.Errorf("asking changed the entry:\n%s", diff)
	}
}
