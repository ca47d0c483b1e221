package edits

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// memberWish wants a member of its Profile in or out.
type memberWish struct {
	profile, member string
	present         bool
}

func (w memberWish) Subject() string { return w.member }
func (w memberWish) Profile() string { return w.profile }

func in(profile string) memberWish  { return memberWish{profile, profile, true} }
func out(profile string) memberWish { return memberWish{profile, profile, false} }

// members is the state of an identity in the memory cloud.
type members struct {
	names []string
	etag  int
}

// The errors of the memory cloud.
var (
	errThrottled = errors.New("called too often")
	errCutOff    = errors.New("no answer")
	errGone      = errors.New("no such identity")
	errDenied    = errors.New("not allowed")
	errConflict  = errors.New("the etag is not the present one")
	errBroken    = errors.New("a state that cannot be edited")
)

// answer is what a fault has the memory cloud do. The zero value is no fault.
type answer struct {
	// err is returned; after a write was carried out when done is true, else instead of it.
	err  error
	done bool
	// behind has a read show the state of so many writes ago.
	behind int
	// ignored has a write change nothing, which the answer says.
	ignored bool
}

// memoryCloud has identities as lists of members. Its writes are conditional and say what
// was written.
type memoryCloud struct {
	// room is how many members fit, and banned one who may not be let in.
	room   int
	banned string

	mu     sync.Mutex
	states map[string][]members
	sent   []sent
	fault  func(identity string, operation Operation) answer
}

// sent is a request that the memory cloud got.
type sent struct {
	identity  string
	operation Operation
	at        time.Time
}

func newMemoryCloud() *memoryCloud {
	return &memoryCloud{room: 1000, states: map[string][]members{}, fault: func(string, Operation) answer { return answer{} }}
}

// set is somebody else's write.
func (c *memoryCloud) set(identity string, names ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states[identity] = append(c.states[identity], members{names, len(c.states[identity]) + 1})
}

// history is every state that the identity had, the present one last.
func (c *memoryCloud) history(identity string) []members {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.states[identity])
}

func (c *memoryCloud) has(identity, name string) bool {
	states := c.history(identity)
	return len(states) > 0 && slices.Contains(states[len(states)-1].names, name)
}

// requests are those that the cloud got about an identity.
func (c *memoryCloud) requests(identity string) []sent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.sent), func(s sent) bool { return s.identity != identity })
}

// receive notes a request and says how it is to be answered.
func (c *memoryCloud) receive(identity string, operation Operation) answer {
	c.mu.Lock()
	c.sent = append(c.sent, sent{identity, operation, time.Now()})
	fault := c.fault
	c.mu.Unlock()
	return fault(identity, operation)
}

func (c *memoryCloud) setFault(fault func(identity string, operation Operation) answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = fault
}

func (c *memoryCloud) Read(_ context.Context, identity string) (members, error) {
	a := c.receive(identity, Read)
	states := c.history(identity)
	switch {
	case a.err != nil:
		return members{}, a.err
	case len(states) == 0:
		return members{}, errGone
	}
	return states[max(0, len(states)-1-a.behind)], nil
}

func (c *memoryCloud) Write(_ context.Context, identity string, before, after members) (*members, error) {
	return c.replace(identity, after, func(present members) bool { return present.etag == before.etag })
}

func (c *memoryCloud) replace(identity string, after members, when func(present members) bool) (*members, error) {
	a := c.receive(identity, Write)
	if a.err != nil && !a.done {
		return nil, a.err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	states := c.states[identity]
	if !when(states[len(states)-1]) {
		return nil, errConflict
	}
	written := members{after.names, len(states) + 1}
	if a.ignored {
		written.names = states[len(states)-1].names
	}
	c.states[identity] = append(states, written)
	if a.err != nil {
		return nil, a.err
	}
	return &written, nil
}

func (c *memoryCloud) Edit(state members, wishes []memberWish) (members, bool, error) {
	if slices.Contains(state.names, "broken") {
		return state, false, errBroken
	}
	edited := members{slices.Clone(state.names), state.etag}
	for _, w := range wishes {
		switch at := slices.Index(edited.names, w.member); {
		case !w.present && at >= 0:
			edited.names = slices.Delete(edited.names, at, at+1)
		case w.present && at < 0 && w.member != c.banned && len(edited.names) < c.room:
			edited.names = append(edited.names, w.member)
		}
	}
	return edited, !slices.Equal(edited.names, state.names), nil
}

func (c *memoryCloud) Judge(state members, w memberWish) (bool, error) {
	switch {
	case slices.Contains(state.names, w.member) == w.present:
		return true, nil
	case w.present && (w.member == c.banned || len(state.names) >= c.room):
		return false, &plugin.Error{Kind: plugin.Refused, Reason: "NoRoom", Message: "no room for " + w.member}
	default:
		return false, nil
	}
}

// UnderFailure has who is to leave a gone identity be served, and who is to leave one that
// may not be edited be tried.
func (*memoryCloud) UnderFailure(failure *plugin.Error, w memberWish) (bool, error) {
	switch {
	case w.present:
		return false, failure
	case errors.Is(failure, errGone):
		return true, nil
	default:
		return false, nil
	}
}

func (*memoryCloud) Explain(identity string, operation Operation, err error) Fault {
	why := &plugin.Error{Kind: plugin.Waiting, Reason: "Passing", Message: operation.String() + " " + identity + ": " + err.Error(), Cause: err}
	if errors.Is(err, errGone) || errors.Is(err, errDenied) || errors.Is(err, errBroken) {
		why.Kind, why.Reason = plugin.Refused, "Lasting"
	}
	return Fault{Why: why, Throttled: errors.Is(err, errThrottled), NotDone: !errors.Is(err, errCutOff), Conflict: errors.Is(err, errConflict)}
}

func (*memoryCloud) Waiting(identity string) string { return "waiting for " + identity }

// laggingCloud replaces what there is without a condition, and does not say what it wrote.
type laggingCloud struct{ *memoryCloud }

func (c laggingCloud) Write(_ context.Context, identity string, _, after members) (*members, error) {
	_, err := c.replace(identity, after, func(members) bool { return true })
	return nil, err
}

func (laggingCloud) Same(a, b members) bool { return slices.Equal(a.names, b.names) }

// etagLagging is a cloud whose writes are conditional and whose reads lag all the same.
type etagLagging struct{ *memoryCloud }

func (etagLagging) Same(a, b members) bool { return a.etag == b.etag }
