//go:build e2eaws

package e2eaws

import "testing"

// TestProfilesShareARoleOfTheGuides is what this is all for: pods of a profile get its role,
// work with it in S3, and nobody else gets in, until the profile is gone.
func TestProfilesShareARoleOfTheGuides(t *testing.T) {
	withController(t)
	r := createRole(t, "shared", guideRole(home))
	r.allow("s3:CreateBucket", "s3:PutObject", "s3:GetObject")
	wanted := plugins(t, awsSpec{AwsIamRole: r.arn})
	createProfile(t, "share-none", nil)
	createProfile(t, "share-a", wanted)
	mustEqual(t, "the annotated role", annotatedRole(t, "share-a"), r.arn)
	r.mustAdmitOnly(map[string]bool{"share-a": true, "share-none": false, "away/share-a": false})
	r.mustRefuse("a with a token for another audience", home.tokenOf(t, "share-a", editor, otherAudience))
	r.mustRefuse("the viewer of a", home.tokenOf(t, "share-a", "default-viewer", audience))
	mustKeep(t, r.mustAdmit("a", home.tokenOf(t, "share-a", editor, audience)), "bucket-of-share-a", "written by a profile")

	createProfile(t, "share-b", wanted)
	r.mustAdmitOnly(map[string]bool{"share-a": true, "share-b": true, "share-none": false})

	changePlugins(t, "share-a", nil)
	mustEqual(t, "the annotated role", annotatedRole(t, "share-a"), "")
	r.mustAdmitOnly(map[string]bool{"share-a": false, "share-b": true, "share-none": false})

	lasting := home.tokenOf(t, "share-b", editor, audience)
	deleteProfile(t, "share-b")
	r.mustRefuse("a pod that outlives its profile", lasting)
	r.mustAdmitOnly(map[string]bool{"share-a": false, "share-none": false})
}

// TestAProfileThatChangesItsRoleLeavesTheOldOne leaves the old role as it was found.
func TestAProfileThatChangesItsRoleLeavesTheOldOne(t *testing.T) {
	withController(t)
	people := withProviders(handMade[len(handMade)-1].policy)
	first, second := createRole(t, "first", people), createRole(t, "second", people)
	before := first.trustPolicy()
	createProfile(t, "mover", plugins(t, awsSpec{AwsIamRole: first.arn}))
	first.mustAdmitOnly(map[string]bool{"mover": true})
	second.mustAdmitOnly(map[string]bool{"mover": false})

	changePlugins(t, "mover", plugins(t, awsSpec{AwsIamRole: second.arn}))
	mustEqual(t, "the annotated role", annotatedRole(t, "mover"), second.arn)
	first.mustAdmitOnly(map[string]bool{"mover": false})
	second.mustAdmitOnly(map[string]bool{"mover": true})
	mustEqual(t, "the old role's trust policy", first.trustPolicy(), before)
}

// TestAnnotateOnlyLeavesTheTrustPolicyToOthers annotates and does no more.
func TestAnnotateOnlyLeavesTheTrustPolicyToOthers(t *testing.T) {
	withController(t)
	r := createRole(t, "annotated", withProviders(handMade[0].policy))
	before := r.trustPolicy()
	createProfile(t, "annotated", plugins(t, awsSpec{AwsIamRole: r.arn, AnnotateOnly: true}))
	mustEqual(t, "the annotated role", annotatedRole(t, "annotated"), r.arn)
	r.mustAdmitOnly(map[string]bool{"annotated": false, "away/abroad": true})
	mustEqual(t, "the trust policy", r.trustPolicy(), before)
}

// TestTheControllerKeepsWhatPeopleWrote has a profile come to roles that people made, and
// go again.
func TestTheControllerKeepsWhatPeopleWrote(t *testing.T) {
	withController(t)
	var befores []string
	var roles []*role
	for i, shape := range handMade {
		r := createRole(t, "kept-"+string(rune('a'+i)), withProviders(shape.policy))
		roles, befores = append(roles, r), append(befores, r.trustPolicy())
	}
	createProfile(t, "guest", nil)
	for i, r := range roles {
		changePlugins(t, "guest", plugins(t, awsSpec{AwsIamRole: r.arn}))
		r.mustAdmitOnly(map[string]bool{"guest": true, "away/guest": false})
		mustKeepStatements(t, befores[i], r.trustPolicy())
	}
	deleteProfile(t, "guest")
	for i, r := range roles {
		mustEqual(t, "the trust policy of "+r.name+" in the end", r.trustPolicy(), befores[i])
	}
}
