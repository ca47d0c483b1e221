package access

import "github.com/kfprofiles/kfprofiles/internal/tenancy"

// Rules decide who may do what. Every decision is a pure function of the caller, the
// request and what the cluster holds.
type Rules struct {
	// Names says how names of users compare.
	Names Names
	// Reserved are the names that nobody may register.
	Reserved tenancy.ReservedNames
	// NamePattern is what the names that users register must match. Admins are not held to
	// it.
	NamePattern NamePattern
	// ProfilesPerUser is how many Profiles a user may own by registration. Zero means one.
	ProfilesPerUser int
}

// Decision is the answer of a rule.
type Decision struct {
	// Reason is a stable word for logs and metrics: on what ground the request is allowed, or
	// why not.
	Reason string
	// Refusal tells the caller why not; nil when the request is allowed.
	Refusal *Error
}

// Allowed tells whether the request may go on.
func (d Decision) Allowed() bool { return d.Refusal == nil }

// The grounds on which requests are allowed.
const (
	ReasonClusterAdmin   = "cluster-admin"
	ReasonOwner          = "owner"
	ReasonNamespaceAdmin = "namespace-admin"
	ReasonMember         = "member"
	ReasonSelf           = "self"
	ReasonDashboard      = "dashboard"
)

// The reasons for which requests are refused.
const (
	ReasonAnonymous      = "anonymous"
	ReasonNotAdmin       = "not-admin"
	ReasonNoProfile      = "no-profile"
	ReasonNotOwner       = "not-owner"
	ReasonNotYours       = "not-yours"
	ReasonMachine        = "service-account"
	ReasonForOthers      = "for-others"
	ReasonNotPlain       = "not-plain"
	ReasonInvalidRequest = "invalid-request"
	ReasonReservedName   = "reserved-name"
	ReasonNamePattern    = "name-pattern"
	ReasonLimit          = "limit"
)

func allow(reason string) Decision { return Decision{Reason: reason} }

func refuse(reason string, kind ErrorKind, format string, details ...any) Decision {
	return Decision{Reason: reason, Refusal: refusal(kind, format, details...)}
}

// MayGrant decides whether the caller may add contributors to the namespace. Nobody may
// where no Profile owns it, however much a Profile of that name would like to.
func (r Rules) MayGrant(c Caller, room Room) Decision {
	d := r.mayManage(c, room)
	if d.Allowed() && room.Standing == Unowned {
		return refuse(ReasonNoProfile, NotFound,
			"No Profile owns the namespace %q. Check its name; a Profile that was registered a moment ago needs some seconds.", room.Namespace)
	}
	return d
}

// MayRevoke decides whether the caller may remove contributors from the namespace. It does
// not ask for a Profile, so that access can be taken back when the Profile is gone.
func (r Rules) MayRevoke(c Caller, room Room) Decision { return r.mayManage(c, room) }

func (r Rules) mayManage(c Caller, room Room) Decision {
	switch {
	case c.Admin:
		return allow(ReasonClusterAdmin)
	case c.Name == "":
		return refuse(ReasonAnonymous, Forbidden, "The request does not say who sends it. Sign in and try again.")
	case room.ownedBy(c, r.Names):
		return allow(ReasonOwner)
	case room.bound(c, r.Names, func(b Binding) bool { return b.Role == tenancy.RoleAdmin }):
		return allow(ReasonNamespaceAdmin)
	}
	return refuse(ReasonNotAdmin, Forbidden,
		"You do not manage the namespace %q. Ask its owner, or one of its admins, to change who may use it.", room.Namespace)
}

// MayRead decides whether the caller may see a binding of the namespace: their own, those
// of namespaces that they belong to, and all for admins and the trusted dashboard.
func (r Rules) MayRead(c Caller, b Binding, room Room) Decision {
	return r.mayRead(c, b, func() Room { return room })
}

// mayRead asks for the room last, since to gather it is most of the work.
func (r Rules) mayRead(c Caller, b Binding, room func() Room) Decision {
	switch {
	case c.Admin:
		return allow(ReasonClusterAdmin)
	case c.TrustedDashboard:
		return allow(ReasonDashboard)
	case r.Names.is(c, b.subject()):
		return allow(ReasonSelf)
	case r.belongs(c, room()):
		return allow(ReasonMember)
	}
	return refuse(ReasonNotYours, Forbidden, "This binding is neither yours nor in a namespace that you belong to.")
}

func (r Rules) belongs(c Caller, room Room) bool {
	return room.ownedBy(c, r.Names) || room.bound(c, r.Names, func(Binding) bool { return true })
}

// MayList decides whether the caller may ask the question at all. What they then get to see
// is Visible's to say; without a namespace or a user the question is one for those who see
// everything, and others get what is theirs.
func (r Rules) MayList(c Caller) Decision {
	switch {
	case c.Admin:
		return allow(ReasonClusterAdmin)
	case c.TrustedDashboard:
		return allow(ReasonDashboard)
	case c.Name != "":
		return allow(ReasonSelf)
	}
	return refuse(ReasonAnonymous, Forbidden, "The request does not say who sends it. Sign in and try again.")
}

// Visible returns those of the bindings that the caller may see. It asks room only for
// namespaces of bindings that are somebody else's, and once for each.
func (r Rules) Visible(c Caller, bindings []Binding, room func(namespace string) Room) []Binding {
	if c.Admin || c.TrustedDashboard {
		return bindings
	}
	rooms := map[string]Room{}
	visible := make([]Binding, 0, len(bindings))
	for _, b := range bindings {
		decision := r.mayRead(c, b, func() Room {
			if _, known := rooms[b.Namespace]; !known {
				rooms[b.Namespace] = room(b.Namespace)
			}
			return rooms[b.Namespace]
		})
		if decision.Allowed() {
			visible = append(visible, b)
		}
	}
	return visible
}
