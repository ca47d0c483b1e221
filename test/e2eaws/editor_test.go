//go:build e2eaws

package e2eaws

import (
	"fmt"
	"testing"
)

// guideRole is a trust policy as the common guides for profiles have people create
// it: for an audience, and open to every service account of the cluster.
func guideRole(c *cluster) string {
	return fmt.Sprintf(`{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "Federated": %q
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          %q: %q
        }
      }
    }
  ]
}`, c.provider().ARN, c.provider().Issuer+":aud", audience)
}

// TestARoleOfTheGuidesFollowsItsProfiles goes through the life of a role that two profiles
// come to share and leave again.
func TestARoleOfTheGuidesFollowsItsProfiles(t *testing.T) {
	createAccounts(t, "guide-a", "guide-b")
	a, b := home.tokenOf(t, "guide-a", editor, audience), home.tokenOf(t, "guide-b", editor, audience)
	wrongAudience := home.tokenOf(t, "guide-a", editor, otherAudience)
	wrongAccount := home.tokenOf(t, "guide-a", "default", audience)
	r := createRole(t, "guide", guideRole(home))
	// The door is open, or else it would prove little that somebody is kept out below.
	r.mustAdmit("b, before any grant", b)

	nobodyElse := func() {
		t.Helper()
		r.mustRefuse("a with a token for another audience", wrongAudience)
		r.mustRefuse("another account of a", wrongAccount)
		r.mustRefuse("no service account", "none")
	}
	r.grant(home, subject("guide-a"))
	r.mustAdmit("a", a)
	r.mustRefuse("b", b)
	nobodyElse()

	r.grant(home, subject("guide-b"))
	r.mustAdmit("a", a)
	r.mustAdmit("b", b)
	nobodyElse()

	r.revoke(home, subject("guide-a"))
	r.mustRefuse("a", a)
	r.mustAdmit("b", b)
	nobodyElse()

	r.revoke(home, subject("guide-b"))
	r.mustRefuse("a", a)
	r.mustRefuse("b", b)
	nobodyElse()
}
