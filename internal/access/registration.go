package access

import (
	"fmt"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Registration is the wish to create a Profile, as Rules look at it. Registrar makes it of
// a Profile.
type Registration struct {
	// Name of the Profile and of its namespace.
	Name string
	// Owner as the request names it.
	Owner rbacv1.Subject
	// Extras names what the request holds besides a name and an owner, for example
	// spec.plugins. Any field counts that would reach the cluster.
	Extras []string
	// Owned is how many Profiles the owner has, see Index.ProfilesOf.
	Owned int
}

// MayRegister decides whether the caller may create the Profile. Users register themselves,
// with a plain Profile and as many as the limit allows. The dashboard registers others, as
// plainly: it passes on what a user typed. Admins may all but what the controller would
// refuse anyway.
func (r Rules) MayRegister(c Caller, wish Registration) Decision {
	for _, rule := range []registrationRule{r.identified, r.wellFormed, r.notReserved, r.byAdmin, r.byPerson, r.forOneself, r.plain, r.namedByPolicy, r.withinLimit} {
		if d, decided := rule(c, wish); decided {
			return d
		}
	}
	if c.TrustedDashboard {
		return allow(ReasonDashboard)
	}
	return allow(ReasonSelf)
}

// registrationRule looks at one aspect. It returns a decision and true, or false when it has
// nothing to say.
type registrationRule func(Caller, Registration) (Decision, bool)

func (r Rules) identified(c Caller, _ Registration) (Decision, bool) {
	return refuse(ReasonAnonymous, Forbidden, "The request does not say who sends it. Sign in and try again."),
		c.Name == "" && !c.Admin && !c.TrustedDashboard
}

func (r Rules) wellFormed(_ Caller, wish Registration) (Decision, bool) {
	if complaints := validation.IsDNS1123Label(wish.Name); len(complaints) > 0 {
		return refuse(ReasonInvalidRequest, Invalid,
			"metadata.name cannot be the name of a namespace: %s. Choose another name.", strings.Join(complaints, "; ")), true
	}
	if err := tenancy.CheckOwner(wish.Owner); err != nil {
		return refuse(ReasonInvalidRequest, Invalid, "%s.", err), true
	}
	return Decision{}, false
}

func (r Rules) notReserved(_ Caller, wish Registration) (Decision, bool) {
	return refuse(ReasonReservedName, Forbidden, "The name %q is reserved. Choose another name.", wish.Name),
		r.Reserved.Contains(wish.Name)
}

func (r Rules) byAdmin(c Caller, _ Registration) (Decision, bool) {
	return allow(ReasonClusterAdmin), c.Admin
}

// byPerson keeps machines from registering: whoever may create ServiceAccounts would have as
// many Profiles as they like. One that is an admin may.
func (r Rules) byPerson(c Caller, _ Registration) (Decision, bool) {
	return refuse(ReasonMachine, Forbidden,
			"A service account registers Profiles only as an administrator of the installation. Name it in -cluster-admin, or have a person register."),
		c.Kind == rbacv1.ServiceAccountKind
}

// forOneself holds the dashboard, too, to users: it never registers anything else.
func (r Rules) forOneself(c Caller, wish Registration) (Decision, bool) {
	if c.TrustedDashboard && c.Name == "" {
		return refuse(ReasonForOthers, Forbidden, "Only an administrator registers a Profile for a %s. Ask one.", wish.Owner.Kind),
			wish.Owner.Kind != rbacv1.UserKind
	}
	if c.TrustedDashboard && wish.Owner.Kind == rbacv1.UserKind {
		return Decision{}, false
	}
	return refuse(ReasonForOthers, Forbidden, "You can register a Profile for yourself only. Ask an administrator to do it for others."),
		wish.Owner.Kind == rbacv1.GroupKind || !r.Names.is(c, wish.Owner)
}

func (r Rules) plain(_ Caller, wish Registration) (Decision, bool) {
	return refuse(ReasonNotPlain, Forbidden,
		"A registration holds a name and an owner and nothing else; this one has %s. Leave that out, or ask an administrator to create the Profile.",
		strings.Join(wish.Extras, ", ")), len(wish.Extras) > 0
}

func (r Rules) namedByPolicy(_ Caller, wish Registration) (Decision, bool) {
	return refuse(ReasonNamePattern, Forbidden,
			"The name %q is not one that users may choose here: it must match %s. Choose another name.", wish.Name, r.NamePattern.text),
		!r.NamePattern.matches(wish.Name)
}

func (r Rules) withinLimit(_ Caller, wish Registration) (Decision, bool) {
	limit := max(r.ProfilesPerUser, 1)
	return refuse(ReasonLimit, Forbidden,
			"%s has %s already, and no more can be registered. Ask an administrator for another one.", wish.Owner.Name, profiles(wish.Owned)),
		wish.Owned >= limit
}

func profiles(n int) string {
	if n == 1 {
		return "a Profile"
	}
	return fmt.Sprintf("%d Profiles", n)
}

// MayDelete decides whether the caller may delete a Profile: its owner, somebody of the
// owning group, or an admin. Whether the namespace became the Profile's does not matter:
// a registration that the controller refused can be taken back.
func (r Rules) MayDelete(c Caller, owner rbacv1.Subject) Decision {
	switch {
	case c.Admin:
		return allow(ReasonClusterAdmin)
	case c.Name == "":
		return refuse(ReasonAnonymous, Forbidden, "The request does not say who sends it. Sign in and try again.")
	case r.Names.is(c, owner):
		return allow(ReasonOwner)
	}
	return refuse(ReasonNotOwner, Forbidden, "Only the owner of the Profile and administrators can delete it. Ask one of them.")
}
