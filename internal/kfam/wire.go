package kfam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// binding is a contributor as clients write and read it. The capital of RoleRef is real:
// clients map exactly that key.
type binding struct {
	User              *rbacv1.Subject `json:"user"`
	ReferredNamespace string          `json:"referredNamespace"`
	RoleRef           *rbacv1.RoleRef `json:"RoleRef"`
}

// bindings is never written with a nil list: the dashboard breaks on one.
type bindings struct {
	Bindings []binding `json:"bindings"`
}

func wireOf(b access.Binding) binding {
	return binding{
		User:              &rbacv1.Subject{Kind: b.Kind, Name: b.Name},
		ReferredNamespace: b.Namespace,
		RoleRef:           &rbacv1.RoleRef{Kind: "ClusterRole", Name: string(b.Role)},
	}
}

// contributor checks that nothing is missing. A kind that is left out means a user, as
// the dashboard always means one.
func (b binding) contributor() (contributor.Contributor, error) {
	switch {
	case b.User == nil:
		return contributor.Contributor{}, invalid("user is missing: send {\"kind\": \"User\", \"name\": ...}.")
	case b.RoleRef == nil:
		return contributor.Contributor{}, invalid("RoleRef is missing: send {\"kind\": \"ClusterRole\", \"name\": \"edit\"}.")
	case b.ReferredNamespace == "":
		return contributor.Contributor{}, invalid("referredNamespace is missing: name the namespace that is shared.")
	}
	c := contributor.Contributor{Namespace: b.ReferredNamespace, Kind: b.User.Kind, Name: b.User.Name, Role: tenancy.Role(b.RoleRef.Name)}
	if c.Kind == "" {
		c.Kind = rbacv1.UserKind
	}
	if err := c.Check(); err != nil {
		return c, invalid("%s.", err)
	}
	return c, nil
}

func invalid(format string, details ...any) error {
	return &access.Error{Kind: access.Invalid, Message: fmt.Sprintf(format, details...)}
}

// longestBody is far more than any request needs.
const longestBody = 64 << 10

// readBody decodes a request's body. Fields that are not known are passed over.
func readBody(w http.ResponseWriter, r *http.Request, into any) error {
	return decode(w, r, into, func(*json.Decoder) {})
}

// readWholeBody decodes a request's body of which nothing may be passed over.
func readWholeBody(w http.ResponseWriter, r *http.Request, into any) error {
	return decode(w, r, into, (*json.Decoder).DisallowUnknownFields)
}

func decode(w http.ResponseWriter, r *http.Request, into any, configure func(*json.Decoder)) error {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return invalid("The body is longer than %d bytes.", longestBody)
	case err != nil:
		return invalid("The body did not arrive as a whole. Send it again.")
	}
	return decodeText(content, into, configure)
}

func decodeText(content []byte, into any, configure func(*json.Decoder)) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	configure(decoder)
	// The decoder would put one and the same character in place of whatever is no text, so
	// that different names become one.
	if err := decoder.Decode(into); err != nil || !utf8.Valid(content) {
		return invalid("The body cannot be read as JSON of the form that this call takes.")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalid("The body holds more than one JSON object.")
	}
	if key := repeatedKey(content); key != "" {
		return invalid("The body has the field %.100q twice. Send it once.", key)
	}
	return nil
}
