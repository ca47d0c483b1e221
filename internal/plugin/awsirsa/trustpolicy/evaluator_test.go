package trustpolicy

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"
)

// This file judges trust policies the way IAM does. It was written from IAM's
// documentation alone and shares nothing with the editor, neither code nor JSON reader: it
// is what the editor is measured by. Where the documentation leaves a choice, it admits.

// identity is one who asks to assume the role with a web identity token.
type identity struct {
	// provider is the ARN under which IAM knows the token's issuer.
	provider string
	issuer   string
	subject  string
	// anonymous tokens have no sub.
	anonymous bool
	audience  string
	// action is what else is asked for with the token; empty means just the role.
	action string
	// context holds the request's other condition keys, in lower case.
	context map[string]string
}

func (id identity) String() string {
	subject := id.subject
	if id.anonymous {
		subject = "(none)"
	}
	return fmt.Sprintf("provider %s, sub %s, aud %s, action %q, %v", id.provider, subject, id.audience, id.action, id.context)
}

// key returns the value of a condition key, given in lower case, in the request.
func (id identity) key(name string) (string, bool) {
	switch name {
	case asciiLower(id.issuer) + ":aud":
		return id.audience, true
	case asciiLower(id.issuer) + ":sub":
		return id.subject, !id.anonymous
	}
	value, ok := id.context[name]
	return value, ok
}

// evaluation is a policy ready to judge.
type evaluation struct{ statements []map[string]any }

func evaluate(policy []byte) evaluation {
	var document map[string]any
	if err := json.Unmarshal(policy, &document); err != nil {
		return evaluation{}
	}
	var e evaluation
	for _, s := range oneOrMany(document["Statement"]) {
		if statement, ok := s.(map[string]any); ok {
			e.statements = append(e.statements, statement)
		}
	}
	return e
}

// admits is IAM's answer: some statement allows and none denies.
func (e evaluation) admits(id identity) bool {
	return e.allows(id) && !e.applies("Deny", id)
}

// allows is the answer without regard to Deny.
func (e evaluation) allows(id identity) bool { return e.applies("Allow", id) }

func (e evaluation) applies(effect string, id identity) bool {
	for _, statement := range e.statements {
		if statement["Effect"] == effect && statementApplies(statement, id) {
			return true
		}
	}
	return false
}

func statementApplies(statement map[string]any, id identity) bool {
	if not, ok := statement["NotPrincipal"]; ok {
		if principalMatches(not, id) {
			return false
		}
	} else if !principalMatches(statement["Principal"], id) {
		return false
	}
	if not, ok := statement["NotAction"]; ok {
		if actionMatches(not, id) {
			return false
		}
	} else if !actionMatches(statement["Action"], id) {
		return false
	}
	return conditionHolds(statement["Condition"], id)
}

func principalMatches(principal any, id identity) bool {
	if principal == "*" {
		return true
	}
	kinds, _ := principal.(map[string]any)
	for kind, values := range kinds {
		for _, value := range oneOrMany(values) {
			if value == "*" && (kind == "AWS" || kind == "Federated") || kind == "Federated" && value == id.provider {
				return true
			}
		}
	}
	return false
}

func actionMatches(actions any, id identity) bool {
	wanted := "sts:assumerolewithwebidentity"
	if id.action != "" {
		wanted = asciiLower(id.action)
	}
	for _, action := range oneOrMany(actions) {
		if like(asciiLower(spelled(action)), wanted) {
			return true
		}
	}
	return false
}

// conditionHolds wants every key of every operator to hold.
func conditionHolds(condition any, id identity) bool {
	operators, _ := condition.(map[string]any)
	for operator, block := range operators {
		keys, _ := block.(map[string]any)
		for key, values := range keys {
			if !operatorHolds(asciiLower(operator), asciiLower(key), oneOrMany(values), id) {
				return false
			}
		}
	}
	return true
}

// operatorHolds compares a key that has one value or none with the values of the policy.
// With just one value in the request, ForAnyValue and ForAllValues differ from the bare
// operator only when the key is missing.
func operatorHolds(operator, key string, values []any, id identity) bool {
	actual, present := id.key(key)
	operator, all := strings.CutPrefix(operator, "forallvalues:")
	operator, anyOf := strings.CutPrefix(operator, "foranyvalue:")
	operator, ifExists := strings.CutSuffix(operator, "ifexists")
	if operator == "null" {
		return len(values) > 0 && (spelled(values[0]) == "true") == !present
	}
	compare, negative := comparison(operator)
	if compare == nil {
		return false
	}
	if !present {
		return all || ifExists || negative && !anyOf
	}
	for _, value := range values {
		if wanted, ok := substitute(spelled(value), id); ok && compare(wanted, actual) {
			return !negative
		}
	}
	return negative
}

// comparison returns how an operator compares one value of the policy with the request's.
func comparison(operator string) (compare func(wanted, actual string) bool, negative bool) {
	switch operator {
	case "stringequals", "arnequals", "bool":
		return same, false
	case "stringnotequals":
		return same, true
	case "stringequalsignorecase":
		return func(wanted, actual string) bool { return strings.EqualFold(unescape(wanted), actual) }, false
	case "stringlike", "arnlike":
		return like, false
	case "stringnotlike":
		return like, true
	case "ipaddress":
		return inNetwork, false
	case "notipaddress":
		return inNetwork, true
	}
	return nil, false
}

func same(wanted, actual string) bool { return unescape(wanted) == actual }

// like compares with wildcards: reach[i] says whether the pattern so far can match the
// first i bytes.
func like(wanted, actual string) bool {
	reach := make([]bool, len(actual)+1)
	reach[0] = true
	for _, part := range wildcards.FindAllString(wanted, -1) {
		next := make([]bool, len(reach))
		literal := unescape(part)
		for i, ok := range reach {
			switch {
			case part == "*":
				next[i] = ok || i > 0 && next[i-1]
			case !ok || i == len(actual):
			case part == "?":
				_, size := utf8.DecodeRuneInString(actual[i:])
				next[i+size] = true
			case strings.HasPrefix(actual[i:], literal):
				next[i+len(literal)] = true
			}
		}
		reach = next
	}
	return reach[len(actual)]
}

func inNetwork(wanted, actual string) bool {
	address, err := netip.ParseAddr(actual)
	if err != nil {
		return false
	}
	if network, err := netip.ParsePrefix(wanted); err == nil {
		return network.Contains(address)
	}
	return wanted == actual
}

// Characters of Unicode's private area stand in for ${*}, ${?} and ${$}, which are the
// characters themselves.
var (
	wildcards    = regexp.MustCompile(`[*?]|[^*?]+`)
	variables    = regexp.MustCompile(`\$\{[^}]*\}`)
	hideLiterals = strings.NewReplacer("${*}", "\uE001", "${?}", "\uE002", "${$}", "\uE003")
	showLiterals = strings.NewReplacer("\uE001", "*", "\uE002", "?", "\uE003", "$")
)

func unescape(value string) string { return showLiterals.Replace(value) }

// substitute replaces policy variables. A value with a variable that the request does not
// have matches nothing.
func substitute(value string, id identity) (string, bool) {
	known := true
	value = variables.ReplaceAllStringFunc(hideLiterals.Replace(value), func(variable string) string {
		actual, ok := id.key(asciiLower(variable[2 : len(variable)-1]))
		known = known && ok
		return actual
	})
	return value, known
}

// spelled is the text of a string, number or bool.
func spelled(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case nil:
		return ""
	}
	spelling, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(spelling)
}

func oneOrMany(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	if value == nil {
		return nil
	}
	return []any{value}
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}
