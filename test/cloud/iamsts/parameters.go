package iamsts

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
)

var (
	roleName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	rolePath = regexp.MustCompile(`^/([!-~]{1,510}/)?$`)
)

// invalid is how IAM refuses a parameter before it looks at anything else.
func invalid(parameter, value, constraint string) error {
	return apiError{http.StatusBadRequest, "ValidationError", fmt.Sprintf(
		"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, parameter, constraint)}
}

func checkRoleName(name string) error {
	if !roleName.MatchString(name) {
		return invalid("roleName", name, `Member must satisfy regular expression pattern: [\w+=,.@-]{1,64}`)
	}
	return nil
}

func checkPath(path string) error {
	if !rolePath.MatchString(path) {
		return invalid("path", path, `Member must satisfy regular expression pattern: (\u002F)|(\u002F[\u0021-\u007E]+\u002F)`)
	}
	return nil
}

// members are the values of a list: Name.member.1, Name.member.2 and so on, each with a
// suffix if it is a structure.
func members(parameters url.Values, name, suffix string) []string {
	var values []string
	for n := 1; ; n++ {
		key := fmt.Sprintf("%s.member.%d%s", name, n, suffix)
		if !parameters.Has(key) {
			return values
		}
		values = append(values, parameters.Get(key))
	}
}
