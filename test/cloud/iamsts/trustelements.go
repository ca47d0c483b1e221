package iamsts

import (
	"regexp"
	"strings"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

var (
	principalKinds = map[string]*regexp.Regexp{
		"AWS":           regexp.MustCompile(`^(\*|[0-9]{12}|A[A-Z0-9]{15,}|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:.+)$`),
		"Federated":     regexp.MustCompile(`^(\*|[a-z0-9.-]+\.[a-z]+|arn:aws[a-z-]*:iam::[0-9]{12}:(oidc|saml)-provider/.+)$`),
		"Service":       regexp.MustCompile(`^(\*|[a-z0-9.-]+\.amazonaws\.com(\.cn)?)$`),
		"CanonicalUser": regexp.MustCompile(`^[0-9a-f]{64}$`),
	}
	stsAction = regexp.MustCompile(`^(?i)(\*|sts:[A-Za-z*?]+)$`)
	operators = regexp.MustCompile(`^(?i)(ForAllValues:|ForAnyValue:)?(Null|((String(Not)?(Equals|EqualsIgnoreCase|Like)|` +
		`Arn(Not)?(Equals|Like)|(Not)?IpAddress|Bool|BinaryEquals|(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?))(IfExists)?))$`)
)

func validatePrincipal(principal any) error {
	if principal == nil || principal == "*" {
		return nil
	}
	kinds, ok := principal.(map[string]any)
	if !ok || len(kinds) == 0 {
		return malformed("Missing required field Principal cannot be empty!")
	}
	for _, kind := range sortedNames(kinds) {
		pattern, ok := principalKinds[kind]
		if !ok {
			return malformed("Invalid principal in policy: %q", kind)
		}
		values := trusteval.OneOrMany(kinds[kind])
		if len(values) == 0 {
			return malformed("Missing required field Principal cannot be empty!")
		}
		for _, value := range values {
			if text, ok := value.(string); !ok || !pattern.MatchString(text) {
				return malformed("Invalid principal in policy: %q:%q", kind, trusteval.Spelled(value))
			}
		}
	}
	return nil
}

func validateActions(actions any) error {
	for _, action := range trusteval.OneOrMany(actions) {
		if text, ok := action.(string); !ok || !stsAction.MatchString(text) {
			return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
		}
	}
	if list, ok := actions.([]any); ok && len(list) == 0 {
		return malformed("Policy statement must contain actions.")
	}
	return nil
}

// validateCondition wants each operator known and each key with a value. An empty list of
// values is refused: whatever IAM makes of it, no editor should rely on that.
func validateCondition(condition any) error {
	if condition == nil {
		return nil
	}
	blocks, ok := condition.(map[string]any)
	if !ok {
		return malformed("Syntax errors in policy: Condition must be an object.")
	}
	for _, operator := range sortedNames(blocks) {
		if !operators.MatchString(operator) {
			return malformed("Invalid Condition type : %s.", operator)
		}
		keys, ok := blocks[operator].(map[string]any)
		if !ok {
			return malformed("Syntax errors in policy: %s must be an object.", operator)
		}
		for _, key := range sortedNames(keys) {
			if err := validateConditionKey(key, keys[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func validateConditionKey(key string, values any) error {
	if !strings.Contains(key, ":") {
		return malformed("Condition keys must begin with a vendor prefix: %s", key)
	}
	list := trusteval.OneOrMany(values)
	if len(list) == 0 {
		return malformed("Syntax errors in policy: %s has no value.", key)
	}
	for _, value := range list {
		switch value.(type) {
		case string, bool, float64:
		default:
			return malformed("Syntax errors in policy: a value of %s is neither string, number nor bool.", key)
		}
	}
	return nil
}
