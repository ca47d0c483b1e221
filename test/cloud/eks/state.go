package eks

import (
	"cmp"
	"slices"
	"sync"
)

// state is all that the API holds. The zero value has nothing.
type state struct {
	mu       sync.Mutex
	clusters []Cluster
	current  []Association
	changes  []Change
	// tokens are the client request tokens under which associations were created.
	tokens map[string]string
}

// Change is one new state of an association.
type Change struct {
	Association
	// Deleted is true when the association is gone; it is then as it was last.
	Deleted bool
	// By is the access key of who made the change, or empty when a method of Server did.
	By string
}

// find returns the association with an ID, or the zero one.
func (s *state) find(cluster, id string) Association {
	return s.findBy(func(a Association) bool { return a.Cluster == cluster && a.ID == id })
}

func (s *state) findARN(arn string) Association {
	return s.findBy(func(a Association) bool { return a.ARN == arn })
}

func (s *state) findBy(wanted func(Association) bool) Association {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.current, wanted); i >= 0 {
		return s.current[i].clone()
	}
	return Association{}
}

// put must be called with the lock held. It keeps the order in which associations came.
func (s *state) put(a Association, by string) {
	a = a.clone()
	if i := slices.IndexFunc(s.current, func(other Association) bool { return other.ID == a.ID }); i >= 0 {
		s.current[i] = a
	} else {
		s.current = append(s.current, a)
	}
	s.changes = append(s.changes, Change{Association: a.clone(), By: by})
}

// drop must be called with the lock held.
func (s *state) drop(id, by string) {
	i := slices.IndexFunc(s.current, func(a Association) bool { return a.ID == id })
	if i < 0 {
		return
	}
	s.changes = append(s.changes, Change{Association: s.current[i].clone(), Deleted: true, By: by})
	s.current = slices.Delete(s.current, i, i+1)
	for token, created := range s.tokens {
		if created == id {
			delete(s.tokens, token)
		}
	}
}

// visible are the associations, or with stale those from before the last change. It must be
// called with the lock held.
func (s *state) visible(stale bool) []Association {
	if stale && len(s.changes) > 0 {
		return after(s.changes[:len(s.changes)-1])
	}
	return s.current
}

// after returns what there is after some changes.
func after(changes []Change) []Association {
	var present []Association
	for _, c := range changes {
		i := slices.IndexFunc(present, func(a Association) bool { return a.ID == c.ID })
		switch {
		case c.Deleted:
			present = slices.Delete(present, i, i+1)
		case i < 0:
			present = append(present, c.Association)
		default:
			present[i] = c.Association
		}
	}
	return present
}

// lookUp finds what a call names by its path. It must be called with the lock held.
func (s *state) lookUp(c *call, stale bool) (Association, error) {
	if _, err := s.cluster(c.Cluster); err != nil {
		return Association{}, err
	}
	id := c.http.PathValue("id")
	for _, a := range s.visible(stale) {
		if a.Cluster == c.Cluster && a.ID == id {
			return a.clone(), nil
		}
	}
	return Association{}, notFound("No association found for associationId: %s", id)
}

// sorted are associations in the order in which lists have them.
func sorted(all []Association) []Association {
	return slices.SortedFunc(slices.Values(all), func(a, b Association) int { return cmp.Compare(a.ID, b.ID) })
}
