package gcpiam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// policy is an allow policy with all fields that this IAM has. It has one more than the
// types of Google's library: bindingId, which other services of Google have in theirs.
type policy struct {
	Version      int               `json:"version,omitempty"`
	Bindings     []binding         `json:"bindings,omitempty"`
	AuditConfigs []json.RawMessage `json:"auditConfigs,omitempty"`
	Etag         []byte            `json:"etag,omitempty"`
}

type binding struct {
	Role      string     `json:"role,omitempty"`
	Members   []string   `json:"members,omitempty"`
	Condition *condition `json:"condition,omitempty"`
	BindingID string     `json:"bindingId,omitempty"`
}

type condition struct {
	Expression  string `json:"expression,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Location    string `json:"location,omitempty"`
}

// conditional is the version of policies that may have conditions.
const conditional = 3

// parsePolicy reads a policy that a test wrote.
func parsePolicy(text string) (policy, error) {
	var p policy
	if err := decodeStrictly([]byte(text), &p); err != nil {
		return p, fmt.Errorf("policy %s: %w", text, err)
	}
	return p, nil
}

func decodeStrictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// text is the policy in JSON, without what IAM makes up for each answer.
func (p policy) text() string {
	p.Etag, p.Version = nil, 0
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p); err != nil {
		panic(err) // All of its fields can be encoded.
	}
	return strings.TrimSpace(text.String())
}

func (p policy) hasConditions() bool {
	return slices.ContainsFunc(p.Bindings, func(b binding) bool { return b.Condition != nil })
}

// principals counts as IAM's limit does: each occurrence of a member, and those whom audit
// configurations exempt.
func (p policy) principals() int {
	n := 0
	for _, b := range p.Bindings {
		n += len(b.Members)
	}
	for _, raw := range p.AuditConfigs {
		var c struct {
			AuditLogConfigs []struct {
				ExemptedMembers []string `json:"exemptedMembers"`
			} `json:"auditLogConfigs"`
		}
		if json.Unmarshal(raw, &c) != nil {
			continue
		}
		for _, log := range c.AuditLogConfigs {
			n += len(log.ExemptedMembers)
		}
	}
	return n
}

// formatted is the policy in a version of the format. Below version 3 conditions are left
// out, and the names of their roles are changed so that nobody takes them for others.
func (p policy) formatted(version int) policy {
	p.Version = 1
	if len(p.Bindings) == 0 && len(p.AuditConfigs) == 0 {
		p.Version = 0
	}
	if !p.hasConditions() {
		return p
	}
	if version == conditional {
		p.Version = conditional
		return p
	}
	p.Bindings = slices.Clone(p.Bindings)
	for i, b := range p.Bindings {
		if b.Condition != nil {
			hash := fnv.New64a()
			_, _ = fmt.Fprint(hash, *b.Condition)
			p.Bindings[i].Role, p.Bindings[i].Condition = fmt.Sprintf("%s%s%016x", b.Role, hiddenCondition, hash.Sum64()), nil
		}
	}
	return p
}

// hiddenCondition stands in roles of bindings whose conditions were left out.
const hiddenCondition = "_withcond_"

// normalized is the policy with one binding for each role and condition, and members in
// order and once.
func (p policy) normalized() policy {
	var merged []binding
	for _, b := range p.Bindings {
		same := slices.IndexFunc(merged, func(m binding) bool { return m.Role == b.Role && equalConditions(m.Condition, b.Condition) })
		if same < 0 {
			merged, same = append(merged, binding{Role: b.Role, Condition: b.Condition, BindingID: b.BindingID}), len(merged)
		}
		merged[same].Members = append(merged[same].Members, b.Members...)
	}
	for i, b := range merged {
		slices.Sort(b.Members)
		merged[i].Members = slices.Compact(b.Members)
	}
	p.Bindings = merged
	return p
}

func equalConditions(a, b *condition) bool {
	return a == b || a != nil && b != nil && *a == *b
}
