package trustpolicy

import (
	"slices"
	"strings"
)

// Grant returns the policy with each subject allowed to assume the role with a token of
// the provider for the audience. Statements of the provider that are open to all its
// subjects are closed. When nothing needs to change it returns the policy itself; without
// subjects it changes nothing.
func Grant(policy []byte, p Provider, audience string, subjects []string) ([]byte, error) {
	unique, err := distinct(subjects)
	if err != nil {
		return nil, err
	}
	if err := CheckAudience(audience); err != nil {
		return nil, err
	}
	return grant(policy, p, audience, unique, true)
}

// grant is Grant after validation. Without patterns, a pattern that covers a subject is
// not enough to leave it out.
func grant(raw []byte, p Provider, audience string, subjects []string, patterns bool) ([]byte, error) {
	pol, err := parsePolicy(raw, p)
	if err != nil {
		return nil, err
	}
	if len(subjects) == 0 {
		return raw, nil
	}
	if edits := pol.closeOpen(audience, subjects); len(edits) > 0 {
		raw = pol.apply(edits)
		if pol, err = parsePolicy(raw, p); err != nil {
			return nil, err
		}
	}
	missing := slices.DeleteFunc(slices.Clone(subjects), func(subject string) bool {
		return slices.ContainsFunc(pol.statements, func(s *statement) bool {
			return s.admits(subject, audience, patterns)
		})
	})
	if len(missing) == 0 {
		return raw, nil
	}
	return pol.apply([]edit{pol.admit(audience, missing)}), nil
}

// closeOpen puts the subjects into every statement that names none.
func (pol *policy) closeOpen(audience string, subjects []string) []edit {
	var edits []edit
	for _, s := range pol.statements {
		if !s.isClosable() {
			continue
		}
		var fields []field
		if len(s.about(audienceClaim)) == 0 {
			fields = append(fields, field{pol.provider.audienceKey(), quote(audience)})
		}
		fields = append(fields, field{pol.provider.subjectKey(), listOf(subjects)})
		edits = append(edits, pol.addStringEquals(s.node, fields))
	}
	return edits
}

// addStringEquals adds conditions to a statement, beside those that it has.
func (pol *policy) addStringEquals(n *node, fields []field) edit {
	block := n.member("Condition")
	if block != nil {
		for _, operator := range block.members {
			if fold(operator.key) == "stringequals" {
				return pol.addMembers(operator.value, fields...)
			}
		}
	}
	texts := make([]string, 0, len(fields))
	for _, f := range fields {
		texts = append(texts, quote(f.key)+":"+f.value)
	}
	operator := field{"StringEquals", "{" + strings.Join(texts, ",") + "}"}
	if block != nil {
		return pol.addMembers(block, operator)
	}
	return pol.addMembers(n, field{"Condition", "{" + quote(operator.key) + ":" + operator.value + "}"})
}

// admit adds subjects to a statement that fits, best to one of our own, or adds one.
func (pol *policy) admit(audience string, subjects []string) edit {
	to := pol.bestToJoin(audience)
	if to == nil {
		return pol.addItems(pol.list, []string{pol.newStatement(audience, subjects)})
	}
	values := to.each()
	if len(values) == 1 && values[0].text == Nobody {
		return pol.replaceNobody(to, quoteAll(subjects))
	}
	return pol.addItems(to, quoteAll(subjects))
}

// bestToJoin returns the list of subjects of a statement of our own, else that of the
// first statement that can be joined, else nil.
func (pol *policy) bestToJoin(audience string) *node {
	var first *node
	for _, s := range pol.statements {
		found := s.joinableSubjects(audience)
		if found != nil && pol.isOwn(s) {
			return found
		}
		if first == nil {
			first = found
		}
	}
	return first
}

// replaceNobody puts JSON texts in the place of the subject that closes a statement.
func (pol *policy) replaceNobody(n *node, subjects []string) edit {
	if n.kind == list {
		only := n.items[0]
		return edit{only.start, only.end, strings.Join(subjects, ","+pol.indent(only.start))}
	}
	if len(subjects) == 1 {
		return edit{n.start, n.end, subjects[0]}
	}
	return edit{n.start, n.end, "[" + subjects[0] + wrapped + strings.Join(subjects[1:], ",") + "]"}
}
