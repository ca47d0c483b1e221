package iamsts

import (
	"net/http"
	"regexp"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// This file is what a role may do: policies of its own, which sessions of the role obey, and
// managed ones, of which only the names are kept.

var (
	inlinePolicyName = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	managedPolicyARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[!-~]+$`)
)

func (s *Server) putRolePolicy(c *call) (any, error) {
	name, policy := c.parameters.Get("PolicyName"), c.parameters.Get("PolicyDocument")
	if !inlinePolicyName.MatchString(name) {
		return nil, invalid("policyName", name, `Member must satisfy regular expression pattern: [\w+=,.@-]+`)
	}
	permissions, err := permissionsOf(policy)
	if err != nil {
		return nil, err
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, err := s.account.findModifiable(c.Role)
	if err != nil {
		return nil, err
	}
	r.inline[name] = inlinePolicy{policy, permissions}
	return nil, nil
}

// inlinePolicy is a policy of one role.
type inlinePolicy struct {
	document    string
	permissions []Permission
}

// permissionsOf reads what a policy allows. It refuses what IAM refuses, and also Deny, NotAction
// and NotResource, which it does not evaluate. What a condition limits it takes for not allowed.
func permissionsOf(policy string) ([]Permission, error) {
	document, err := policyObject(policy)
	if err != nil {
		return nil, err
	}
	if err := onlyKnown(document, "Version", "Id", "Statement"); err != nil {
		return nil, err
	}
	var permissions []Permission
	for _, entry := range trusteval.OneOrMany(document["Statement"]) {
		statement, ok := entry.(map[string]any)
		if !ok || statement["Effect"] != "Allow" {
			return nil, malformed("Syntax errors in policy: each statement must be an object with Effect Allow.")
		}
		if err := onlyKnown(statement, "Sid", "Effect", "Action", "Resource", "Condition"); err != nil {
			return nil, err
		}
		p := Permission{Actions: texts(statement["Action"]), Resources: texts(statement["Resource"])}
		if len(p.Actions) == 0 || len(p.Resources) == 0 {
			return nil, malformed("Policy statement must contain actions and resources.")
		}
		if _, limited := statement["Condition"]; !limited {
			permissions = append(permissions, p)
		}
	}
	if len(trusteval.OneOrMany(document["Statement"])) == 0 {
		return nil, malformed("Syntax errors in policy: at least one statement is required.")
	}
	return permissions, nil
}

// texts are the strings among one or many values.
func texts(values any) []string {
	var found []string
	for _, value := range trusteval.OneOrMany(values) {
		if text, ok := value.(string); ok {
			found = append(found, text)
		}
	}
	return found
}

type rolePolicyResult struct{ RoleName, PolicyName, PolicyDocument string }

func (s *Server) getRolePolicy(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, err := s.account.find(c.Role)
	if err != nil {
		return nil, err
	}
	name := c.parameters.Get("PolicyName")
	found, ok := r.inline[name]
	if !ok {
		return nil, apiError{http.StatusNotFound, "NoSuchEntity", "The role policy with name " + name + " cannot be found."}
	}
	return rolePolicyResult{r.name, name, encoded(found.document)}, nil
}

type rolePoliciesResult struct {
	PolicyNames []string `xml:"PolicyNames>member"`
	IsTruncated bool
}

func (s *Server) listRolePolicies(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, err := s.account.find(c.Role)
	if err != nil {
		return nil, err
	}
	return rolePoliciesResult{PolicyNames: sortedNames(r.inline)}, nil
}

func (s *Server) attachRolePolicy(c *call) (any, error) {
	arn := c.parameters.Get("PolicyArn")
	if !managedPolicyARN.MatchString(arn) {
		return nil, apiError{http.StatusBadRequest, "InvalidInput", "ARN " + arn + " is not valid."}
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, err := s.account.findModifiable(c.Role)
	if err != nil {
		return nil, err
	}
	r.attached[arn] = true
	return nil, nil
}

type attachedPolicy struct {
	PolicyName string
	PolicyARN  string `xml:"PolicyArn"`
}

type attachedPoliciesResult struct {
	AttachedPolicies []attachedPolicy `xml:"AttachedPolicies>member"`
	IsTruncated      bool
}

func (s *Server) listAttachedRolePolicies(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, err := s.account.find(c.Role)
	if err != nil {
		return nil, err
	}
	var result attachedPoliciesResult
	for _, arn := range sortedNames(r.attached) {
		result.AttachedPolicies = append(result.AttachedPolicies, attachedPolicy{nameIn(arn), arn})
	}
	return result, nil
}

// permissions are those of the role's own policies.
func (r *role) permissions() []Permission {
	var all []Permission
	for _, name := range sortedNames(r.inline) {
		all = append(all, r.inline[name].permissions...)
	}
	return all
}
