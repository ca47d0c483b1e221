package azureworkloadidentity

import (
	"slices"
	"strings"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// request is a wish of a Profile.
type request struct {
	grant
	profile string
	// clientID and tenantID are what the identity has to have for the account's annotations
	// to be right; an empty tenantID is not looked at.
	clientID, tenantID string
	// present is true when the grant shall hold, and false when it shall be gone.
	present bool
	// looking is true when it held before and is only being looked after.
	looking bool
	// probing is true when nothing is to be changed yet.
	probing bool
}

// reading is what Azure said about an identity.
type reading struct {
	clientID, tenantID string
	// tags have names in lower case, because Azure does not tell cases apart there.
	tags        map[string]string
	credentials []credential
}

// credential is a federated identity credential, whoever made it.
type credential struct {
	name, issuer, subject string
	audiences             []string
}

func (c credential) named(name string) bool { return strings.EqualFold(c.name, name) }

func (c credential) about(g grant) bool { return c.issuer == g.issuer && c.subject == g.subject }

// is tells whether the credential is just the grant.
func (c credential) is(g grant) bool {
	return c.named(g.name) && c.about(g) && slices.Equal(c.audiences, []string{g.audience})
}

// rules are what the operator set.
type rules struct {
	// limit is how many credentials an identity can have.
	limit int
	// requireTag lets only identities be used that are tagged for the Profile.
	requireTag bool
}

// todo is what follows from a reading for a request.
type todo int

const (
	nothing todo = iota
	create
	remove
)

// operation is the request to Azure that it takes.
func (t todo) operation() operation {
	if t == remove {
		return deleteCredential
	}
	return putCredential
}

// judge decides what has to be done for a request. An error means that nothing can be, and
// why. touched are our own writes that the reading may be too old to show, see memory.
func (rl rules) judge(id ResourceID, found reading, r request, touched map[string]touch) (todo, *plugin.Error) {
	named := slices.IndexFunc(found.credentials, func(c credential) bool { return c.named(r.name) })
	last, recent := touched[r.name]
	if !r.present {
		return judgeRemoval(found, r, named, recent && last.present), nil
	}
	if refusal := rl.unsuitable(id, found, r); refusal != nil {
		return nothing, refusal
	}
	switch other := slices.IndexFunc(found.credentials, func(c credential) bool { return c.about(r.grant) && !c.named(r.name) }); {
	case named >= 0 && !found.credentials[named].is(r.grant):
		return nothing, altered(id, r)
	case named >= 0 && recent && !last.present:
		return create, nil
	case named >= 0:
		return nothing, nil
	case other >= 0:
		return nothing, takenBy(id, r, found.credentials[other].name)
	case len(found.credentials) >= rl.limit:
		return nothing, full(id, r, found, rl.limit)
	default:
		return create, nil
	}
}

// judgeRemoval has a credential removed that has our name, our issuer and our subject, also
// when somebody changed its audience: it still speaks of our account. One with our name
// that speaks of somebody else is not ours any more.
func judgeRemoval(found reading, r request, named int, mayBeThere bool) todo {
	if named < 0 && mayBeThere || named >= 0 && found.credentials[named].about(r.grant) {
		return remove
	}
	return nothing
}

// unsuitable refuses an identity that is not the one that the Profile names, or that it may
// not have.
func (rl rules) unsuitable(id ResourceID, found reading, r request) *plugin.Error {
	switch {
	case !strings.EqualFold(found.clientID, r.clientID):
		return anotherIdentity(id, r.clientID, "clientId", found.clientID)
	case r.tenantID != "" && !strings.EqualFold(found.tenantID, r.tenantID):
		return anotherIdentity(id, r.tenantID, "tenantId", found.tenantID)
	case rl.requireTag && found.tags[TagName] != "*" && found.tags[TagName] != r.profile:
		return untagged(id, r.profile)
	}
	return nil
}

// ours counts the credentials that this controller made for an issuer.
func (r reading) ours(issuer string) int {
	n := 0
	for _, c := range r.credentials {
		if c.issuer == issuer && c.named(nameFor(c.issuer, c.subject)) {
			n++
		}
	}
	return n
}

// with is the reading after a grant was written.
func (r reading) with(g grant) reading {
	r = r.without(g)
	r.credentials = append(r.credentials, credential{g.name, g.issuer, g.subject, []string{g.audience}})
	return r
}

// without is the reading after a grant was deleted.
func (r reading) without(g grant) reading {
	r.credentials = slices.DeleteFunc(slices.Clone(r.credentials), func(c credential) bool { return c.named(g.name) })
	return r
}
