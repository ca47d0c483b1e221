package trustpolicy

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// part is a member of a JSON object, or an item of a list, with its bytes as they stand.
type part struct {
	key string
	raw string
}

// parts takes an object or a list apart by encoding/json, and returns what is left around
// them. Anything else is one part.
func parts(raw string) (found []part, around string) {
	decoder := json.NewDecoder(strings.NewReader(raw))
	opening, err := decoder.Token()
	delim, ok := opening.(json.Delim)
	if err != nil || !ok {
		return []part{{"", strings.TrimSpace(raw)}}, ""
	}
	at := 0
	for decoder.More() {
		p := part{}
		if delim == '{' {
			key, _ := decoder.Token()
			p.key, _ = key.(string)
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil, raw
		}
		end := int(decoder.InputOffset())
		p.raw = string(value)
		around += raw[at : end-len(value)]
		at = end
		found = append(found, p)
	}
	return found, around + raw[at:]
}

// takeApart returns the statements of a policy and the rest of it.
func takeApart(policy []byte) (statements []string, rest string) {
	members, around := parts(string(policy))
	rest = around
	for _, m := range members {
		if m.key != "Statement" {
			rest += "\n" + m.key + ": " + m.raw
			continue
		}
		if strings.HasPrefix(m.raw, "{") {
			statements = []string{m.raw}
			continue
		}
		items, _ := parts(m.raw)
		for _, item := range items {
			statements = append(statements, item.raw)
		}
	}
	return statements, rest
}

// foreign lists all that no edit may change in a statement: everything but the values of
// ours' condition on the subject.
func foreign(statement string) []string {
	var kept []string
	members, _ := parts(statement)
	for _, m := range members {
		if m.key != "Condition" || !strings.HasPrefix(m.raw, "{") {
			kept = append(kept, m.key+": "+m.raw)
			continue
		}
		operators, _ := parts(m.raw)
		for _, operator := range operators {
			keys, _ := parts(operator.raw)
			for _, key := range keys {
				if trusteval.FoldCase(key.key) != trusteval.FoldCase(ours.Issuer)+":sub" {
					kept = append(kept, "Condition "+operator.key+" "+key.key+": "+key.raw)
				}
			}
		}
	}
	return kept
}

// mayEdit tells whether a statement names ours and so may be edited at all.
func mayEdit(statement string) bool {
	var s map[string]any
	if json.Unmarshal([]byte(statement), &s) != nil {
		return false
	}
	principal, _ := s["Principal"].(map[string]any)
	_, notPrincipal := s["NotPrincipal"]
	_, notAction := s["NotAction"]
	return s["Effect"] == "Allow" && !notPrincipal && !notAction && slices.Contains(trusteval.OneOrMany(principal["Federated"]), any(ours.ARN))
}

// isEditOf tells whether after can have come from before: nothing but subjects changed
// and, where nothing was said of the audience, that was added.
func isEditOf(before, after, audience string) bool {
	if before == after {
		return true
	}
	was, is := foreign(before), foreign(after)
	if audience != "" && !slices.ContainsFunc(was, isAboutAudience) {
		is = slices.DeleteFunc(is, func(line string) bool {
			return isAboutAudience(line) && strings.HasSuffix(line, ` `+ours.Issuer+`:aud: "`+audience+`"`)
		})
	}
	return mayEdit(before) && slices.Equal(was, is)
}

func isAboutAudience(line string) bool {
	return strings.HasPrefix(line, "Condition ") && strings.Contains(trusteval.FoldCase(line), " "+trusteval.FoldCase(ours.Issuer)+":aud: ")
}

// conditionsOf lists a statement's conditions as operator and key, in lower case.
func conditionsOf(statement string) [][2]string {
	var s map[string]any
	_ = json.Unmarshal([]byte(statement), &s)
	var found [][2]string
	blocks, _ := s["Condition"].(map[string]any)
	for operator, block := range blocks {
		keys, _ := block.(map[string]any)
		for key := range keys {
			found = append(found, [2]string{trusteval.FoldCase(operator), trusteval.FoldCase(key)})
		}
	}
	return found
}

var (
	subKey       = trusteval.FoldCase(ours.Issuer) + ":sub"
	audKey       = trusteval.FoldCase(ours.Issuer) + ":aud"
	plainAlready = []string{"stringequals", "stringlike"}
)

// isCareful tells whether a statement has a condition on the subject by another operator
// than StringEquals and StringLike.
func isCareful(statement string) bool {
	return slices.ContainsFunc(conditionsOf(statement), func(c [2]string) bool {
		return c[1] == subKey && !slices.Contains(plainAlready, c[0])
	})
}

// isForOursAlone tells whether a statement has no other principal.
func isForOursAlone(statement string) bool {
	var s struct{ Principal map[string]any }
	if json.Unmarshal([]byte(statement), &s) != nil || len(s.Principal) != 1 {
		return false
	}
	return !slices.ContainsFunc(trusteval.OneOrMany(s.Principal["Federated"]), func(arn any) bool { return arn != ours.ARN })
}

// isGuideMade tells whether a statement is what common guides create: for ours alone, and
// limited by nothing but the audience.
func isGuideMade(statement string) bool {
	members, _ := parts(statement)
	for _, m := range members {
		if !slices.Contains([]string{"Sid", "Effect", "Principal", "Action", "Condition"}, m.key) {
			return false
		}
	}
	var s struct{ Action any }
	if json.Unmarshal([]byte(statement), &s) != nil || !mayEdit(statement) || !isForOursAlone(statement) ||
		!slices.Contains(trusteval.OneOrMany(s.Action), any(webIdentityAction)) {
		return false
	}
	return !slices.ContainsFunc(conditionsOf(statement), func(c [2]string) bool {
		return c[1] != audKey || !slices.Contains(plainAlready, c[0])
	})
}

// isOurs tells whether a statement has a Sid of ours, and so may have been added or may go.
func isOurs(statement string) bool {
	var s struct{ Sid string }
	_ = json.Unmarshal([]byte(statement), &s)
	return mayEdit(statement) && strings.HasPrefix(s.Sid, ourSid)
}

// isSubsequence tells whether text can be had from longer by striking bytes out.
func isSubsequence(text, longer []byte) bool {
	for _, c := range text {
		i := bytes.IndexByte(longer, c)
		if i < 0 {
			return false
		}
		longer = longer[i+1:]
	}
	return true
}

var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// withoutNobody strikes out the subject that closes statements, however it is spelled.
func withoutNobody(policy []byte) []byte {
	return jsonString.ReplaceAllFunc(policy, func(literal []byte) []byte {
		var value string
		if json.Unmarshal(literal, &value) == nil && value == Nobody {
			return nil
		}
		return literal
	})
}
