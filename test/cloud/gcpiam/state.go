package gcpiam

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// state is all state of the server besides what it counts.
type state struct {
	normalize bool

	mu       sync.Mutex
	accounts map[string]*account
	callers  map[string]*caller
	// tokens are access tokens and the e-mail addresses of those who got them.
	tokens map[string]string
	// pools are the projects that have a workload identity pool.
	pools map[string]bool
	// histories are kept when their account goes.
	histories map[string][]Version
	etags     uint64
}

func newState(o Options) *state {
	return &state{normalize: o.Normalize, accounts: map[string]*account{}, callers: map[string]*caller{}, tokens: map[string]string{},
		pools: map[string]bool{o.Project: true}, histories: map[string][]Version{}}
}

// account is a service account as it is now.
type account struct {
	email, project   string
	policy, previous policy
}

// Version is one state of a service account's policy.
type Version struct {
	// Policy is JSON without etag and version; it is empty once the account is deleted.
	Policy string
	// At is when it began.
	At time.Time
	// By is the e-mail address of who made it, or empty when a method of Server did.
	By string
}

// neverSet is the etag of policies that nobody has set.
var neverSet = []byte{0, 0x20, 1}

// put notes a new policy of an account.
func (s *state) put(a *account, p policy, by string, at time.Time) {
	s.etags++
	p.Etag = binary.BigEndian.AppendUint64(nil, 0x0705_0000_0000_0000|s.etags)
	a.previous, a.policy = a.policy, p
	s.histories[a.email] = append(s.histories[a.email], Version{Policy: p.text(), By: by, At: at})
}

// get carries out getIamPolicy.
func (s *state) get(a *account, c *call) (any, error) {
	requested := 1
	if text := c.query("options.requestedPolicyVersion"); text != "" {
		var err error
		if requested, err = strconv.Atoi(text); err != nil || !slices.Contains([]int{0, 1, conditional}, requested) {
			return nil, invalidArgument("Invalid value for requested policy version: %s", text)
		}
	}
	if c.stale {
		return a.previous.formatted(requested), nil
	}
	return a.policy.formatted(requested), nil
}

// set carries out setIamPolicy. Without a mask only bindings are changed, as IAM has it.
func (s *state) set(a *account, c *call) (any, error) {
	var sent struct {
		Policy     policy `json:"policy"`
		UpdateMask string `json:"updateMask"`
	}
	if err := decodeStrictly(c.body, &sent); err != nil {
		return nil, invalidArgument("Invalid JSON payload received. %s", err)
	}
	wanted := a.policy
	wanted.Bindings, wanted.Version, wanted.Etag = sent.Policy.Bindings, sent.Policy.Version, sent.Policy.Etag
	for field := range strings.FieldsFuncSeq(sent.UpdateMask, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch field {
		case "bindings", "etag":
		case "auditConfigs":
			wanted.AuditConfigs = sent.Policy.AuditConfigs
		default:
			return nil, invalidArgument("Invalid field mask: %s", field)
		}
	}
	if err := s.check(wanted, a.policy); err != nil {
		return nil, err
	}
	if s.normalize {
		wanted = wanted.normalized()
	}
	s.put(a, wanted, c.caller.email, c.now)
	return a.policy.formatted(conditional), nil
}
