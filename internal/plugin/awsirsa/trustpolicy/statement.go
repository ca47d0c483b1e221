package trustpolicy

import "slices"

// statement is what a statement means for one provider.
type statement struct {
	node *node
	sid  string
	// allow is false for Deny and for anything that we do not take for Allow; nothing else
	// is read of such a statement.
	allow             bool
	principal, action reach
	// negated statements have NotPrincipal or NotAction.
	negated bool
	// misspelled statements have an element name in another case than IAM's.
	misspelled bool
	// unknown statements have an element that IAM does not know in a trust policy.
	unknown    bool
	conditions []condition
}

func readStatement(n *node, where string, p Provider) (*statement, error) {
	if n.kind != object {
		return nil, policyError("%s is not an object", where)
	}
	if key, ok := n.duplicateKey(exactly); ok {
		return nil, policyError("%s has %q twice", where, key)
	}
	s := &statement{node: n}
	if sid := n.member("Sid"); sid != nil {
		s.sid = sid.text
	}
	effect := n.member("Effect")
	if s.allow = effect != nil && effect.kind == text && effect.text == "Allow"; !s.allow {
		return s, nil
	}
	s.misspelled, s.unknown = elementNames(n)
	if err := s.readReach(where, p); err != nil || !s.reaches() {
		return s, err
	}
	var err error
	s.conditions, err = readConditions(n.member("Condition"), where, p)
	return s, err
}

// readReach reads who may do what. NotPrincipal and NotAction are turned around.
func (s *statement) readReach(where string, p Provider) error {
	var err error
	if s.principal, err = readPrincipal(s.node.member("Principal"), where+".Principal", p); err != nil {
		return err
	}
	if s.action, err = readAction(s.node.member("Action"), where+".Action"); err != nil {
		return err
	}
	if except := s.node.member("NotPrincipal"); except != nil {
		s.negated = true
		excepted, err := readPrincipal(except, where+".NotPrincipal", p)
		if err != nil {
			return err
		}
		s.principal = turnAround(excepted)
	}
	if except := s.node.member("NotAction"); except != nil {
		s.negated = true
		excepted, err := readAction(except, where+".NotAction")
		if err != nil {
			return err
		}
		s.action = turnAround(excepted)
	}
	return nil
}

func turnAround(excepted reach) reach {
	if excepted >= among {
		return apart
	}
	return perhaps
}

// reaches tells whether the statement may let tokens of the provider in, as far as
// principals and actions go.
func (s *statement) reaches() bool {
	return s.allow && s.principal != apart && s.action != apart
}

// mayAdmit tells whether the statement may let any token of the provider in. One that
// demands a claim of another issuer cannot.
func (s *statement) mayAdmit() bool {
	return s.reaches() && !slices.ContainsFunc(s.conditions, func(c condition) bool {
		return c.claim == foreignClaim && c.isPositive() && !c.optional
	})
}

// isOpen tells whether the statement may let any subject in.
func (s *statement) isOpen() bool {
	return s.mayAdmit() && !slices.ContainsFunc(s.conditions, condition.confines)
}

// isEditable tells whether the statement is the provider's and holds nothing that
// we do not handle.
func (s *statement) isEditable() bool {
	return s.reaches() && !s.negated && !s.misspelled && s.principal >= among && s.action >= among &&
		!slices.ContainsFunc(s.conditions, condition.isFurther)
}

// about returns the conditions on one claim.
func (s *statement) about(wanted claim) []condition {
	var found []condition
	for _, c := range s.conditions {
		if c.claim == wanted {
			found = append(found, c)
		}
	}
	return found
}

// isClosable tells whether a condition on the subject can be added to an open statement
// without keeping anybody else out than this provider's tokens.
func (s *statement) isClosable() bool {
	return s.isEditable() && s.principal == alone && len(s.about(subjectClaim)) == 0
}

// isRevocable tells whether exact subjects are taken out of the statement. One that is
// open would admit them all the same.
func (s *statement) isRevocable() bool { return s.isEditable() && !s.isOpen() }

// admits tells whether the statement admits a subject with an audience for certain and
// under no further conditions. Without patterns only exact subjects count.
func (s *statement) admits(subject, audience string, patterns bool) bool {
	if !s.isEditable() || s.unknown || len(s.about(subjectClaim)) == 0 {
		return false
	}
	for _, c := range s.conditions {
		holds := c.isPlain() && c.admits(audience, true)
		if c.claim == subjectClaim {
			holds = c.isPlain() && c.admits(subject, patterns)
		}
		if !holds {
			return false
		}
	}
	return true
}

// joinableSubjects returns the condition to which a subject can be added so that nothing
// is given but this subject with this audience, or nil.
func (s *statement) joinableSubjects(audience string) *node {
	subjects, audiences := s.about(subjectClaim), s.about(audienceClaim)
	if !s.isEditable() || s.unknown || s.principal != alone || s.action != alone ||
		len(subjects) != 1 || len(audiences) != 1 {
		return nil
	}
	to := subjects[0]
	if !to.isPlain() || !to.confines() || len(to.values.each()) == 0 ||
		!audiences[0].isPlain() || !audiences[0].isJust(audience) {
		return nil
	}
	return to.values
}
