package awspodidentity

import "github.com/kfprofiles/kfprofiles/internal/tenancy"

// Tags of the associations that the plugin makes. Somebody who wants to hand an
// association over sets the first two.
const (
	// TagProfile has the name of the Profile.
	TagProfile = "kubeflow.org/profile"
	// TagManagedBy has the value ManagedBy.
	TagManagedBy = tenancy.ManagedByLabel
	// ManagedBy is the value of TagManagedBy.
	ManagedBy = tenancy.ManagedByValue
	// TagBinding tells for which role and target role the association stands.
	TagBinding = "kubeflow.org/profile-binding"
)

// association is what EKS said about one.
type association struct {
	id, arn          string
	role, targetRole string
	// owner is the ARN of the EKS add-on that it belongs to, if any.
	owner string
	tags  map[string]string
}

// tagsOf are the tags of an association for a wish.
func tagsOf(w wish) map[string]string {
	return map[string]string{TagProfile: w.profile, TagManagedBy: ManagedBy, TagBinding: w.mark()}
}

// ownedFor tells whether an association was made for a Profile, by this plugin.
func (a association) ownedFor(profile string) bool {
	return a.owner == "" && a.tags[TagManagedBy] == ManagedBy && a.tags[TagProfile] == profile
}

// gives tells whether pods get just what the wish asks for.
func (a association) gives(w wish) bool { return a.role == w.role && a.targetRole == w.targetRole }

// standsFor tells whether an association is the wish's, even if its role was changed by
// hand.
func (a association) standsFor(w wish) bool { return a.gives(w) || a.tags[TagBinding] == w.mark() }

// action is what a wish needs next.
type action int

const (
	// nothing: the association is as it should be.
	nothing action = iota
	// create: there is none.
	create
	// leave: it is somebody else's.
	leave
	// change: it is ours and has another role.
	change
	// mark: it has the right roles, and its tag does not say so yet.
	mark
	// remove: it is ours and stands for what is to be taken back.
	remove
)

// toHold decides what makes a wish hold. found is nil when there is no association.
func toHold(w wish, found *association) action {
	switch {
	case found == nil:
		return create
	case !found.ownedFor(w.profile):
		return leave
	case !found.gives(w):
		return change
	case found.tags[TagBinding] != w.mark():
		return mark
	default:
		return nothing
	}
}

// toTakeBack decides what takes a wish back. What is somebody else's, and what stands for
// another binding of ours, stays.
func toTakeBack(w wish, found *association) action {
	switch {
	case found == nil:
		return nothing
	case !found.ownedFor(w.profile), !found.standsFor(w):
		return leave
	default:
		return remove
	}
}
