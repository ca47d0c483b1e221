package interop

import (
	"testing"

	"google.golang.org/grpc/metadata"
)

// request is what somebody asks of a pod in the room.
type request struct {
	// source is the identity in the caller's mesh certificate; empty is a caller outside the
	// mesh, without one.
	source       string
	method, path string
	headers      metadata.MD
	// groups is the claim of the caller's verified token.
	groups []string
	// port is 8888 for HTTP and 9999 for any other protocol.
	tcp bool
}

const notebook = "/notebook/" + profileName + "/lab/"

// by begins a request for a notebook's page.
func by(source string) request {
	return request{source: source, method: "GET", path: notebook, headers: metadata.MD{}}
}

func byNobody() request { return by("") }

// as adds the user header, as a gateway does.
func (r request) as(user string) request { return r.header(userHeader, user) }

func (r request) header(name, value string) request {
	r.headers = r.headers.Copy()
	r.headers.Append(name, value)
	return r
}

// in adds groups to the caller's token.
func (r request) in(groups ...string) request {
	r.groups = groups
	return r
}

func (r request) get(path string) request {
	r.path = path
	return r
}

func (r request) with(method string) request {
	r.method = method
	return r
}

func (r request) overTCP() request {
	r.tcp = true
	return r
}

// needsStandins tells whether the answer is about what gRPC's engine sees by stand-ins only.
func (r request) needsStandins() bool {
	return r.method != "GET" || r.path != notebook || len(r.groups) > 0
}

// sent is what the engine gets of the request at a pod that is configured like s.
func (r request) sent(t *testing.T, s sidecar) metadata.MD {
	t.Helper()
	headers := r.headers.Copy()
	if r.tcp {
		return headers
	}
	headers.Set(standinMethod, r.method)
	headers.Set(standinPath, seenByRules(t, s.connections, r.path))
	if len(r.groups) > mostValues {
		t.Fatalf("the engine is shown %d values of a claim, not %d", mostValues, len(r.groups))
	}
	for i, group := range r.groups {
		headers.Set(claimHeader(groupsClaim, i), group)
	}
	return headers
}
