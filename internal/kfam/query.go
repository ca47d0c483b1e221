package kfam

import (
	"net/url"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// readQuery reads what a list is asked for. Parameters that are not known are passed over.
// One that is known and cannot be read is refused: without it the answer would be to another
// question, and the dashboard, which may read everything, would show it to the user.
func readQuery(raw string) (access.Query, error) {
	asked, err := readParameters(raw, "user", "namespace", "role")
	if err != nil {
		return access.Query{}, err
	}
	query := access.Query{User: asked.Get("user"), Namespace: asked.Get("namespace"), Role: tenancy.Role(asked.Get("role"))}
	if _, known := query.Role.ClusterRole(); query.Role != "" && !known {
		return access.Query{}, invalid("role must be admin, edit or view.")
	}
	return query, nil
}

// readParameters reads a query of which each known parameter comes once at most: of two values
// a proxy in front may have looked at the other one.
func readParameters(raw string, known ...string) (url.Values, error) {
	asked, err := url.ParseQuery(raw)
	if err != nil {
		return nil, invalid("The query cannot be read. Write it as name=value, joined by '&', and escape what has a meaning in a URL.")
	}
	for _, parameter := range known {
		if len(asked[parameter]) > 1 {
			return nil, invalid("Send the parameter %s once.", parameter)
		}
	}
	return asked, nil
}
