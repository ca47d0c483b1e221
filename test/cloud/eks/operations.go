package eks

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

func (s *Server) create(c *call) (any, error) {
	if c.body.Namespace == "" || c.body.ServiceAccount == "" || c.body.RoleARN == "" {
		return nil, invalidParameter("namespace, serviceAccount and roleArn are required")
	}
	if len(c.body.Tags) > 0 {
		// The association has no name yet, so the permission has to be for any of the cluster.
		if err := s.permitted(c, "eks:TagResource", s.associationARN(c.Cluster, "*")); err != nil {
			return nil, err
		}
	}
	if err := cmp.Or(s.checkRole(c, c.body.RoleARN), s.checkTarget(c.body.TargetRoleARN), checkTags(c.body.Tags)); err != nil {
		return nil, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if _, err := s.state.cluster(c.Cluster); err != nil {
		return nil, err
	}
	if a, done, err := s.state.createdBefore(c); done || err != nil {
		return a.answer(), err
	}
	if err := s.roomFor(c); err != nil {
		return nil, err
	}
	a := s.newAssociation(Association{
		Cluster: c.Cluster, Namespace: c.body.Namespace, ServiceAccount: c.body.ServiceAccount, Role: c.body.RoleARN,
		TargetRole: value(c.body.TargetRoleARN), Tags: maps.Clone(c.body.Tags), Created: c.now, LastChange: c.now,
		DisableSessionTags: c.body.DisableSessionTags != nil && *c.body.DisableSessionTags,
	})
	s.state.put(a, c.caller.AccessKey())
	if c.body.ClientRequestToken != "" {
		if s.state.tokens == nil {
			s.state.tokens = map[string]string{}
		}
		s.state.tokens[c.Cluster+" "+c.body.ClientRequestToken] = a.ID
	}
	return a.answer(), nil
}

// createdBefore finds what an earlier request with the same token created. With other
// parameters the token is refused.
func (s *state) createdBefore(c *call) (a Association, done bool, err error) {
	id, known := s.tokens[c.Cluster+" "+c.body.ClientRequestToken]
	if !known {
		return a, false, nil
	}
	a = s.current[slices.IndexFunc(s.current, func(a Association) bool { return a.ID == id })]
	if a.Namespace != c.body.Namespace || a.ServiceAccount != c.body.ServiceAccount || a.Role != c.body.RoleARN || a.TargetRole != value(c.body.TargetRoleARN) {
		return a, false, invalidParameter("clientRequestToken was used before with other parameters")
	}
	return a, true, nil
}

// roomFor refuses a second association of one account and one beyond the quota.
func (s *Server) roomFor(c *call) error {
	inCluster := 0
	for _, a := range s.state.current {
		if a.Cluster != c.Cluster {
			continue
		}
		inCluster++
		if a.Namespace == c.body.Namespace && a.ServiceAccount == c.body.ServiceAccount {
			return refusal(409, "ResourceInUseException", "Association already exists: %s", a.ID)
		}
	}
	if inCluster >= s.options.AssociationsPerCluster {
		return refusal(400, "ResourceLimitExceededException", "You have reached the limit of %d pod identity associations for cluster %s", s.options.AssociationsPerCluster, c.Cluster)
	}
	return nil
}

func (s *Server) describe(c *call) (any, error) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	a, err := s.state.lookUp(c, c.stale)
	if err != nil {
		return nil, err
	}
	return a.answer(), nil
}

func (s *Server) list(c *call) (any, error) {
	query := c.http.URL.Query()
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if _, err := s.state.cluster(c.Cluster); err != nil {
		return nil, err
	}
	var found []summaryJSON
	for _, a := range sorted(s.state.visible(c.stale)) {
		if a.Cluster == c.Cluster && (!query.Has("namespace") || a.Namespace == query.Get("namespace")) &&
			(!query.Has("serviceAccount") || a.ServiceAccount == query.Get("serviceAccount")) {
			found = append(found, a.summary())
		}
	}
	page, next, err := pageOf(found, query)
	return map[string]any{"associations": page, "nextToken": next}, err
}

// update changes what the request names. An empty target role ends the chain; one that is
// not given stays.
func (s *Server) update(c *call) (any, error) {
	if c.body.RoleARN == "" && c.body.TargetRoleARN == nil && c.body.DisableSessionTags == nil {
		return nil, invalidParameter("At least one of roleArn, targetRoleArn and disableSessionTags must be given")
	}
	if c.body.RoleARN != "" {
		if err := s.checkRole(c, c.body.RoleARN); err != nil {
			return nil, err
		}
	}
	if err := s.checkTarget(c.body.TargetRoleARN); err != nil {
		return nil, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	a, err := s.state.lookUp(c, false)
	if err != nil {
		return nil, err
	}
	a.Role, a.LastChange = cmp.Or(c.body.RoleARN, a.Role), c.now
	if c.body.TargetRoleARN != nil {
		a.TargetRole = *c.body.TargetRoleARN
	}
	if c.body.DisableSessionTags != nil {
		a.DisableSessionTags = *c.body.DisableSessionTags
	}
	a.ExternalID = s.externalID(a)
	s.state.put(a, c.caller.AccessKey())
	return a.answer(), nil
}

func (s *Server) remove(c *call) (any, error) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	a, err := s.state.lookUp(c, false)
	if err != nil {
		return nil, err
	}
	s.state.drop(a.ID, c.caller.AccessKey())
	return a.answer(), nil
}

// tag adds tags and replaces those whose keys are there.
func (s *Server) tag(c *call) (any, error) {
	arn := c.http.PathValue("arn")
	if !strings.Contains(arn, ":podidentityassociation/") {
		return nil, badRequest("this double tags pod identity associations only")
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	for _, a := range s.state.current {
		if a.ARN != arn {
			continue
		}
		a = a.clone()
		if a.Tags == nil {
			a.Tags = map[string]string{}
		}
		maps.Copy(a.Tags, c.body.Tags)
		if err := checkTags(a.Tags); err != nil {
			return nil, err
		}
		s.state.put(a, c.caller.AccessKey())
		return map[string]any{}, nil
	}
	return nil, refusal(404, "NotFoundException", "No resource found for ARN %s", arn)
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
