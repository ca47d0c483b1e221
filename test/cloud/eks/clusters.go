package eks

import (
	"slices"
)

// Cluster is an EKS cluster of the account.
type Cluster struct {
	Name string
	// Issuer is the URL of who issues the tokens of its service accounts.
	Issuer string
}

// AddCluster makes a cluster.
func (s *Server) AddCluster(name, issuer string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.clusters = append(s.state.clusters, Cluster{name, issuer})
}

// RemoveCluster removes a cluster and all of its associations.
func (s *Server) RemoveCluster(name string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.clusters = slices.DeleteFunc(s.state.clusters, func(c Cluster) bool { return c.Name == name })
	for _, a := range slices.Clone(s.state.current) {
		if a.Cluster == name {
			s.state.drop(a.ID, "")
		}
	}
}

// cluster must be called with the lock held.
func (s *state) cluster(name string) (Cluster, error) {
	i := slices.IndexFunc(s.clusters, func(c Cluster) bool { return c.Name == name })
	if i < 0 {
		return Cluster{}, notFound("No cluster found for name: %s.", name)
	}
	return s.clusters[i], nil
}

func (s *Server) listClusters(c *call) (any, error) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	var names []string
	for _, cluster := range s.state.clusters {
		names = append(names, cluster.Name)
	}
	slices.Sort(names)
	page, next, err := pageOf(names, c.http.URL.Query())
	return map[string]any{"clusters": page, "nextToken": next}, err
}

func (s *Server) describeCluster(c *call) (any, error) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	cluster, err := s.state.cluster(c.Cluster)
	if err != nil {
		return nil, err
	}
	type oidc struct {
		Issuer string `json:"issuer"`
	}
	return map[string]any{"cluster": map[string]any{
		"name": cluster.Name, "arn": s.clusterARN(cluster.Name), "status": "ACTIVE",
		"identity": map[string]any{"oidc": oidc{cluster.Issuer}},
	}}, nil
}
