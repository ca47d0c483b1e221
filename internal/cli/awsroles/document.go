package awsroles

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// many is one value or a list of such, which mean the same in policies.
type many[T any] []T

// UnmarshalJSON reads either.
func (m *many[T]) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return json.Unmarshal(text, (*[]T)(m))
	}
	var one T
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	*m = many[T]{one}
	return nil
}

// read is a statement of any policy, as far as it is understood here.
type read struct {
	Effect                  string
	Principal, NotPrincipal json.RawMessage
	Action, Resource        many[string]
	Condition               json.RawMessage
}

func statementsOf(document string) ([]read, error) {
	var p struct{ Statement many[read] }
	err := json.Unmarshal([]byte(document), &p)
	return p.Statement, err
}

// rights says in words what a policy allows. One that has more than actions and resources that are
// allowed is shown as it is written.
func rights(document string) string {
	statements, err := statementsOf(document)
	if err != nil || len(statements) == 0 {
		return compact(document)
	}
	var texts []string
	for _, s := range statements {
		if s.Effect != "Allow" || len(s.Action) == 0 || len(s.Resource) == 0 {
			return compact(document)
		}
		text := strings.Join(s.Action, ", ") + " on " + strings.Join(s.Resource, ", ")
		if len(s.Condition) > 0 {
			text += " if " + compact(string(s.Condition))
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// otherPrincipals are those whom a trust policy lets in besides the tokens of one OIDC provider.
func otherPrincipals(trust, provider string) ([]string, error) {
	statements, err := statementsOf(trust)
	if err != nil {
		return nil, err
	}
	var others []string
	for _, s := range statements {
		var known map[string]many[string]
		if s.Effect != "Allow" || json.Unmarshal(s.Principal, &known) == nil &&
			reflect.DeepEqual(known, map[string]many[string]{"Federated": {provider}}) {
			continue
		}
		other := compact(string(s.Principal))
		if len(s.Principal) == 0 {
			other = "all but " + compact(string(s.NotPrincipal))
		}
		if !slices.Contains(others, other) {
			others = append(others, other)
		}
	}
	return others, nil
}

// compact is a JSON text on one line.
func compact(text string) string {
	var line bytes.Buffer
	if json.Compact(&line, []byte(text)) != nil {
		return text
	}
	return line.String()
}

// sameJSON tells whether two documents mean the same, however they are laid out.
func sameJSON(a, b string) bool {
	var left, right any
	return json.Unmarshal([]byte(a), &left) == nil && json.Unmarshal([]byte(b), &right) == nil && reflect.DeepEqual(left, right)
}
