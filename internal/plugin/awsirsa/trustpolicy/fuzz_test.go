package trustpolicy

import (
	"strings"
	"testing"
)

// FuzzEdit feeds whatever bytes to all operations. What they accept is held against every
// promise; what they refuse must give no output, and nothing may panic.
func FuzzEdit(f *testing.F) {
	for _, policy := range allRealShaped(f) {
		f.Add([]byte(policy), uint8(1), DefaultAudience)
	}
	f.Add([]byte(when(`"StringEquals":{AUD:STS,SUB:[NOBODY]}`)), uint8(3), "x")
	f.Add([]byte(appended(when(`"StringEquals":{AUD:STS}`), ownStatement(ourSid, DefaultAudience, alice, bob))), uint8(6), DefaultAudience)
	f.Fuzz(func(t *testing.T, policy []byte, chosen uint8, audience string) {
		if len(policy) > 1<<14 || len(audience) > 256 {
			return
		}
		var subjects []string
		for i, subject := range []string{alice, bob, carol} {
			if chosen&(1<<i) != 0 {
				subjects = append(subjects, subject)
			}
		}
		if CheckAudience(audience) != nil {
			if out, err := Grant(policy, ours, audience, subjects); err == nil || out != nil {
				t.Fatalf("Grant for the audience %q = %q, %v", audience, out, err)
			}
			audience = DefaultAudience
		}
		granted := checkGrant(t, policy, audience, subjects)
		revoked := checkRevoke(t, policy, subjects)
		if (granted == nil) != (revoked == nil) {
			t.Fatalf("Grant and Revoke disagree on whether they can read %q", policy)
		}
		if granted != nil {
			checkRevoke(t, granted, subjects)
			checkReading(t, granted, audience)
		}
	})
}

func checkReading(t *testing.T, policy []byte, audience string) {
	t.Helper()
	a, err := Subjects(policy, ours)
	if err != nil {
		t.Fatalf("Subjects of our own output: %v", err)
	}
	for _, subject := range a.Exact {
		if subject == Nobody {
			t.Fatalf("Subjects names the closing mark")
		}
	}
	if room, err := Room(policy, ours, audience, 2*DefaultSizeLimit, len(alice)); err != nil || room < 0 {
		t.Fatalf("Room = %d, %v", room, err)
	}
	if size := Size(policy); size > len(policy) || size < len(strings.Join(strings.Fields(string(policy)), ""))/4 {
		t.Fatalf("Size = %d of %d bytes", size, len(policy))
	}
}
