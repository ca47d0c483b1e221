package gcpworkloadidentity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// role lets its members get tokens of the Google service account.
const role = "roles/iam.workloadIdentityUser"

// policyVersion is the newest format of policies that there is; it has conditions.
const policyVersion = 3

// errPolicy marks policies that cannot be edited without guessing.
var errPolicy = errors.New("the policy cannot be edited")

// policy is an allow policy that is being edited. It keeps as bytes what it has no business
// with, so that nothing is lost of it, be it unknown today.
type policy struct {
	fields   map[string]json.RawMessage
	bindings []binding
}

// binding is one entry of a policy's bindings.
type binding struct {
	// text is the entry as it came, and is written again unless members were changed.
	text    json.RawMessage
	fields  map[string]json.RawMessage
	role    string
	members []string
	changed bool
}

// parse reads a policy as IAM returns it. Errors are errPolicy.
func parse(text []byte) (*policy, error) {
	p := &policy{}
	if err := json.Unmarshal(text, &p.fields); err != nil || p.fields == nil {
		return nil, fmt.Errorf("%w: it is not a JSON object", errPolicy)
	}
	var version int
	var entries []json.RawMessage
	if err := errors.Join(p.read("version", &version), p.read("bindings", &entries)); err != nil {
		return nil, err
	}
	if version > policyVersion {
		return nil, fmt.Errorf("%w: it has version %d, and this controller knows those up to %d", errPolicy, version, policyVersion)
	}
	for i, entry := range entries {
		b, err := parseBinding(entry)
		if err != nil {
			return nil, fmt.Errorf("%w: bindings[%d] cannot be read", errPolicy, i)
		}
		p.bindings = append(p.bindings, b)
	}
	return p, nil
}

// read decodes one field, if it is there.
func (p *policy) read(name string, into any) error {
	raw, there := p.fields[name]
	if !there {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %s cannot be read", errPolicy, name)
	}
	return nil
}

func parseBinding(text json.RawMessage) (binding, error) {
	b := binding{text: text}
	if err := json.Unmarshal(text, &b.fields); err != nil {
		return b, err
	}
	var known struct {
		Role    string   `json:"role"`
		Members []string `json:"members"`
	}
	err := json.Unmarshal(text, &known)
	b.role, b.members = known.Role, known.Members
	return b, err
}

// grants tells whether the binding gives the role to its members at all times. Bindings
// with a condition are others': what they give they give on terms that we do not know.
func (b *binding) grants() bool {
	condition, there := b.fields["condition"]
	return b.role == role && (!there || string(condition) == "null")
}

// plain tells whether the binding grants the role and nothing is said of it that we do not
// know. Only such a binding gets new members.
func (b *binding) plain() bool {
	for name := range b.fields {
		if !slices.Contains([]string{"role", "members", "condition"}, name) {
			return false
		}
	}
	return b.grants()
}

// add puts a member into the role's binding, which it makes if there is none. It returns
// false when the member has the role already, without a condition and in a binding that is
// understood.
func (p *policy) add(member string) bool {
	if slices.ContainsFunc(p.bindings, func(b binding) bool { return b.plain() && slices.Contains(b.members, member) }) {
		return false
	}
	i := slices.IndexFunc(p.bindings, func(b binding) bool { return b.plain() })
	if i < 0 {
		i = len(p.bindings)
		p.bindings = append(p.bindings, binding{role: role, fields: map[string]json.RawMessage{"role": json.RawMessage(`"` + role + `"`)}})
	}
	p.bindings[i].members = append(p.bindings[i].members, member)
	p.bindings[i].changed = true
	return true
}

// remove takes a member out of all bindings that grant the role, and returns false when
// none has it. Bindings that are left without members go, since IAM takes no empty ones
// (iam/v1, Policy.Bindings).
func (p *policy) remove(member string) bool {
	found := false
	for i := range p.bindings {
		if b := &p.bindings[i]; b.grants() && slices.Contains(b.members, member) {
			b.members = slices.DeleteFunc(b.members, func(m string) bool { return m == member })
			b.changed, found = true, true
		}
	}
	p.bindings = slices.DeleteFunc(p.bindings, func(b binding) bool { return b.changed && len(b.members) == 0 })
	return found
}

// text is the policy in JSON, in the version that may have conditions: one that says
// less would lose those that there are (iam/v1, Policy.Version).
func (p *policy) text() ([]byte, error) {
	var entries []json.RawMessage
	for _, b := range p.bindings {
		entry, err := b.render()
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	bindings, err := encode(entries)
	if err != nil {
		return nil, err
	}
	p.fields["version"] = json.RawMessage(fmt.Sprint(policyVersion))
	p.fields["bindings"] = bindings
	if entries == nil {
		delete(p.fields, "bindings")
	}
	return encode(p.fields)
}

func (b *binding) render() (json.RawMessage, error) {
	if !b.changed {
		return b.text, nil
	}
	members, err := encode(b.members)
	if err != nil {
		return nil, err
	}
	b.fields["members"] = members
	return encode(b.fields)
}

// encode writes JSON and leaves the characters < > & as they are; conditions have many.
func encode(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(text.Bytes()), nil
}
