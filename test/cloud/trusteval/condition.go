package trusteval

import (
	"net/netip"
	"strings"
)

// conditionHolds wants every key of every operator to hold.
func conditionHolds(condition any, id Identity) bool {
	operators, _ := condition.(map[string]any)
	for operator, block := range operators {
		keys, _ := block.(map[string]any)
		for key, values := range keys {
			if !operatorHolds(FoldCase(operator), FoldCase(key), OneOrMany(values), id) {
				return false
			}
		}
	}
	return true
}

// operatorHolds compares a key that has one value or none with the values of the policy.
// With just one value in the request, ForAnyValue and ForAllValues differ from the bare
// operator only when the key is missing.
func operatorHolds(operator, key string, values []any, id Identity) bool {
	actual, present := id.key(key)
	operator, all := strings.CutPrefix(operator, "forallvalues:")
	operator, anyOf := strings.CutPrefix(operator, "foranyvalue:")
	operator, ifExists := strings.CutSuffix(operator, "ifexists")
	if operator == "null" {
		return len(values) > 0 && (Spelled(values[0]) == "true") == !present
	}
	compare, negative := comparison(operator)
	if compare == nil {
		return false
	}
	if !present {
		return all || ifExists || negative && !anyOf
	}
	for _, value := range values {
		if wanted, ok := substitute(Spelled(value), id); ok && compare(wanted, actual) {
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
		return Like, false
	case "stringnotlike":
		return Like, true
	case "ipaddress":
		return inNetwork, false
	case "notipaddress":
		return inNetwork, true
	}
	return nil, false
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
