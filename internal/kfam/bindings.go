package kfam

import (
	"fmt"
	"net/http"

	"github.com/kfprofiles/kfprofiles/internal/access"
)

func (s *Server) list(w http.ResponseWriter, r *http.Request, c access.Caller) error {
	if d := s.Rules.MayList(c); !d.Allowed() {
		return d.Refusal
	}
	query, err := readQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	content, err := s.encodeList(&s.lists, c, query)
	if err != nil {
		return err
	}
	writeContent(w, "application/json", content)
	return nil
}

// encodeList returns what the caller may see of what was asked for, in JSON.
func (s *Server) encodeList(remembered *lists, c access.Caller, query access.Query) ([]byte, error) {
	return remembered.encode(s.Index, c, query, func() bindings {
		visible := s.Rules.Visible(c, s.Index.List(query), s.Index.Room)
		list := bindings{Bindings: make([]binding, 0, len(visible))}
		for _, b := range visible {
			list.Bindings = append(list.Bindings, wireOf(b))
		}
		return list
	})
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
	if err := ownPage(r); err != nil {
		return err
	}
	var b binding
	if err := readBody(w, r, &b); err != nil {
		return err
	}
	wanted, err := b.contributor()
	if err != nil {
		return err
	}
	record := s.record(action, wanted.Namespace, fmt.Sprintf("%s for %s %s", wanted.Role, wanted.Kind, wanted.Name), r, c)
	ctx, cancel := patiently(r)
	defer cancel()
	return s.decide(record, may(c, s.Index.Room(wanted.Namespace)), func() error {
		_, err := carryOut(ctx, wanted)
		return err
	})
}

func (s *Server) clusterAdmin(w http.ResponseWriter, r *http.Request, c access.Caller) error {
	asked, err := readParameters(r.URL.RawQuery, "user")
	if err != nil {
		return err
	}
	user := asked.Get("user")
	if !c.Admin && !c.TrustedDashboard && (c.Name == "" || !s.Names.Same(c.Name, user)) {
		return &access.Error{Kind: access.Forbidden, Message: "You can ask this about yourself only."}
	}
	return writeJSON(w, s.isAdmin(user, nil))
}
