package trustpolicy

import "strconv"

// policy is a document with its statements, read for one provider.
type policy struct {
	*document
	provider Provider
	// list is the value of Statement: a list, or a single statement.
	list       *node
	statements []*statement
}

func parsePolicy(raw []byte, p Provider) (*policy, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	d, err := parseDocument(raw)
	if err != nil {
		return nil, err
	}
	if d.root.kind != object {
		return nil, policyError("it is not a JSON object")
	}
	if key, ok := d.root.duplicateKey(exactly); ok {
		return nil, policyError("it has %q twice", key)
	}
	statements := d.root.member("Statement")
	if statements == nil {
		return nil, policyError("it has no Statement")
	}
	if statements.kind != list && statements.kind != object {
		return nil, policyError("its Statement is neither a statement nor a list of them")
	}
	parsed := &policy{document: d, provider: p, list: statements}
	for i, n := range statements.each() {
		s, err := readStatement(n, "Statement["+strconv.Itoa(i)+"]", p)
		if err != nil {
			return nil, err
		}
		parsed.statements = append(parsed.statements, s)
	}
	return parsed, nil
}
