package trustpolicy

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// startingPolicy draws a generated policy or a real-shaped one.
func startingPolicy(t testing.TB) func(*rapid.T) []byte {
	var shapes []string
	for _, policy := range allRealShaped(t) {
		shapes = append(shapes, policy)
	}
	slices.Sort(shapes)
	return func(r *rapid.T) []byte {
		if rapid.IntRange(0, 4).Draw(r, "real-shaped") == 0 {
			return []byte(rapid.SampledFrom(shapes).Draw(r, "shape"))
		}
		return drawPolicy(r)
	}
}

// TestAnyEdit makes a few edits in a row and checks each against every promise.
func TestAnyEdit(t *testing.T) { rapid.Check(t, anyEdit(t)) }

// FuzzAnyEdit is TestAnyEdit with the choices made by the fuzzer, so that it follows what
// the code does with them.
func FuzzAnyEdit(f *testing.F) { f.Fuzz(rapid.MakeFuzz(anyEdit(f))) }

func anyEdit(t testing.TB) func(*rapid.T) {
	draw := startingPolicy(t)
	return func(r *rapid.T) {
		policy := draw(r)
		for range rapid.IntRange(1, 3).Draw(r, "edits") {
			var next []byte
			if rapid.Bool().Draw(r, "grant") {
				next = checkGrant(r, policy, drawAudience(r), drawSubjects(r))
			} else {
				next = checkRevoke(r, policy, drawSubjects(r))
			}
			if next == nil {
				r.Fatalf("refused %s", policy)
			}
			policy = next
		}
	}
}

// TestSequencesKeepTheBooks follows roles of many shapes through grants and revocations: at the end
// they name whom they named at first or were granted, less who was revoked.
func TestSequencesKeepTheBooks(t *testing.T) {
	shapes := []string{"guide-open", "eksctl", "two-clusters", "pod-identity", "single-object", "deny", "old-controller"}
	everybody := []string{alice, bob, carol, runner}
	rapid.Check(t, func(r *rapid.T) {
		policy := []byte(realShaped(t, rapid.SampledFrom(shapes).Draw(r, "shape")))
		first, err := Subjects(policy, ours)
		if err != nil {
			r.Fatal(err)
		}
		want := map[string]bool{}
		for _, subject := range first.Exact {
			want[subject] = true
		}
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			subjects := rapid.SliceOfN(rapid.SampledFrom(everybody), 1, 3).Draw(r, "subjects")
			granted := rapid.Bool().Draw(r, "grant")
			if granted {
				policy, err = Grant(policy, ours, DefaultAudience, subjects)
			} else {
				policy, err = Revoke(policy, ours, subjects)
			}
			if err != nil {
				r.Fatal(err)
			}
			for _, subject := range subjects {
				want[subject] = granted
			}
		}
		got, err := Subjects(policy, ours)
		if err != nil {
			r.Fatal(err)
		}
		for _, subject := range everybody {
			if want[subject] != slices.Contains(got.Exact, subject) {
				r.Fatalf("%s: want %v in\n%s", subject, want[subject], policy)
			}
		}
	})
}

// TestCoveringPatterns compares the few probes by which a pattern is taken to cover every
// service account with many subjects.
func TestCoveringPatterns(t *testing.T) {
	pieces := rapid.SampledFrom([]string{"*", "*", "?", ":", "system:serviceaccount:", "s", "a", "0", "-", "."})
	label := rapid.StringMatching(`[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?`)
	rapid.Check(t, func(r *rapid.T) {
		pattern := ""
		for _, piece := range rapid.SliceOfN(pieces, 1, 6).Draw(r, "pattern") {
			pattern += piece
		}
		subject := Subject(label.Draw(r, "namespace"), label.Draw(r, "name"))
		if mayCoverAll(pattern, true) && !trusteval.Like(pattern, subject) {
			r.Fatalf("%q is taken to cover everybody, but not %q", pattern, subject)
		}
		if got, want := matches(compile(pattern, true), subject), trusteval.Like(pattern, subject); got != want {
			r.Fatalf("%q matches %q: %v, want %v", pattern, subject, got, want)
		}
	})
}
