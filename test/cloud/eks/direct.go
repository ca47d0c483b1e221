package eks

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
)

// This file is what tests do to the API's state without going through the API.

// Associate makes an association as somebody else would, with no permission asked and
// nothing validated. ID, ARN and times are filled in.
func (s *Server) Associate(a Association) Association {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	a.Created, a.LastChange = s.options.Now(), s.options.Now()
	a = s.newAssociation(a)
	s.state.put(a, "")
	return a.clone()
}

// Edit changes an association as somebody else would.
func (s *Server) Edit(id string, change func(*Association)) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	for _, a := range s.state.current {
		if a.ID == id {
			a = a.clone()
			change(&a)
			s.state.put(a, "")
			return
		}
	}
}

// Disassociate removes an association as somebody else would.
func (s *Server) Disassociate(id string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.drop(id, "")
}

// Of returns the association of a service account, and whether there is one.
func (s *Server) Of(cluster, namespace, account string) (Association, bool) {
	a := s.state.findBy(func(a Association) bool {
		return a.Cluster == cluster && a.Namespace == namespace && a.ServiceAccount == account
	})
	return a, a.ID != ""
}

// Associations are all that there are now, in the order in which they came.
func (s *Server) Associations() []Association {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	var all []Association
	for _, a := range s.state.current {
		all = append(all, a.clone())
	}
	return all
}

// Changes is every state that an association ever had, in order.
func (s *Server) Changes() []Change {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return slices.Clone(s.state.changes)
}

// After returns what there is after some of the Changes, counted from the first.
func After(changes []Change) []Association { return after(changes) }

// newAssociation fills in what EKS chooses itself.
func (s *Server) newAssociation(a Association) Association {
	a.ID = "a-" + strings.ToLower(rand.Text()[:17])
	a.ARN = s.associationARN(a.Cluster, a.ID)
	a.ExternalID = s.externalID(a)
	return a
}

// externalID is there when there is a target role.
func (s *Server) externalID(a Association) string {
	if a.TargetRole == "" {
		return ""
	}
	return fmt.Sprintf("%s/%s/%s/%s/%s", Region, s.account.AccountID(), a.Cluster, a.Namespace, a.ServiceAccount)
}
