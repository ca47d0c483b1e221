package iamsts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// validateTrustPolicy refuses what IAM refuses in the trust policy of a role.
func validateTrustPolicy(policy string, sizeLimit int) error {
	document, err := policyObject(policy)
	if err != nil {
		return err
	}
	if policySize(policy) > sizeLimit {
		return apiError{http.StatusConflict, "LimitExceeded", fmt.Sprintf("Cannot exceed quota for ACLSizePerRole: %d", sizeLimit)}
	}
	if err := onlyKnown(document, "Version", "Id", "Statement"); err != nil {
		return err
	}
	if version, ok := document["Version"]; ok && version != "2012-10-17" && version != "2008-10-17" {
		return malformed("The policy must contain a valid version string")
	}
	statements := trusteval.OneOrMany(document["Statement"])
	if len(statements) == 0 {
		return malformed("Syntax errors in policy: at least one statement is required.")
	}
	return validateStatements(statements)
}

func malformed(format string, args ...any) error {
	return apiError{http.StatusBadRequest, "MalformedPolicyDocument", fmt.Sprintf(format, args...)}
}

func policyObject(policy string) (map[string]any, error) {
	if !utf8.ValidString(policy) {
		return nil, malformed("The policy is not valid UTF-8.")
	}
	var document map[string]any
	if err := json.Unmarshal([]byte(policy), &document); err != nil || document == nil {
		return nil, malformed("This policy contains invalid Json")
	}
	if name, ok := duplicateName(json.NewDecoder(strings.NewReader(policy))); ok {
		return nil, malformed("Syntax errors in policy: %s stands twice in one block.", name)
	}
	return document, nil
}

// policySize counts characters as IAM does, without the white space between them. White
// space inside strings counts here: what fits this count fits IAM's under any reading.
func policySize(policy string) int {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(policy)); err != nil {
		return utf8.RuneCountInString(policy)
	}
	return utf8.RuneCount(compact.Bytes())
}

// duplicateName finds a name that stands twice in the object that begins next.
func duplicateName(decoder *json.Decoder) (string, bool) {
	token, err := decoder.Token()
	opening, ok := token.(json.Delim)
	if err != nil || !ok {
		return "", false
	}
	seen := map[any]bool{}
	for decoder.More() {
		if opening == '{' {
			name, err := decoder.Token()
			if err != nil || seen[name] {
				return fmt.Sprint(name), err == nil
			}
			seen[name] = true
		}
		if name, ok := duplicateName(decoder); ok {
			return name, true
		}
	}
	_, _ = decoder.Token()
	return "", false
}

func onlyKnown(block map[string]any, names ...string) error {
	for _, name := range sortedNames(block) {
		if !slices.Contains(names, name) {
			return malformed("Syntax errors in policy: unknown element %s.", name)
		}
	}
	return nil
}

var sidText = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func validateStatements(statements []any) error {
	sids := map[string]bool{}
	for _, s := range statements {
		statement, ok := s.(map[string]any)
		if !ok {
			return malformed("Syntax errors in policy: a statement must be an object.")
		}
		if err := validateStatement(statement); err != nil {
			return err
		}
		sid, _ := statement["Sid"].(string)
		if !sidText.MatchString(sid) {
			return malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
		}
		if sid != "" && sids[sid] {
			return malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		sids[sid] = true
	}
	return nil
}

func validateStatement(statement map[string]any) error {
	for _, prohibited := range []string{"Resource", "NotResource"} {
		if _, ok := statement[prohibited]; ok {
			return malformed("Has prohibited field %s", prohibited)
		}
	}
	if err := onlyKnown(statement, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"); err != nil {
		return err
	}
	if effect := statement["Effect"]; effect != "Allow" && effect != "Deny" {
		return malformed("Syntax errors in policy: Effect must be Allow or Deny.")
	}
	if err := exactlyOne(statement, "Principal", "NotPrincipal"); err != nil {
		return err
	}
	if err := exactlyOne(statement, "Action", "NotAction"); err != nil {
		return err
	}
	for _, name := range []string{"Principal", "NotPrincipal"} {
		if err := validatePrincipal(statement[name]); err != nil {
			return err
		}
	}
	for _, name := range []string{"Action", "NotAction"} {
		if err := validateActions(statement[name]); err != nil {
			return err
		}
	}
	return validateCondition(statement["Condition"])
}

func exactlyOne(statement map[string]any, name, not string) error {
	_, has := statement[name]
	_, hasNot := statement[not]
	switch {
	case has && hasNot:
		return malformed("Syntax errors in policy: a statement must not have both %s and %s.", name, not)
	case !has && !hasNot:
		return malformed("Missing required field %s", name)
	}
	return nil
}
