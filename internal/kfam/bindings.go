package kfam

import (
	"fmt"
	"net/http"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func (s *Server) list(w http.ResponseWriter, r *http.Request, c access.Caller) error {
	if d := s.Rules.MayList(c); !d.Allowed() {
		return d.Refusal
	}
	asked := r.URL.Query()
	query := access.Query{User: asked.Get("user"), Namespace: asked.Get("namespace"), Role: tenancy.Role(asked.Get("role"))}
	if _, known := query.Role.ClusterRole(); query.Role != "" && !known {
		return invalid("role must be admin, edit or view.")
	}
	answer := bindings{Bindings: []binding{}}
	for _, b := range s.Rules.Visible(c, s.Index.List(query), s.Index.Room) {
		answer.Bindings = append(answer.Bindings, wireOf(b))
	}
	return writeJSON(w, answer)
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request, c access.Caller) error {
	return s.change(w, r, c, "Grant", s.Rules.MayGrant, s.Keeper.Grant)
}

func (s *Server) revoke(w http.ResponseWriter, r *http.Request, c access.Caller) error {
	return s.change(w, r, c, "Revoke", s.Rules.MayRevoke, s.Keeper.Revoke)
}

// change reads a binding, asks whether the caller may, and carries it out.
func (s *Server) change(w http.ResponseWriter, r *http.Request, c access.Caller, action string,
	may func(access.Caller, access.Room) access.Decision, carryOut change) error {
	var b binding
	if err := readBody(w, r, &b); err != nil {
		return err
	}
	wanted, err := b.contributor()
	if err != nil {
		return err
	}
	record := s.record(action, wanted.Namespace, fmt.Sprintf("%s for %s %s", wanted.Role, wanted.Kind, wanted.Name), r, c)
	return s.decide(record, may(c, s.Index.Room(wanted.Namespace)), func() error {
		_, err := carryOut(r.Context(), wanted)
		return err
	})
}

func (s *Server) clusterAdmin(w http.ResponseWriter, r *http.Request, c access.Caller) error {
	user := r.URL.Query().Get("user")
	if !c.Admin && !c.TrustedDashboard && (c.Name == "" || !s.Names.Same(c.Name, user)) {
		return &access.Error{Kind: access.Forbidden, Message: "You can ask this about yourself only."}
	}
	return writeJSON(w, s.isAdmin(user, nil))
}
