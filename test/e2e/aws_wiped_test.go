package e2e

import "testing"

// TestAttackByWipingTheStatusBeforeTheDeletion has the records go while no controller is at
// work, and the Profile with them. Its spec still names the role.
func TestAttackByWipingTheStatusBeforeTheDeletion(t *testing.T) {
	f := withAWS(t)
	arn := f.role("wiped-early", handMadePolicy())
	f.create(MakeProfile("wiped-early").AWS(arn).Obj())
	f.awaitIdentity("wiped-early", arn)
	f.stop()
	f.patchStatus("wiped-early", `{"status":{"identities":null}}`)
	f.remove(profileNamed("wiped-early"))
	f.start("-aws-requests-per-second=1000")
	f.awaitGone(profileNamed("wiped-early"))
	f.mustNotAdmit("wiped-early", editorOf("wiped-early"))
}
