package azuremsi

import (
	"fmt"
	"slices"
	"strings"
)

// This file is what tests do to the subscription without going through its API.

// Where all identities are.
const (
	Subscription = "11111111-1111-1111-1111-111111111111"
	Group        = "Identities"
	Tenant       = "22222222-2222-2222-2222-222222222222"
)

// ID is the resource ID of an identity.
func ID(subscription, group, name string) string {
	return "/subscriptions/" + subscription + "/resourceGroups/" + group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name
}

// AddIdentity makes an identity in Group, or replaces the one of that name by another, and
// returns its resource ID and client ID.
func (s *Server) AddIdentity(name string, credentials ...Credential) (id, clientID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := &identity{id: ID(Subscription, Group, name), tags: map[string]string{}, credentials: credentials}
	s.made++
	added.clientID = fmt.Sprintf("33333333-3333-3333-3333-%012d", s.made)
	s.groups[key(Group)] = true
	s.identities[key(added.id)] = added
	s.record(added.id, append([]Credential{}, credentials...))
	return added.id, added.clientID
}

// Tag sets a tag of an identity.
func (s *Server) Tag(id, name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identities[key(id)].tags[name] = value
}

// RemoveIdentity deletes an identity with all its credentials.
func (s *Server) RemoveIdentity(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.identities, key(id))
	s.record(id, nil)
}

// RemoveGroup deletes the resource group with all that is in it.
func (s *Server) RemoveGroup() {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.groups, key(Group))
	for id := range s.identities {
		s.record(id, nil)
	}
	clear(s.identities)
}

// SetCredential adds or replaces a credential as somebody else would, with nothing
// validated.
func (s *Server) SetCredential(id string, c Credential) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identities[key(id)].set(c)
	s.record(id, s.identities[key(id)].credentials)
}

// RemoveCredential deletes a credential as somebody else would.
func (s *Server) RemoveCredential(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identities[key(id)].remove(name)
	s.record(id, s.identities[key(id)].credentials)
}

// Credentials are those of an identity now, by name. Without the identity there are none.
func (s *Server) Credentials(id string) []Credential {
	history := s.History(id)
	if len(history) == 0 {
		return nil
	}
	return history[len(history)-1]
}

// History is every state that the credentials of an identity ever had, in order, each
// sorted by name. Once the identity is gone the state is nil.
func (s *Server) History(id string) [][]Credential {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.histories[key(id)])
}

// record must be called with the lock held. What is as it was is no new state.
func (s *Server) record(id string, credentials []Credential) {
	state := slices.Clone(credentials)
	slices.SortFunc(state, func(a, b Credential) int { return strings.Compare(a.Name, b.Name) })
	history := s.histories[key(id)]
	if n := len(history); n > 0 && slices.Equal(history[n-1], state) && (history[n-1] == nil) == (state == nil) {
		return
	}
	s.histories[key(id)] = append(history, state)
}

// Admits tells whether credentials let a token of an issuer for a subject and an audience
// be exchanged. Microsoft Entra ID compares all three to the letter.
func Admits(credentials []Credential, issuer, subject, audience string) bool {
	return slices.ContainsFunc(credentials, func(c Credential) bool {
		return c.Issuer == issuer && c.Subject == subject && c.Audience == audience
	})
}
