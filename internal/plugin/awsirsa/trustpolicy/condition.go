package trustpolicy

import "strings"

// claim says what a condition is about.
type claim int

const (
	otherKey claim = iota
	subjectClaim
	audienceClaim
	// foreignClaim is a claim of another issuer. No token of this provider has it.
	foreignClaim
)

// condition is what one operator says of one key.
type condition struct {
	claim claim
	// base is the operator in lower case, without what is in front of it and behind.
	base string
	// optional conditions also hold when the key is missing: IfExists and ForAllValues.
	optional bool
	// anyValue is ForAnyValue, which holds only when the key is there.
	anyValue bool
	// values is a string, number or bool, or a list of such.
	values *node
}

// readConditions reads a Condition element as the list of all that must hold.
func readConditions(n *node, where string, p Provider) ([]condition, error) {
	if n == nil {
		return nil, nil
	}
	where += ".Condition"
	if err := checkBlock(n, where); err != nil {
		return nil, err
	}
	var conditions []condition
	for _, operator := range n.members {
		where := where + "." + operator.key
		if err := checkBlock(operator.value, where); err != nil {
			return nil, err
		}
		for _, key := range operator.value.members {
			if !isOneOrMany(key.value) {
				return nil, policyError("%s.%s is neither a value nor a list of values", where, key.key)
			}
			c := readOperator(operator.key)
			c.claim, c.values = p.claim(key.key), key.value
			conditions = append(conditions, c)
		}
	}
	return conditions, nil
}

func checkBlock(n *node, where string) error {
	if n.kind != object {
		return policyError("%s is not an object", where)
	}
	if key, ok := n.duplicateKey(fold); ok {
		return policyError("%s has %q twice", where, key)
	}
	return nil
}

func isOneOrMany(n *node) bool {
	for _, value := range n.each() {
		if value.kind == list || value.kind == object || value.text == "null" && value.kind == scalar {
			return false
		}
	}
	return true
}

func readOperator(name string) condition {
	var c condition
	name = fold(name)
	if rest, ok := strings.CutPrefix(name, "forallvalues:"); ok {
		name, c.optional = rest, true
	}
	if rest, ok := strings.CutPrefix(name, "foranyvalue:"); ok {
		name, c.anyValue = rest, true
	}
	if rest, ok := strings.CutSuffix(name, "ifexists"); ok {
		name, c.optional = rest, true
	}
	c.base = name
	return c
}

func (p Provider) claim(key string) claim {
	key = fold(key)
	switch key {
	case fold(p.subjectKey()):
		return subjectClaim
	case fold(p.audienceKey()):
		return audienceClaim
	}
	// An issuer begins with a host name, IAM's own namespaces are single words.
	colon := strings.LastIndex(key, ":")
	if colon < 0 || key[:colon] == fold(p.Issuer) {
		return otherKey
	}
	if host := key[:strings.IndexAny(key, ":/")]; strings.Contains(host, ".") {
		return foreignClaim
	}
	return otherKey
}

// isCommon tells whether the operator is StringEquals or StringLike, in any variant.
func (c condition) isCommon() bool { return c.base == "stringequals" || c.base == "stringlike" }

// isPlain tells whether the operator is exactly StringEquals or StringLike.
func (c condition) isPlain() bool { return c.isCommon() && !c.optional && !c.anyValue }

func (c condition) hasWildcards() bool { return c.base == "stringlike" }

// isPositive tells whether the condition holds for nothing but the values that it lists.
func (c condition) isPositive() bool { return c.isCommon() || c.base == "stringequalsignorecase" }

// isFurther tells whether the condition limits access by something that we do not handle.
func (c condition) isFurther() bool {
	switch c.claim {
	case subjectClaim:
		return !c.isCommon() || c.optional
	case audienceClaim:
		return !c.isCommon()
	default:
		return true
	}
}

// confines tells whether the condition keeps some subjects out for certain.
func (c condition) confines() bool {
	if c.claim != subjectClaim || !c.isPositive() || c.optional {
		return false
	}
	for _, value := range c.values.each() {
		if mayCoverAll(value.text, c.hasWildcards()) {
			return false
		}
	}
	return true
}

// admits tells whether the condition holds for certain for a value of its key. Without
// patterns only exact values count.
func (c condition) admits(wanted string, patterns bool) bool {
	for _, value := range c.values.each() {
		if isExact(value.text, c.hasWildcards()) {
			if value.text == wanted {
				return true
			}
			continue
		}
		if patterns && isExact(value.text, false) && matches(compile(value.text, true), wanted) {
			return true
		}
	}
	return false
}

// isJust tells whether the condition lists one value and nothing else.
func (c condition) isJust(wanted string) bool {
	for _, value := range c.values.each() {
		if value.text != wanted {
			return false
		}
	}
	return len(c.values.each()) > 0
}
