package ways

import (
	"slices"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Way is one way into a Profile's namespace, as "kubectl profile access" shows it.
type Way struct {
	// Profile is the name of the Profile.
	Profile string `json:"profile"`
	// Who gets in: a user's name, or Group:NAME, ServiceAccount:NAMESPACE/NAME, or words
	// such as "pods of namespace x" and "anybody". What the mesh compares may be a pattern
	// with a '*' at one end.
	Who string `json:"who"`
	// By is RBAC, mesh or cloud: who may use the API server there, who may send requests to
	// pods there, and what pods from there may use outside.
	By string `json:"by"`
	// May says what it opens: a role, requests, or an identity.
	May string `json:"may"`
	// Rule is the object that opens it, as KIND/NAME.
	Rule string `json:"rule"`
	// Note points out what is odd about it, and on which conditions it is open.
	Note string `json:"note,omitempty"`

	// admits tells for whom it is open; nil means for nobody.
	admits func(Caller) bool
	// person is whom a role binding of the namespace names, if that is no program.
	person *Caller
	// OfTheCluster tells that a program has this right in every namespace alike.
	OfTheCluster bool `json:"-"`
}

// OpensFor tells whether it is a way for somebody.
func (w Way) OpensFor(c Caller) bool { return w.admits != nil && w.admits(c) }

// cloudWays are the identities that pods of the namespace have.
func cloudWays(p *profilev1.Profile) []Way {
	var ways []Way
	for _, identity := range p.Status.Identities {
		way := Way{Profile: p.Name, Who: "ServiceAccount:" + p.Name + "/" + identity.ServiceAccount, By: "cloud", May: "use " + identity.Identity,
			Rule:   "profile/" + p.Name + " " + identity.Plugin,
			admits: func(c Caller) bool { return c.user == accountUser(p.Name, identity.ServiceAccount) }}
		if identity.Phase != profilev1.IdentityBound {
			way.Note = "not yet, or not any more: " + string(identity.Phase)
		}
		ways = append(ways, way)
	}
	return ways
}

// halfOpen notes who may use the API server and is not let in by the mesh: such a pair is
// half made. Where there is no mesh, nothing is amiss.
func halfOpen(ways []Way) []Way {
	if !slices.ContainsFunc(ways, func(w Way) bool { return w.By == byMesh }) {
		return ways
	}
	for i, w := range ways {
		admitted := func(other Way) bool { return other.By == byMesh && other.OpensFor(*w.person) }
		if w.Note == "" && w.person != nil && !slices.ContainsFunc(ways, admitted) {
			ways[i].Note = "RBAC only: no mesh policy lets them in"
		}
	}
	return ways
}
