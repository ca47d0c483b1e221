package iamsts

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// roleXML is a role as answers hold it.
type roleXML struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	ARN                      string `xml:"Arn"`
	CreateDate               string
	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int    `xml:",omitempty"`
	Tags                     *tagList
}

func (a *account) xml(r *role, stale bool) roleXML {
	return roleXML{
		Path: r.path, RoleName: r.name, RoleID: r.id, ARN: r.arn, CreateDate: timestamp(r.created),
		AssumeRolePolicyDocument: encoded(a.policy(r.name, stale)),
		Description:              r.description, MaxSessionDuration: r.maxSession, Tags: tagsXML(r.tags),
	}
}

// encoded is how IAM writes a policy. In RFC 3986 a space is %20, which url.QueryEscape does
// not write.
func encoded(policy string) string {
	return strings.ReplaceAll(url.QueryEscape(policy), "+", "%20")
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

type roleResult struct{ Role roleXML }

func (s *Server) getRole(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, err := s.account.find(c.Role)
	if err != nil {
		return nil, err
	}
	return roleResult{s.account.xml(r, c.stale)}, nil
}

func pathOf(parameters url.Values) string { return cmp.Or(parameters.Get("Path"), "/") }

func prefixOf(parameters url.Values) string { return cmp.Or(parameters.Get("PathPrefix"), "/") }

func (s *Server) createRole(c *call) (any, error) {
	path, policy := pathOf(c.parameters), c.parameters.Get("AssumeRolePolicyDocument")
	tags, err := tagsOf(c.parameters)
	if err == nil {
		err = cmp.Or(checkRoleName(c.Role), checkPath(path))
	}
	if err == nil {
		err = validateTrustPolicy(policy, s.options.TrustPolicySizeLimit)
	}
	if err != nil {
		return nil, err
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if _, ok := s.account.roles[c.Role]; ok {
		return nil, apiError{http.StatusConflict, "EntityAlreadyExists", "Role with name " + c.Role + " already exists."}
	}
	r := s.account.newRole(c.Role, path, c.now)
	r.tags, r.description = tags, c.parameters.Get("Description")
	if seconds, err := strconv.Atoi(c.parameters.Get("MaxSessionDuration")); err == nil {
		r.maxSession = seconds
	}
	s.account.put(c.Role, policy, c.AccessKey, c.now)
	return roleResult{s.account.xml(r, false)}, nil
}

func (s *Server) deleteRole(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if _, err := s.account.findModifiable(c.Role); err != nil {
		return nil, err
	}
	s.account.remove(c.Role, c.AccessKey, c.now)
	return nil, nil
}

func (s *Server) updateAssumeRolePolicy(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if _, err := s.account.findModifiable(c.Role); err != nil {
		return nil, err
	}
	policy := c.parameters.Get("PolicyDocument")
	if err := validateTrustPolicy(policy, s.options.TrustPolicySizeLimit); err != nil {
		return nil, err
	}
	s.account.put(c.Role, policy, c.AccessKey, c.now)
	return nil, nil
}

type listRolesResult struct {
	Roles       []roleXML `xml:"Roles>member"`
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// defaultPage is how many roles IAM lists at once.
const defaultPage = 100

func (s *Server) listRoles(c *call) (any, error) {
	prefix, marker, limit := prefixOf(c.parameters), c.parameters.Get("Marker"), defaultPage
	if text := c.parameters.Get("MaxItems"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 1000 {
			return nil, invalid("maxItems", text, "Member must have value between 1 and 1000")
		}
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	var result listRolesResult
	for _, name := range sortedNames(s.account.roles) {
		r := s.account.roles[name]
		if name <= marker || !strings.HasPrefix(r.path, prefix) {
			continue
		}
		if len(result.Roles) == limit {
			result.IsTruncated, result.Marker = true, result.Roles[limit-1].RoleName
			break
		}
		listed := s.account.xml(r, false)
		listed.Tags = nil
		result.Roles = append(result.Roles, listed)
	}
	return result, nil
}
