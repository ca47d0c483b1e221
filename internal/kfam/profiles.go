package kfam

import (
	"net/http"

	"github.com/kfprofiles/kfprofiles/internal/access"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// register reads a whole Profile, so that what does not belong into a registration is seen
// and refused instead of dropped.
func (s *Server) register(w http.ResponseWriter, r *http.Request, c access.Caller) error {
	if err := ownPage(r); err != nil {
		return err
	}
	var wanted profilev1.Profile
	if err := readWholeBody(w, r, &wanted); err != nil {
		return err
	}
	owner := wanted.Spec.Owner
	record := s.record("Register", wanted.Name, "for "+owner.Kind+" "+owner.Name, r, c)
	ctx, cancel := patiently(r)
	defer cancel()
	decision, err := s.Registrar.Register(ctx, c, &wanted)
	record.UID = wanted.UID
	return s.tell(record)(decision, err)
}

// deleteProfile answers 401 to those who may not, as clients expect.
func (s *Server) deleteProfile(_ http.ResponseWriter, r *http.Request, c access.Caller) error {
	if err := ownPage(r); err != nil {
		return unauthorized{err}
	}
	ctx, cancel := patiently(r)
	defer cancel()
	name := r.PathValue("profile")
	err := s.tell(s.record("Delete", name, "the Profile", r, c))(s.Registrar.Delete(ctx, c, name))
	if err != nil {
		return unauthorized{err}
	}
	return nil
}
