package main

import (
	"context"
	"time"
)

// claim is one sentence about what holds, and the attempt that shows whether it does.
type claim struct {
	sentence string
	expected string
	try      func(context.Context) observation
}

// observation is what happened when a claim was tried.
type observation struct {
	// happened is for the table: a few words.
	happened string
	holds    bool
	// err is what the API server answered, in full, when the claim does not hold.
	err error
}

// finding is a claim with what happened.
type finding struct {
	claim
	observation
}

// group is claims that belong together. They are tried in their order, because what the
// first ones make is what the later ones reach for.
type group struct {
	about  string
	claims []claim
}

// claimGroups are all claims that the demo tries.
func claimGroups(c cast) []group {
	return []group{
		{"the owner (" + ownerName + " in " + ownerRoom + ") and the neighbor (" + neighborName + " in " + neighborRoom + ")", ownerClaims(c)},
		{"a group (" + groupName + ") that owns a room", groupClaims(c)},
		{"the accounts default-viewer and default-editor in the owner's room", accountClaims(c)},
		{"the owner's quota", quotaClaims(c)},
		{"names and protection", guardClaims(c)},
		{"the controller's own rights", controllerClaims(c)},
		{"AWS roles (a double of IAM and STS, tokens from this API server)", cloudClaims(c)},
		{"the access API, which the dashboard talks to", kfamClaims(c)},
		{"the end of a room", endClaims(c)},
	}
}

// claimPatience is how long one claim may take. Removing a namespace takes longest, a
// few seconds.
const claimPatience = time.Minute

// tryAll tries every claim, one after the other.
func tryAll(ctx context.Context, groups []group, p *progress) []finding {
	var findings []finding
	for _, g := range groups {
		p.say("trying %d claims about %s", len(g.claims), g.about)
		for _, c := range g.claims {
			if ctx.Err() != nil {
				return findings
			}
			findings = append(findings, finding{c, tryOne(ctx, c)})
		}
	}
	return findings
}

func tryOne(ctx context.Context, c claim) observation {
	ctx, cancel := context.WithTimeout(ctx, claimPatience)
	defer cancel()
	return c.try(ctx)
}

func countFailed(findings []finding) int {
	failed := 0
	for _, f := range findings {
		if !f.holds {
			failed++
		}
	}
	return failed
}
